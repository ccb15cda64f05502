"""Records a worker's result in one short transaction, while its claim holds.

Lock order, here and wherever the same rows are written: inspection, photo, elements, asset,
ledger head.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
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
    Region,
    ViewFeatures,
)
from assets.services import alerts, review
from assets.services.analysis_rows import Decided, write_analysis, write_sights, write_view
from assets.services.defects import REFRESHED, heir, refresh_asset, refresh_defect
from assets.services.given_scale import given_scale
from assets.services.identity_rules import carry_over, decide, decide_areas
from assets.services.known_views import others_show_areas, others_show_cracks
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
        match: needed where work is ``analyse``; where it is ``measure`` the defects are
            carried over from the analysis before, line by line and region by region.
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
        before = _supersede(claim)
        is_new = claim.work == PhotoWork.ANALYSE
        if is_new and (result.cracks or result.regions or before.rows):
            _require_current(match, photo)
        decided = _decide(claim, result, match, before, photo)
        analysis = write_analysis(photo, claim, result, match, rule_set)
        touched = write_sights(analysis, result, decided, asset, photo)
        if is_new:
            write_view(analysis, result, match, photo, decided)
        _pass_on_views(before.analyses, None if is_new else analysis)
        met = touched.known
        lost = {row.defect_id for row in before.rows if row.defect_id} - set(met)
        met |= {row.pk: heir(row) for row in Defect.objects.filter(pk__in=lost)} if lost else {}
        entries = [
            _recorded(analysis, result, before.analyses, asset),
            *asked,
            *_settle(photo, asset, met, touched.begun, now),
        ]
        if any(row.defect_id is None for row in before.rows) or any(
            one.identity == Identity.UNMATCHED for one in decided
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
    """Passes features on if the photo was only measured again, else marks them as not usable."""
    if not superseded:
        return
    views = ViewFeatures.objects.filter(pk__in=superseded)
    if heir_to is None:
        views.update(is_usable=False)
    else:
        views.update(analysis=heir_to)


def _require_current(match: MatchProposal, photo: Photo) -> None:
    """Counts that what the element's photos show changes; they are still those of the match.

    Raises:
        MatchOutdated: they changed since the match was computed.
    """
    known = Element.objects.filter(pk=photo.element_id, views_version=match.basis)
    if not known.update(views_version=F("views_version") + 1):
        raise MatchOutdated(f"Photo {photo.pk} must be matched again.")


@dataclass(frozen=True, slots=True)
class _Before:
    """The current analyses of a photo: their ids, and their lines and regions by ordinal."""

    analyses: list[int] = field(default_factory=list)
    lines: list[Measurement] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)

    @property
    def rows(self) -> list[Measurement | Region]:
        return [*self.lines, *self.regions]


def _supersede(claim: PhotoClaim) -> _Before:
    """Marks the current analyses of a photo as superseded, and returns them."""
    if claim.attempt == 1:  # nobody can have said anything before
        return _Before()
    current = Analysis.objects.filter(photo=claim.photo_id, is_current=True)
    shows_regions = Exists(Region.objects.filter(analysis=OuterRef("pk")))
    found = dict(current.annotate(areal=shows_regions).values_list("pk", "areal"))
    if not found:
        return _Before()
    superseded = list(found)
    lines = Measurement.objects.filter(analysis__in=superseded)
    regions = Region.objects.filter(analysis__in=superseded)
    before = _Before(
        superseded,
        list(lines.order_by("ordinal")),
        list(regions.order_by("ordinal")) if any(found.values()) else [],
    )
    current.update(is_current=False)
    lines.update(is_current=False)
    if before.regions:
        regions.update(is_current=False)
    return before


def _decide(
    claim: PhotoClaim, result: AnalysisRecord, match: MatchProposal, before: _Before, photo: Photo
) -> Decided:
    """Which defect each line and each region is."""
    count, kinds = len(result.cracks), [region.kind for region in result.regions]
    if claim.work == PhotoWork.MEASURE:
        return Decided(carry_over(before.lines, count), carry_over(before.regions, len(kinds)))
    # Asked only where something is left over: pairs hold whatever is known.
    lines_left = any(ordinal not in match.pairs for ordinal in range(count))
    areas_left = any(ordinal not in match.area_pairs for ordinal in range(len(kinds)))
    cracks = others_show_cracks(photo.pk, photo.element_id) if lines_left else None
    areas = others_show_areas(photo.pk, photo.element_id) if areas_left else None
    known = (
        set() if areas is None else set(areas.order_by().values_list("kind", flat=True).distinct())
    )
    return Decided(
        decide(count, match, cracks is not None and cracks.exists()),
        decide_areas(kinds, match, known),
    )


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
            **({"regions": len(result.regions)} if result.regions else {}),
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
    """Refreshes every defect that the result touches, and its alerts.

    Args:
        met: defects that were known before, those that others were merged into.
    """
    entries: list[Entry] = []
    for defect in begun.values():
        defect.asset = asset
        seen = refresh_defect(defect, save=False)
        assert seen is not None  # its line or region was just written
        after = {"number": defect.number, "severity": defect.severity, "photo": photo.pk}
        if not defect.is_crack:
            after["kind"] = str(defect.kind)
        entries.append(
            Entry("defect.first_seen", "defect", defect.pk, after=after, asset_id=asset.pk)
        )
        entries += alerts.raise_first_seen(defect=defect, sight=seen.last, now=now)
    heirs = {defect.pk: defect for defect in met.values()}
    opened = alerts.open_alerts_of(heirs)
    for pk in sorted(heirs):
        entries += settle_defect(
            heirs[pk],
            asset=asset,
            photo_id=photo.pk,
            now=now,
            open_alerts=opened[pk],
            save=False,
        )
    touched = [*begun.values(), *heirs.values()]
    if touched:
        Defect.objects.bulk_update(touched, REFRESHED)
    return entries


def settle_defect(
    defect: Defect,
    *,
    asset: Asset,
    photo_id: int,
    now: dt.datetime,
    open_alerts: Mapping[Any, Alert] | None = None,
    save: bool = True,
) -> list[Entry]:
    """Refreshes a known defect after something was said about it in ``photo_id``.

    Args:
        save: False where the caller writes the defect's row.
        open_alerts: of this defect, where the caller has them; see ``alerts.open_alerts_of``.
    """
    defect.asset = asset
    before = {"state": defect.state, "severity": defect.severity}
    seen = refresh_defect(defect, save=save)
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
