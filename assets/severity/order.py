"""The one order of severity, for lists, maps, alerts and drawings.

A structure's worst level is one number, and the larger one is the worse: no open defect, then
ungraded ones only, then the grades. SQL sorts and takes maxima of the same numbers
(:mod:`assets.models.worst_first`), so that an index is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

NONE_OPEN = -2  # no open defect: no grade at all, so none shares its number
UNGRADED = -1  # more than none, less than any grade
GRADES = range(5)  # 0 to 4: excellent, good, fair, poor, severe
GOOD = 1

# What the worst of several lines or defects is told by, the first before the second.
# A width and an extent are no same measure: among equals by level, cracks come first.
WORST_BY = ("level", "width_mm", "width_px", "extent_mm")


def rank(level: int | None) -> int:
    """The place of a defect's level in the order; None is ungraded."""
    return UNGRADED if level is None else level


def worst(levels: Iterable[int | None]) -> int:
    """The worst of open defects' levels; :data:`NONE_OPEN` where there is none."""
    return max(map(rank, levels), default=NONE_OPEN)


def is_worse(level: int | None, before: int | None) -> bool:
    """Whether a defect is worse than it was.

    The first grade of what was ungraded is so from fair on: good, or better, is no bad news.
    """
    return rank(level) > (GOOD if before is None else before)


def badness(
    level: int | None,
    width_mm: float | None = None,
    width_px: float | None = None,
    extent_mm: float | None = None,
) -> tuple[int, float, float, float]:
    """A key that sorts lines and defects by :data:`WORST_BY`, the worst last."""
    return (
        rank(level),
        -1.0 if width_mm is None else width_mm,
        -1.0 if width_px is None else width_px,
        -1.0 if extent_mm is None else extent_mm,
    )
