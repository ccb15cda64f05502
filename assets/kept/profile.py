"""Reads the stored widths along a measured line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.kept.values import list_of, object_of, size

Column = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class InUnit:
    """The profile in one unit; columns of one length.

    Attributes:
        position: along the line, from its first point; None where it was not kept.
        width: None where it was left out, or its place was not kept.
        u: standard uncertainty of the width; None where there is none.
    """

    position: Column
    width: Column
    u: Column


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile in pixels, and in millimetres where they were kept; as long as each other."""

    px: InUnit
    mm: InUnit | None


def profile(kept: Any) -> Profile | None:
    """The column ``profile`` of a measurement; None where it gives no width at all."""
    columns = object_of(kept)
    in_px = _in_unit(columns, "px")
    if in_px is None:
        return None
    in_mm = _in_unit(columns, "mm")
    same = in_mm is not None and len(in_mm.position) == len(in_px.position)
    return Profile(in_px, in_mm if same else None)


def _in_unit(columns: Mapping[str, Any], unit: str) -> InUnit | None:
    position, width, u = (
        _column(columns.get(f"{name}_{unit}")) for name in ("position", "width", "u")
    )
    if not len(position) == len(width) == len(u):
        return None
    width = tuple(None if at is None else w for at, w in zip(position, width, strict=True))
    return None if all(w is None for w in width) else InUnit(position, width, u)


def _column(kept: Any) -> Column:
    values: Sequence[Any] = list_of(kept)
    return tuple(size(value) for value in values)
