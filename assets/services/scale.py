"""How many millimetres a pixel covers, as people give it; a new scale measures again.

Measuring again needs no network: a worker goes along the stored centrelines, and the new analysis
supersedes the old one. A photo that is being analysed while its scale changes is measured again
right after (see ``assets.services.analysis``).
"""

from __future__ import annotations

import math

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Inspection, Photo, PhotoState, PhotoWork, Priority, User
from assets.services.ledger import Entry, append_event
from assets.services.queue import ring_all

# 0.001 mm is below what light resolves; a metre a pixel shows no crack.
MIN_GSD_MM_PER_PX, MAX_GSD_MM_PER_PX = 0.001, 1000.0


def check_scale(gsd_mm_per_px: float | None) -> float | None:
    """The same number, or a refusal; None stays None.

    Raises:
        DomainError: ``invalid_scale`` for what is no plausible number of millimetres a pixel.
    """
    if gsd_mm_per_px is None:
        return None
    if not (
        math.isfinite(gsd_mm_per_px) and MIN_GSD_MM_PER_PX <= gsd_mm_per_px <= MAX_GSD_MM_PER_PX
    ):
        raise DomainError(
            "invalid_scale",
            _("A scale is between 0.001 and 1000 millimetres per pixel."),
            _("Divide a length in the picture in mm by its length in pixels, for example 0.25."),
            field="gsd_mm_per_px",
        )
    return float(gsd_mm_per_px)


def set_photo_scale(*, photo: Photo, gsd_mm_per_px: float | None, actor: User | None) -> Photo:
    """Gives a photo its own scale (None: that of its inspection again) and measures it again.

    Raises:
        DomainError: ``invalid_scale``.
    """
    gsd_mm_per_px = check_scale(gsd_mm_per_px)
    with transaction.atomic():
        row = (
            Photo.objects.select_for_update(no_key=True, of=("self",))
            .select_related("inspection__asset")
            .get(pk=photo.pk)
        )
        before, held = row.gsd_mm_per_px, row.effective_gsd_mm_per_px
        if before == gsd_mm_per_px:
            return row
        row.gsd_mm_per_px = gsd_mm_per_px
        row.save(update_fields=["gsd_mm_per_px"])
        if row.effective_gsd_mm_per_px != held:
            measure_again(Photo.objects.filter(pk=row.pk))
        append_event(
            organisation=row.inspection.asset.organisation_id,
            entry=_entry("photo", row.pk, before, gsd_mm_per_px),
            actor=actor,
        )
    row.refresh_from_db()
    return row


def set_inspection_scale(
    *, inspection: Inspection, gsd_mm_per_px: float | None, actor: User | None
) -> Inspection:
    """Gives a visit its scale; its photos without one of their own are measured again.

    Raises:
        DomainError: ``invalid_scale``.
    """
    gsd_mm_per_px = check_scale(gsd_mm_per_px)
    with transaction.atomic():
        row = (
            Inspection.objects.select_for_update(no_key=True, of=("self",))
            .select_related("asset")
            .get(pk=inspection.pk)
        )
        before = row.gsd_mm_per_px
        if before == gsd_mm_per_px:
            return row
        row.gsd_mm_per_px = gsd_mm_per_px
        row.save(update_fields=["gsd_mm_per_px"])
        measure_again(Photo.objects.filter(inspection=row, gsd_mm_per_px__isnull=True))
        append_event(
            organisation=row.asset.organisation_id,
            entry=_entry("inspection", row.pk, before, gsd_mm_per_px),
            actor=actor,
        )
    return row


def measure_again(photos: QuerySet[Photo]) -> list[int]:
    """Queues those of ``photos`` that have a result for measuring; within a transaction."""
    now = timezone.now()
    done = photos.filter(state=PhotoState.DONE)
    ids = list(
        done.select_for_update(no_key=True, of=("self",))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Photo.objects.filter(pk__in=ids).update(
        state=PhotoState.QUEUED,
        work=PhotoWork.MEASURE,
        priority=Priority.PERSON,
        attempts=0,
        queued_at=now,
        rung_at=now,
    )
    ring_all(ids)
    return ids


def _entry(kind: str, pk: int, before: float | None, after: float | None) -> Entry:
    return Entry(
        "scale.changed",
        kind,
        pk,
        before={"gsd_mm_per_px": before},
        after={"gsd_mm_per_px": after},
    )
