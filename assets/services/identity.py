"""Which crack is it? The words of people: decide, merge, move. The machine only proposes.

Every decision keeps who, what, before, after and the reason in the ledger.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Alert, Asset, Crack, CrackState, Identity, Measurement, User
from assets.services import alerts
from assets.services.analysis import settle_crack
from assets.services.cracks import begin_crack, lock_place, refresh_asset, refresh_crack
from assets.services.ledger import Entry, append_events
from assets.texts import sound_text


def decide_unmatched(
    *, measurement: Measurement, actor: User | None, crack: Crack | None = None, reason: str = ""
) -> Crack:
    """Says which crack an undecided line is: an open one of the same asset, or (None) a new one.

    Raises:
        DomainError: ``conflict`` where it was decided or superseded meanwhile; ``crack_elsewhere``,
            ``crack_not_open`` for a crack that it cannot be; ``invalid`` for a reason that cannot
            be kept.
    """
    reason = sound_text(reason, field="reason")
    with transaction.atomic():
        line, asset = _hold(measurement)
        if line.crack_id is not None:
            raise DomainError(
                "conflict",
                _("This line was decided meanwhile."),
                _("Load the page again to see which crack it is."),
            )
        return _assign(line, asset, crack, actor, reason, verb="measurement.decided")


def move_measurement(
    *,
    measurement: Measurement,
    to_crack: Crack | None,
    actor: User | None,
    reason: str = "",
) -> Crack:
    """Takes a line from the crack it was counted to, to another one or (None) to a new one.

    A crack that is left without any line is closed.

    Raises:
        DomainError: ``conflict``, ``crack_elsewhere``, ``crack_not_open``, ``invalid``.
    """
    reason = sound_text(reason, field="reason")
    with transaction.atomic():
        line, asset = _hold(measurement)
        if to_crack is not None and line.crack_id == to_crack.pk:
            return Crack.objects.get(pk=to_crack.pk)
        return _assign(line, asset, to_crack, actor, reason, verb="measurement.moved")


def merge_cracks(*, crack: Crack, into: Crack, actor: User | None, reason: str = "") -> Crack:
    """Says that two cracks of one asset are the same; all lines of ``crack`` go to ``into``.

    Raises:
        DomainError: ``same_crack``, ``crack_elsewhere``, ``crack_not_open``, ``invalid``.
    """
    reason = sound_text(reason, field="reason")
    if crack.pk == into.pk:
        raise DomainError(
            "same_crack",
            _("A crack cannot be merged into itself."),
            _("Choose the other crack."),
            field="into",
        )
    with transaction.atomic():
        asset = lock_place(crack.asset_id, [crack.element_id, into.element_id])
        crack = Crack.objects.get(pk=crack.pk)
        into = _open_crack(into, asset)
        if crack.state == CrackState.MERGED:
            raise _not_open(crack)
        now = timezone.now()
        moved = list(Measurement.objects.filter(crack=crack).values_list("pk", flat=True))
        Measurement.objects.filter(pk__in=moved).update(crack=into, identity=Identity.PERSON)
        Crack.objects.filter(merged_into=crack).update(merged_into=into)
        crack.state, crack.merged_into, crack.latest_measurement = CrackState.MERGED, into, None
        crack.save(update_fields=["state", "merged_into", "latest_measurement"])
        entries = [
            Entry(
                "crack.merged",
                "crack",
                crack.pk,
                before={"number": crack.number, "measurements": moved},
                after={"into": into.pk, "number": into.number},
                reason=reason,
            )
        ]
        entries += alerts.resolve(Alert.objects.filter(crack=crack), now, "merged")
        into.asset = asset
        refresh_crack(into)
        refresh_asset(asset)
        append_events(organisation=asset.organisation_id, entries=entries, actor=actor)
    return into


def _hold(measurement: Measurement) -> tuple[Measurement, Asset]:
    """The line and its asset, both fresh, with the place locked."""
    photo = measurement.analysis.photo
    asset = lock_place(photo.inspection.asset_id, [photo.element_id])
    line = Measurement.objects.select_related("analysis__photo", "crack").get(pk=measurement.pk)
    if not line.analysis.is_current:
        raise DomainError(
            "conflict",
            _("The photo was analysed again meanwhile; this line belongs to the past."),
            _("Load the page again and decide on the new line."),
        )
    return line, asset


def _assign(
    line: Measurement,
    asset: Asset,
    crack: Crack | None,
    actor: User | None,
    reason: str,
    *,
    verb: str,
) -> Crack:
    now, photo, left = timezone.now(), line.analysis.photo, line.crack
    begins = crack is None
    if crack is None:
        target = begin_crack(asset=asset, element_id=photo.element_id, seen_at=photo.captured_at)
    else:
        target = _open_crack(crack, asset)
    line.crack, line.identity = target, Identity.PERSON
    line.save(update_fields=["crack", "identity"])
    entries = [
        Entry(
            verb,
            "measurement",
            line.pk,
            before={"crack": left.pk if left else None},
            after={"crack": target.pk, "number": target.number, "new": begins},
            reason=reason,
        )
    ]
    if begins:
        target.asset = asset
        seen = refresh_crack(target)
        entries += alerts.raise_first_seen(crack=target, sight=seen[-1], now=now)
    else:
        entries += settle_crack(target, asset=asset, photo_id=photo.pk, now=now)
    if left is not None:
        entries += settle_crack(left, asset=asset, photo_id=photo.pk, now=now)
    entries += alerts.settle_unmatched_notice(
        asset=asset, inspection_id=photo.inspection_id, photo_id=photo.pk, now=now
    )
    refresh_asset(asset)
    append_events(organisation=asset.organisation_id, entries=entries, actor=actor)
    return target


def _open_crack(crack: Crack, asset: Asset) -> Crack:
    row = Crack.objects.get(pk=crack.pk)
    if row.asset_id != asset.pk:
        raise DomainError(
            "crack_elsewhere",
            _("That crack is on another asset."),
            _("Choose a crack of the same asset."),
            field="crack",
        )
    if row.state != CrackState.OPEN:
        raise _not_open(row)
    return row


def _not_open(crack: Crack) -> DomainError:
    return DomainError(
        "crack_not_open",
        _("Crack %(number)d is no longer open.") % {"number": crack.number},
        _("Choose an open crack; a merged one lives on in the one it was merged into."),
        field="crack",
    )
