"""A crack or an area on the surface, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from inference.types import WidthStatistics

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ProfileInMillimetres:
    """A width profile on the surface; all (M,), ``nan`` where the profile has no width.

    Attributes:
        position_mm: distance along the line from its first point.
        width_mm: full width.
        u_mm: standard uncertainty, that of the scale included.
        mm_per_px: scale at each place along the width's direction.
        u_scale: relative standard uncertainty of it from card, camera or person.
        u_plane: relative standard uncertainty of it from tilt and from the surface's leaving the
            plane.
    """

    position_mm: Array
    width_mm: Array
    u_mm: Array
    mm_per_px: Array
    u_scale: Array
    u_plane: Array


@dataclass(frozen=True, slots=True)
class OnSurface:
    """A crack in millimetres.

    Attributes:
        mm_per_px: what a pixel covers half-way along the line, mean over the directions.
        length_mm: along the line.
        length_u_mm: what the uncertainty of the scale makes of it.
        width_mm: with the scale's uncertainty; None where no width could be measured.
        max_at_mm: how far along the line it is widest; None where that is not known.
        profile: None where there is none.
    """

    mm_per_px: float
    length_mm: float
    length_u_mm: float
    width_mm: WidthStatistics | None = None
    max_at_mm: float | None = None
    profile: ProfileInMillimetres | None = None


@dataclass(frozen=True, slots=True)
class AreaOnSurface:
    """An areal defect in millimetres; each ``u`` is a standard uncertainty, of the scale alone.

    Attributes:
        area_mm2, area_mm2_u: of the region.
        extent_mm, extent_mm_u: largest distance between two points of its outline.
    """

    area_mm2: float
    area_mm2_u: float
    extent_mm: float
    extent_mm_u: float
