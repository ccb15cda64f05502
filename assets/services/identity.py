"""People decide which defect a crack is: decide, merge, move. The machine only proposes.

The ledger records every decision: who, what, before, after and the reason.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import (
    Alert,
    Asset,
    Defect,
    DefectKind,
    DefectState,
    Identity,
    Measurement,
    Region,
    User,
)
from assets.services import alerts
from assets.services.analysis import settle_defect
from assets.services.defects import (
    begin_defect,
    lock_place,
    raise_views_version,
    refresh_asset,
    refresh_defect,
)
from assets.services.known_views import settle_view
from assets.services.ledger import Entry, append_events
from assets.services.sights import rows_of
from assets.texts import sound_text

# A line or a region.
Seen = TypeVar("Seen", Measurement, Region)


def identify(
    *, sight: Seen, defect: Defect | None = None, actor: User | None, reason: str = ""
) -> Defect:
    """Says which defect a line or region is: an open one of its kind and asset, or a new one.

    One that awaited a person is decided; one that was counted to a defect is moved to another, and
    a defect that is left without any is closed.

    Args:
        sight: as the caller read it: where it has no defect, none may have come meanwhile.
        defect: None begins a new one.

    Raises:
        DomainError: ``conflict`` where it was decided or superseded meanwhile;
            ``defect_elsewhere``, ``defect_not_open``, ``other_kind`` for a defect that it cannot
            be; ``invalid`` for a reason that cannot be kept.
    """
    reason = sound_text(reason, field="reason")
    with transaction.atomic():
        held, asset = _hold(sight)
        if sight.defect_id is None and held.defect_id is not None:
            raise _decided_meanwhile(held)
        if defect is not None and held.defect_id == defect.pk:
            return Defect.objects.get(pk=defect.pk)
        what = "decided" if held.defect_id is None else "moved"
        return _assign(held, asset, defect, actor, reason, what=what)


def merge_defects(*, defect: Defect, into: Defect, actor: User | None, reason: str = "") -> Defect:
    """Says that two defects of one asset and kind are the same; all sights go to ``into``.

    Raises:
        DomainError: ``same_defect``, ``defect_elsewhere``, ``defect_not_open``, ``other_kind``,
            ``invalid``.
    """
    reason = sound_text(reason, field="reason")
    if defect.pk == into.pk:
        raise DomainError(
            "same_defect",
            _("A defect cannot be merged into itself."),
            _("Choose the other one."),
            field="into",
        )
    with transaction.atomic():
        lines = rows_of(defect.kind).filter(defect=defect)
        # A line of one part may have been given to a crack of another.
        shown_on = lines.filter(is_current=True).values_list("photo__element_id", flat=True)
        elements = {defect.element_id, into.element_id, *shown_on.distinct()}
        asset = lock_place(defect.asset_id, elements)
        defect = Defect.objects.get(pk=defect.pk)
        into = _open_defect(into, asset, field="into")
        if defect.state == DefectState.MERGED:
            raise _not_open(defect, field="")
        _require_kind(into, defect.kind, field="into")
        now = timezone.now()
        moved = list(lines.values_list("pk", flat=True))
        lines.update(defect=into, identity=Identity.PERSON)
        raise_views_version(elements)
        Defect.objects.filter(merged_into=defect).update(merged_into=into)
        defect.state, defect.merged_into = DefectState.MERGED, into
        defect.latest_measurement, defect.latest_region = None, None
        defect.save(update_fields=["state", "merged_into", "latest_measurement", "latest_region"])
        entries = [
            Entry(
                "defect.merged",
                "defect",
                defect.pk,
                before={
                    "number": defect.number,
                    "measurements" if defect.is_crack else "regions": moved,
                },
                after={"into": into.pk, "number": into.number},
                reason=reason,
                asset_id=asset.pk,
            )
        ]
        entries += alerts.resolve(Alert.objects.filter(defect=defect), now, "merged")
        into.asset = asset
        refresh_defect(into)
        refresh_asset(asset)
        append_events(organisation=asset.organisation_id, entries=entries, actor=actor)
    return into


def _hold(sight: Seen) -> tuple[Seen, Asset]:
    """The line or region and its asset, both fresh, with the place locked."""
    photo = sight.analysis.photo
    asset = lock_place(photo.inspection.asset_id, [photo.element_id])
    rows = type(sight)._default_manager.select_related("analysis__photo", "defect")
    held = rows.get(pk=sight.pk)
    if held.analysis.is_current:
        return held, asset
    if isinstance(held, Region):
        raise DomainError(
            "conflict",
            _("The photo was analysed again meanwhile; this region belongs to the past."),
            _("Load the page again and decide on the new region."),
        )
    raise DomainError(
        "conflict",
        _("The photo was analysed again meanwhile; this line belongs to the past."),
        _("Load the page again and decide on the new line."),
    )


def _decided_meanwhile(sight: Measurement | Region) -> DomainError:
    if isinstance(sight, Region):
        return DomainError(
            "conflict",
            _("This region was decided meanwhile."),
            _("Load the page again to see which defect it is."),
        )
    return DomainError(
        "conflict",
        _("This line was decided meanwhile."),
        _("Load the page again to see which crack it is."),
    )


def _assign(
    line: Measurement | Region,
    asset: Asset,
    defect: Defect | None,
    actor: User | None,
    reason: str,
    *,
    what: str,
) -> Defect:
    now, photo, left = timezone.now(), line.analysis.photo, line.defect
    begins = defect is None
    kind = line.kind if isinstance(line, Region) else str(DefectKind.CRACK)
    if defect is None:
        target = begin_defect(
            asset=asset, element_id=photo.element_id, seen_at=photo.captured_at, kind=kind
        )
    else:
        target = _open_defect(defect, asset)
        _require_kind(target, kind)
    line.defect, line.identity = target, Identity.PERSON
    line.save(update_fields=["defect", "identity"])
    raise_views_version([photo.element_id])
    settle_view(line.analysis_id)
    entries = [
        Entry(
            f"{line._meta.model_name}.{what}",
            str(line._meta.model_name),
            line.pk,
            before={"defect": left.pk if left else None},
            after={"defect": target.pk, "number": target.number, "new": begins},
            reason=reason,
            asset_id=asset.pk,
        )
    ]
    if begins:
        target.asset = asset
        seen = refresh_defect(target)
        assert seen is not None  # the line was just given to it
        entries += alerts.raise_first_seen(defect=target, sight=seen.last, now=now)
    else:
        entries += settle_defect(target, asset=asset, photo_id=photo.pk, now=now)
    if left is not None:
        entries += settle_defect(left, asset=asset, photo_id=photo.pk, now=now)
    entries += alerts.settle_unmatched_notice(
        asset=asset, inspection_id=photo.inspection_id, photo_id=photo.pk, now=now
    )
    refresh_asset(asset)
    append_events(organisation=asset.organisation_id, entries=entries, actor=actor)
    return target


def _open_defect(defect: Defect, asset: Asset, *, field: str = "defect") -> Defect:
    row = Defect.objects.get(pk=defect.pk)
    if row.asset_id != asset.pk:
        raise DomainError(
            "defect_elsewhere",
            _("That defect is on another asset."),
            _("Choose one of the same asset."),
            field=field,
        )
    if row.state != DefectState.OPEN:
        raise _not_open(row, field=field)
    return row


def _require_kind(defect: Defect, kind: str, *, field: str = "defect") -> None:
    """Refuses what can be no such defect: a crack is no spall.

    Raises:
        DomainError: ``other_kind``.
    """
    if defect.kind != kind:
        raise DomainError(
            "other_kind",
            _("%(defect)s is of another kind: this is %(kind)s.")
            % {"defect": defect, "kind": DefectKind(kind).label},
            _("Choose a defect of the same kind, or begin a new one."),
            field=field,
        )


def _not_open(defect: Defect, *, field: str = "defect") -> DomainError:
    return DomainError(
        "defect_not_open",
        _("%(defect)s is no longer open.") % {"defect": defect},
        _("Choose an open one; what was merged lives on in what it was merged into."),
        field=field,
    )
