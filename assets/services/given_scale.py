"""What people say about a photo's scale, as one value for the worker.

The worker looks at the picture first; a marker card there beats all of this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets import scale_range
from assets.errors import DomainError
from assets.kept import values
from assets.marker_cards.families import FAMILIES
from assets.models import Photo


def _shown(value: float) -> str:
    """A number with the reader's decimal sign."""
    return number_format(Decimal(f"{value:g}"))


_shown_lazy = lazy(_shown, str)

# What a scale may be, for whoever gave another number.
SCALE_RANGE = format_lazy(
    gettext_lazy("A scale is between {least} and {most} millimetres per pixel."),
    least=_shown_lazy(scale_range.MM_PER_PX.least),
    most=_shown_lazy(scale_range.MM_PER_PX.most),
)


@dataclass(frozen=True, slots=True)
class TwoPointsGiven:
    """Two points of the upright picture, pixels, and how far apart they are, millimetres.

    Attributes:
        u_length_mm: standard uncertainty of the length; None: that of a tape read by eye.
    """

    first_px: tuple[float, float]
    second_px: tuple[float, float]
    length_mm: float
    u_length_mm: float | None = None

    @property
    def apart_px(self) -> float:
        """Their distance in the picture."""
        return math.dist(self.first_px, self.second_px)


@dataclass(frozen=True, slots=True)
class GivenScale:
    """All that people say; None = nothing.

    Attributes:
        gsd_source: whose ``gsd_mm_per_px`` it is: ``photo``, ``inspection`` or empty.
        marker_mm: side of the black squares of a marker card that is not ours.
        marker_family: of :data:`assets.marker_cards.families.FAMILIES`; empty: any of them.
        camera_profile: name of the calibration of the visit's camera; empty: as the photo says.
    """

    gsd_mm_per_px: float | None = None
    gsd_source: str = ""
    two_points: TwoPointsGiven | None = None
    distance_m: float | None = None
    distance_u_m: float | None = None
    marker_mm: float | None = None
    marker_family: str = ""
    camera_profile: str = ""


def given_scale(photo: Photo) -> GivenScale:
    """The scale that people gave for a photo: its own values before those of the visit."""
    far = photo if photo.distance_m is not None else photo.inspection
    return GivenScale(
        gsd_mm_per_px=photo.effective_gsd_mm_per_px,
        gsd_source=photo.gsd_source,
        two_points=two_points_of(photo),
        distance_m=far.distance_m,
        distance_u_m=far.distance_u_m,
        marker_mm=photo.marker_mm,
        marker_family=photo.marker_family,
        camera_profile=photo.inspection.camera_profile,
    )


def two_points_of(photo: Photo) -> TwoPointsGiven | None:
    """The points that somebody marked in a photo; None also where they cannot be read."""
    marked = values.points(photo.two_points_px)
    if len(marked) != 2 or photo.two_points_mm is None:
        return None
    first, second = marked
    return TwoPointsGiven(first, second, photo.two_points_mm, photo.two_points_u_mm)


def columns_of(name: str, value: Any) -> dict[str, Any]:
    """The columns of a photo that store a checked statement."""
    if name != "two_points":
        return {name: value}
    if value is None:
        return {"two_points_px": None, "two_points_mm": None, "two_points_u_mm": None}
    return {
        "two_points_px": [list(value.first_px), list(value.second_px)],
        "two_points_mm": value.length_mm,
        "two_points_u_mm": value.u_length_mm,
    }


def _bounds(range_: scale_range.Range) -> dict[str, str]:
    return {"least": _shown(range_.least), "most": _shown(range_.most)}


def check_scale(gsd_mm_per_px: float | None) -> float | None:
    """The same number, or a refusal; None stays None.

    Raises:
        DomainError: ``invalid_scale`` for what is no plausible number of millimetres a pixel.
    """
    if gsd_mm_per_px is None:
        return None
    if not scale_range.MM_PER_PX.holds(gsd_mm_per_px):
        raise DomainError(
            "invalid_scale",
            str(SCALE_RANGE),
            _("Divide a length in the picture in mm by its length in pixels, for example 0.25."),
            field="gsd_mm_per_px",
        )
    return float(gsd_mm_per_px)


