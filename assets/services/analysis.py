"""Writing down what a worker found: one short transaction, and only while its claim holds.

Lock order, here and wherever the same rows are written: inspection, photo, elements, asset,
ledger head.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assets.findings import Finding
from assets.models import (
    Alert,
    Analysis,
    Asset,
    Defect,
    DefectState,
    Element,
    Identity,
    Measurement,
    Photo,
    PhotoState,
    PhotoWork,
    ViewFeatures,
)
from assets.services import alerts, review
from assets.services.analysis_rows import write_analysis, write_measurements, write_view
from assets.services.defects import heir, refresh_asset, refresh_defect
from assets.services.given_scale import given_scale
from assets.services.identity_rules import Decision, carry_over, decide
from assets.services.known_views import others_show_defects
from assets.services.ledger import Entry, append_events
from assets.services.photo_facts import FACTS, write_facts
from assets.services.queue import PhotoClaim
from assets.services.records import AnalysisRecord, MatchOutdated, MatchProposal, PhotoFacts
from assets.work import claims, rings

# The columns by which a photo's row is settled.
SETTLED = ("state", "needs_review", *claims.ENDED)
QUEUED_AGAIN = ("work", "attempts", "queued_at", "rung_at")


def record_analysis(
    *,
    claim: PhotoClaim,
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
        asset = photo.inspection.asset
        match = match or MatchProposal()
        if facts is not None:
            write_facts(photo, facts, asset)
        rule_set = asset.organisation.rule_set
        asked = review.ask(photo, result, rule_set)
        # The one write of the photo's row; the order of capture below is read from the table.
        _finish(photo, claim, FACTS if facts is not None else ())
        superseded, previous = _supersede(claim)
        is_new = claim.work == PhotoWork.ANALYSE
        if is_new and (result.cracks or previous):
            _require_current(match, photo)
        decisions = _decide(claim, result, match, previous, photo)
        analysis = write_analysis(photo, claim, result, match, rule_set)
        begun, met = write_measurements(analysis, result, decisions, asset, photo)
        if is_new:
            write_view(analysis, result, match, photo, decisions)
        _pass_on_views(superseded, None if is_new else analysis)
        lost = {row.defect_id for row in previous if row.defect_id} - set(met)
        met |= {row.pk: heir(row) for row in Defect.objects.filter(pk__in=lost)} if lost else {}
        entries = [
            _recorded(analysis, result, superseded, asset),
            *asked,
            *_settle(photo, asset, met, begun, now),
        ]
        if any(row.defect_id is None for row in previous) or any(
            one.identity == Identity.UNMATCHED for one in decisions
        ):
            entries += alerts.settle_unmatched_notice(
                asset=asset, inspection_id=photo.inspection_id, photo_id=photo.pk, now=now
            )
        refresh_asset(asset, seen_at=photo.captured_at)
        append_events(organisation=asset.organisation_id, entries=entries)
    return analysis


def record_rejection(
    *,
    claim: PhotoClaim,
    reasons: Sequence[Finding],
    facts: PhotoFacts | None = None,
) -> bool:
    """The picture cannot be searched for cracks: says why, and keeps any earlier analysis.

    Args:
        reasons: one at least, the weightiest first.

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
        photo.reason_code = reasons[0].code[:40]
        photo.reasons = [reason.as_stored() for reason in reasons]
        photo.lease_until, photo.stage = None, ""
        photo.save(update_fields=[*SETTLED, *(FACTS if facts is not None else ())])
        rings.ring_next_after_commit(claim)
        append_events(
            organisation=photo.organisation_id,
            entries=[
                Entry(
                    "photo.rejected",
                    "photo",
                    photo.pk,
                    after={"code": reasons[0].code, "reasons": photo.reasons},
                    asset_id=photo.inspection.asset_id,
                )
            ],
        )
    return True


def _hold(claim: PhotoClaim) -> Photo | None:
    """The claimed photo with all that a result touches, locked; None where the claim was lost.

    One statement locks the rows in the order of ``of``. The inspection is held so that a scale
    given to the visit meanwhile is seen here, or finds this photo done.
    """
    rows = claims.held(claim).select_related("inspection__asset__organisation", "element")
    order = ("inspection", "self", "element", "inspection__asset")
    return rows.select_for_update(no_key=True, of=order).first()


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


