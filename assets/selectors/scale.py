"""Which photos of a visit have no scale, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from assets.models import Analysis, Inspection, Photo

# Analysed, and nothing told how many millimetres a pixel covers.
WITHOUT_SCALE = Q(analyses__is_current=True, analyses__gsd_mm_per_px__isnull=True)


@dataclass(frozen=True, slots=True)
class ScaleReason:
    """One reason, with the photos that share it; an empty code: nothing was found or given.

    ``sentence`` and ``remedy`` are those of the first such photo.
    """

    code: str
    sentence: str
    remedy: str
    photos: int


def without_scale(photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """Those that were analysed without any scale."""
    return photos.filter(WITHOUT_SCALE)


def scale_reasons(user: Any, inspection: Inspection) -> list[ScaleReason]:
    """Why photos of a visit have no scale, the most frequent reason first; one query."""
    rows = (
        Analysis.objects.visible_to(user)
        .filter(photo__inspection=inspection, is_current=True, gsd_mm_per_px__isnull=True)
        .order_by("pk")
        .values_list("scale_refusals", flat=True)
    )
    counts: Counter[str] = Counter()
    first: dict[str, dict[str, str]] = {}
    for refusals in rows:
        said = refusals[0] if refusals else {}
        code = said.get("code", "")
        counts[code] += 1
        first.setdefault(code, said)
    return [
        ScaleReason(code, first[code].get("sentence", ""), first[code].get("remedy", ""), n)
        for code, n in counts.most_common()
    ]


def refusals_of(user: Any, photos: Iterable[Photo]) -> dict[int, list[dict[str, str]]]:
    """photo id -> why it has no scale, for those of a page that have none; one query."""
    rows = (
        Analysis.objects.visible_to(user)
        .filter(
            photo_id__in=[photo.pk for photo in photos],
            is_current=True,
            gsd_mm_per_px__isnull=True,
        )
        .values_list("photo_id", "scale_refusals")
    )
    return dict(rows)
