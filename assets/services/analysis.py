"""Writing down what a worker found: one short transaction, and only while its claim holds.

Lock order, here and wherever the same rows are written: inspection, photo, elements, asset,
ledger head.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assets.models import (
    Alert,
    Analysis,
    Asset,
    Defect,
    DefectState,
    Element,
    Inspection,
    Measurement,
    Photo,
    PhotoState,
    PhotoWork,
    ViewFeatures,
)
from assets.services import alerts, queue, review
from assets.services.analysis_rows import write_analysis, write_measurements, write_view
from assets.services.defects import heir, lock_place, refresh_asset, refresh_defect
from assets.services.given_scale import given_scale
from assets.services.identity_rules import carry_over, decide
from assets.services.known_views import others_show_defects
from assets.services.ledger import Entry, append_events
from assets.services.photo_facts import write_facts
from assets.services.queue import Claim
from assets.services.records import AnalysisRecord, MatchOutdated, MatchProposal, PhotoFacts


def record_analysis(
    *,
    claim: Claim,
    result: AnalysisRecord,
    match: MatchProposal | None = None,
    facts: PhotoFacts | None = None,
) -> Analysis | None:
    """Writes a result with all that follows from it; the new analysis supersedes the old one.

    Args:
        match: needed where work is ``analyse``; where it is ``measure`` the cracks are carried
            over from the analysis before, line by line.
        facts: about the photo; None leaves what is known.

    Returns:
        None where the claim was lost meanwhile (somebody else has it, or it is recorded already):
        then nothing is written.

    Raises:
        MatchOutdated: the element has views that ``match`` did not know; nothing is written.
    """
    with transaction.atomic():
        photo = _hold(claim)
        if photo is None:
            return None
        now = timezone.now()
        asset = lock_place(photo.inspection.asset_id, [photo.element_id])
        match = match or MatchProposal()
        if facts is not None:
            write_facts(photo, facts, asset)
            photo.save()
        superseded, previous = _supersede(photo)
        is_new = claim.work == PhotoWork.ANALYSE
        if is_new and (result.cracks or previous):
            _require_current(match, photo)
        decisions = (
            decide(len(result.cracks), match, _knows_defects(photo))
            if is_new
            else carry_over(previous, len(result.cracks))
        )
        analysis = write_analysis(photo, claim, result, match)
        begun = write_measurements(analysis, result, decisions, asset, photo)
        if is_new:
            write_view(analysis, result, match, photo, decisions)
        _pass_on_views(superseded, None if is_new else analysis)
        known = {row.defect_id for row in (*previous, *decisions) if row.defect_id}
        entries = [
            _recorded(analysis, result, superseded),
            *review.ask(photo, result),
            *_settle(photo, asset, known, begun, now),
            *alerts.settle_unmatched_notice(
                asset=asset, inspection_id=photo.inspection_id, photo_id=photo.pk, now=now
            ),
        ]
        refresh_asset(asset, seen_at=photo.captured_at)
        _finish(photo, claim)
        append_events(organisation=asset.organisation_id, entries=entries)
    return analysis


def record_rejection(
    *,
    claim: Claim,
    code: str,
    reason: str,
    remedy: str = "",
    facts: PhotoFacts | None = None,
) -> bool:
    """The picture cannot be searched for cracks: says why, and keeps any earlier analysis.

    Returns:
        False where the claim was lost meanwhile: then nothing is written.
    """
    with transaction.atomic():
        photo = _hold(claim)
        if photo is None:
            return False
        if facts is not None:
            write_facts(photo, facts, photo.inspection.asset)
        photo.state = PhotoState.REJECTED
        photo.reason_code, photo.reason, photo.remedy = code[:40], reason, remedy
        photo.lease_until, photo.stage = None, ""
        photo.save()
        queue.ring_next_after_commit()
        append_events(
            organisation=photo.inspection.asset.organisation_id,
            entries=[
                Entry("photo.rejected", "photo", photo.pk, after={"code": code}, reason=reason)
            ],
        )
    return True


def _hold(claim: Claim) -> Photo | None:
    """The claimed photo, locked after its inspection; None where the claim was lost."""
    inspection_id = (
        Photo.objects.filter(pk=claim.photo_id).values_list("inspection_id", flat=True).first()
    )
    if inspection_id is None:
        return None
    # Held so that a scale given to the visit meanwhile is seen here, or finds this photo done.
    inspection = (
        Inspection.objects.select_for_update(no_key=True, of=("self",))
        .select_related("asset")
        .get(pk=inspection_id)
    )
    photo = queue.held(claim).select_for_update(no_key=True).first()
    if photo is not None:
        photo.inspection = inspection
    return photo


def _supersede(photo: Photo) -> tuple[list[int], list[Measurement]]:
    """Makes the current analysis one of the past; its id, and its lines by ordinal."""
    current = Analysis.objects.filter(photo=photo, is_current=True)
    superseded = list(current.values_list("pk", flat=True))
    if not superseded:
        return [], []
    lines = Measurement.objects.filter(analysis__in=superseded)
    previous = list(lines.order_by("ordinal"))
    current.update(is_current=False)
    lines.update(is_current=False)
    return superseded, previous


def _pass_on_views(superseded: list[int], heir_to: Analysis | None) -> None:
    """Features of before: of a photo measured again they stay, else nothing is laid upon them."""
    if not superseded:
        return
    views = ViewFeatures.objects.filter(pk__in=superseded)
    if heir_to is None:
        views.update(is_usable=False)
    else:
        views.update(analysis=heir_to)


def _require_current(match: MatchProposal, photo: Photo) -> None:
    """Counts that the lines of the element's photos change; they are still those of the match.

    Raises:
        MatchOutdated: they changed since the match was computed.
    """
    known = Element.objects.filter(pk=photo.element_id, views_version=match.basis)
    if not known.update(views_version=F("views_version") + 1):
        raise MatchOutdated(f"Photo {photo.pk} must be matched again.")


def _knows_defects(photo: Photo) -> bool:
    return others_show_defects(photo.pk, photo.element_id).exists()


def _recorded(analysis: Analysis, result: AnalysisRecord, superseded: list[int]) -> Entry:
    return Entry(
        "analysis.recorded",
        "analysis",
        analysis.pk,
        before={"superseded": superseded} if superseded else None,
        after={
            "photo": analysis.photo_id,
            "work": analysis.work,
            "model": result.model_name,
            "model_sha256": result.model_sha256,
            "gsd_mm_per_px": result.gsd_mm_per_px,
            "gsd_source": result.gsd_source,
            "cracks": len(result.cracks),
        },
    )


def _settle(
    photo: Photo, asset: Asset, known: set[int], begun: Mapping[int, Defect], now: dt.datetime
) -> list[Entry]:
    """Refreshes every crack that the result touches, and its alerts."""
    entries: list[Entry] = []
    for defect in begun.values():
        defect.asset = asset
        seen = refresh_defect(defect)
        assert seen is not None  # its line was just written
        after = {"number": defect.number, "severity": defect.severity, "photo": photo.pk}
        entries.append(Entry("defect.first_seen", "defect", defect.pk, after=after))
        entries += alerts.raise_first_seen(defect=defect, sight=seen.last, now=now)
    heirs = {row.pk: row for row in map(heir, Defect.objects.filter(pk__in=known))}
    for _pk, defect in sorted(heirs.items()):
        entries += settle_defect(defect, asset=asset, photo_id=photo.pk, now=now)
    return entries


def settle_defect(defect: Defect, *, asset: Asset, photo_id: int, now: dt.datetime) -> list[Entry]:
    """Refreshes a known crack after something was said about it in ``photo_id``."""
    defect.asset = asset
    before = {"state": defect.state, "severity": defect.severity}
    seen = refresh_defect(defect)
    after = {"state": str(defect.state), "severity": defect.severity}
    entries: list[Entry] = []
    if before != after:
        entries.append(Entry("defect.changed", "defect", defect.pk, before=before, after=after))
    if seen is not None and defect.state == DefectState.OPEN:
        entries += alerts.settle_defect_alerts(defect=defect, seen=seen, photo_id=photo_id, now=now)
    else:
        entries += alerts.resolve(Alert.objects.filter(defect=defect), now, "no longer seen")
    return entries


def _finish(photo: Photo, claim: Claim) -> None:
    """Done; or queued once more where the scale changed while the worker computed."""
    now = timezone.now()
    photo.lease_until, photo.stage = None, ""
    photo.reason_code = photo.reason = photo.remedy = ""
    if claim.given == given_scale(photo):
        photo.state = PhotoState.DONE
    else:
        photo.state, photo.work = PhotoState.QUEUED, PhotoWork.MEASURE
        photo.attempts, photo.queued_at, photo.rung_at = 0, now, now
        queue.ring(photo.pk)
    photo.save()
    queue.ring_next_after_commit()
