"""The order of :mod:`assets.severity.order` as SQL expressions."""

from __future__ import annotations

from django.db.models import F, Max, Q, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from assets.severity.order import NONE_OPEN, UNGRADED, WORST_BY


def worst_first(prefix: str = "", *, level: str = "") -> tuple[OrderBy, ...]:
    """``order_by(*worst_first())`` of defects.

    Args:
        prefix: ``"worst_defect__"`` where the rows point to a defect.
        level: the column with the level, where the rows keep it themselves.
    """
    columns = {name: prefix + name for name in WORST_BY}
    if level:
        columns["level"] = level
    return tuple(F(column).desc(nulls_last=True) for column in columns.values())


def worst_level(defects: str, which: Q) -> Coalesce:
    """The worst level of a row's ``defects`` that are ``which``, as ``severity.worst`` tells it."""
    ranks = Coalesce(F(f"{defects}__level"), Value(UNGRADED))
    return Coalesce(Max(ranks, filter=which), Value(NONE_OPEN))
