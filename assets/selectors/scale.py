"""Reads which photos of a visit have no scale, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from assets.findings import code_of
from assets.models import Analysis, Inspection, Photo

# Analysed, and nothing told how many millimetres a pixel covers.
WITHOUT_SCALE = Q(analyses__is_current=True, analyses__gsd_mm_per_px__isnull=True)


@dataclass(frozen=True, slots=True)
class ScaleReason:
    """One reason, with the photos that share it; an empty code: nothing was found or given.

    ``finding`` is that of the first such photo, as its row holds it.
    """

    code: str
    finding: Any
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
    first: dict[str, Any] = {}
    for refusals in rows:
        finding = refusals[0] if refusals and isinstance(refusals, list) else None
        code = code_of(finding)
        counts[code] += 1
        first.setdefault(code, finding)
    return [ScaleReason(code, first[code], n) for code, n in counts.most_common()]


def refusals_of(user: Any, photos: Iterable[Photo]) -> dict[int, list[dict[str, Any]]]:
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