def _supersede(claim: PhotoClaim) -> tuple[list[int], list[Measurement]]:
    """What was current until now, ids of analyses and their lines; it is no longer."""
    if claim.attempt == 1:  # nobody can have said anything before
        return [], []
    current = Analysis.objects.filter(photo=claim.photo_id, is_current=True)
    superseded = list(current.values_list("pk", flat=True))
    if not superseded:
        return [], []
    lines = Measurement.objects.filter(analysis__in=superseded)
    previous = list(lines.order_by("ordinal"))
    current.update(is_current=False)
    lines.update(is_current=False)
    return superseded, previous


def _decide(
    claim: PhotoClaim,
    result: AnalysisRecord,
    match: MatchProposal,
    previous: list[Measurement],
    photo: Photo,
) -> list[Decision]:
    """Which crack each line is."""
    count = len(result.cracks)
    if claim.work == PhotoWork.MEASURE:
        return carry_over(previous, count)
    # Asked only where a line is left over: pairs hold whatever is known.
    left_over = any(ordinal not in match.pairs for ordinal in range(count))
    return decide(count, match, left_over and _knows_defects(photo))


def _knows_defects(photo: Photo) -> bool:
    return others_show_defects(photo.pk, photo.element_id).exists()


def _recorded(
    analysis: Analysis, result: AnalysisRecord, superseded: list[int], asset: Asset
) -> Entry:
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
        asset_id=asset.pk,
    )


def _settle(
    photo: Photo,
    asset: Asset,
    met: Mapping[int, Defect],
    begun: Mapping[int, Defect],
    now: dt.datetime,
) -> list[Entry]:
    """Refreshes every crack that the result touches, and its alerts.

    Args:
        met: cracks that were known before, those that others were merged into.
    """
    entries: list[Entry] = []
    for defect in begun.values():
        defect.asset = asset
        seen = refresh_defect(defect)
        assert seen is not None  # its line was just written
        after = {"number": defect.number, "severity": defect.severity, "photo": photo.pk}
        entries.append(
            Entry("defect.first_seen", "defect", defect.pk, after=after, asset_id=asset.pk)
        )
        entries += alerts.raise_first_seen(defect=defect, sight=seen.last, now=now)
    heirs = {defect.pk: defect for defect in met.values()}
    opened = alerts.open_alerts_of(heirs)
    for pk in sorted(heirs):
        entries += settle_defect(
            heirs[pk], asset=asset, photo_id=photo.pk, now=now, open_alerts=opened[pk]
        )
    return entries


def settle_defect(
    defect: Defect,
    *,
    asset: Asset,
    photo_id: int,
    now: dt.datetime,
    open_alerts: Mapping[Any, Alert] | None = None,
) -> list[Entry]:
    """Refreshes a known crack after something was said about it in ``photo_id``.

    Args:
        open_alerts: of this crack, where the caller has them; see ``alerts.open_alerts_of``.
    """
    defect.asset = asset
    before = {"state": defect.state, "severity": defect.severity}
    seen = refresh_defect(defect)
    after = {"state": str(defect.state), "severity": defect.severity}
    entries: list[Entry] = []
    if before != after:
        entries.append(
            Entry(
                "defect.changed",
                "defect",
                defect.pk,
                before=before,
                after=after,
                asset_id=asset.pk,
            )
        )
    if seen is not None and defect.state == DefectState.OPEN:
        entries += alerts.settle_defect_alerts(
            defect=defect, seen=seen, photo_id=photo_id, now=now, open_alerts=open_alerts
        )
    else:
        entries += alerts.resolve(Alert.objects.filter(defect=defect), now, "no longer seen")
    return entries


def _finish(photo: Photo, claim: PhotoClaim, changed: Sequence[str]) -> None:
    """Done; or queued once more where the scale changed while the worker computed.

    Args:
        changed: columns that were set besides; all of them go into one UPDATE.
    """
    now = timezone.now()
    for name, value in claims.ENDED.items():
        setattr(photo, name, value)
    again: Sequence[str] = ()
    if claim.given == given_scale(photo):
        photo.state = PhotoState.DONE
    else:
        photo.state, photo.work = PhotoState.QUEUED, PhotoWork.MEASURE
        photo.attempts, photo.queued_at, photo.rung_at = 0, now, now
        again = QUEUED_AGAIN
        rings.ring(Photo, photo.pk)
    photo.save(update_fields=[*changed, *SETTLED, *again])
    rings.ring_next_after_commit(claim)