def check_distance(
    distance_m: float | None, distance_u_m: float | None
) -> tuple[float | None, float | None]:
    """The distance from the camera to the surface and its standard uncertainty.

    Raises:
        DomainError: ``invalid_distance``.
    """
    if distance_m is None:
        if distance_u_m is not None:
            raise DomainError(
                "invalid_distance",
                _("An uncertainty of a distance is given, and no distance."),
                _("Give the distance with it, in metres, or leave both out."),
                field="distance_m",
            )
        return None, None
    if not scale_range.DISTANCES_M.holds(distance_m):
        raise DomainError(
            "invalid_distance",
            _("A distance is between %(least)s and %(most)s metres.")
            % _bounds(scale_range.DISTANCES_M),
            _("Measure from the front of the camera to the surface, in metres."),
            field="distance_m",
        )
    if distance_u_m is not None and not 0 < distance_u_m < 0.5 * distance_m:
        raise DomainError(
            "invalid_distance",
            _("The uncertainty of a distance is above 0 and less than half of it."),
            _("Leave it out where you do not know it: 1 cm and 2 % are assumed."),
            field="distance_u_m",
        )
    return float(distance_m), distance_u_m


def check_marker(marker_mm: float | None, family: str | None) -> tuple[float | None, str]:
    """The printed size of a marker card that is not ours, and its family ("" = any known one).

    Raises:
        DomainError: ``invalid_marker``.
    """
    family = (family or "").strip()
    if family and family not in FAMILIES:
        raise DomainError(
            "invalid_marker",
            _("There is no marker family “%(family)s”.") % {"family": family[:40]},
            _("Leave it out where you do not know it, or give one of: %(known)s.")
            % {"known": ", ".join(FAMILIES)},
            field="marker_family",
        )
    if marker_mm is None:
        return None, family
    if not (math.isfinite(marker_mm) and marker_mm > 0):
        raise DomainError(
            "invalid_marker",
            _("The side of a marker is a length above 0 mm."),
            _("Measure the black square on the paper, from edge to edge, in millimetres."),
            field="marker_mm",
        )
    if not scale_range.MARKERS_MM.holds(marker_mm):
        raise DomainError(
            "invalid_marker",
            _("A marker of %(mm)s mm cannot be: its side is between %(least)s and %(most)s mm.")
            % {"mm": _shown(marker_mm), **_bounds(scale_range.MARKERS_MM)},
            _("Give the side of the black square in millimetres: 6 cm are 60."),
            field="marker_mm",
        )
    return float(marker_mm), family


def check_two_points(points: TwoPointsGiven | None, photo: Photo) -> TwoPointsGiven | None:
    """The same points, or a refusal; None stays None.

    Raises:
        DomainError: ``two_points_outside``, ``two_points_too_close``, ``two_points_no_length``
            or ``invalid_scale``.
    """
    if points is None:
        return None
    if not scale_range.is_possible_length(points.length_mm):
        raise DomainError(
            "two_points_no_length",
            _("The length between the two points is above 0 and at most %(most)s m.")
            % {"most": f"{scale_range.MOST_LENGTH_MM / 1000:g}"},
            _("Give the length of something flat on the surface, for example 50 mm of a ruler."),
            field="length_mm",
        )
    u_mm = points.u_length_mm
    if u_mm is not None and not 0 < u_mm < 0.5 * points.length_mm:
        raise DomainError(
            "two_points_no_length",
            _("The uncertainty of the length is above 0 and less than half of it."),
            _("Leave it out where you do not know it: 0.5 mm is assumed."),
            field="u_length_mm",
        )
    _check_places(points, photo)
    gsd = points.length_mm / points.apart_px
    if not scale_range.MM_PER_PX.holds(gsd):
        raise DomainError(
            "invalid_scale",
            _("With these points a pixel would cover %(gsd)s mm, which cannot be.")
            % {"gsd": f"{gsd:.3g}"},
            _("Check the length and its unit."),
            field="length_mm",
        )
    return points


def _check_places(points: TwoPointsGiven, photo: Photo) -> None:
    places = (*points.first_px, *points.second_px)
    width, height = photo.width_px or math.inf, photo.height_px or math.inf
    inside = all(
        -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5
        for x, y in (points.first_px, points.second_px)
    )
    if not (all(map(math.isfinite, places)) and inside):
        raise DomainError(
            "two_points_outside",
            _("One of the two points is not in the picture."),
            _("Mark both in this picture; (0, 0) is the centre of its top left pixel."),
            field="points_px",
        )
    if points.apart_px < scale_range.LEAST_APART_PX:
        raise DomainError(
            "two_points_too_close",
            _("The two points are only %(apart)d pixels apart, too close for a scale.")
            % {"apart": round(points.apart_px)},
            _("Choose something longer in the picture, %(least)d pixels at least.")
            % {"least": scale_range.LEAST_APART_PX},
            field="points_px",
        )
