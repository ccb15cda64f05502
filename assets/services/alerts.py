"""The rules that raise alerts, and what people do with alerts.

One open alert a defect and rule, one grouped notice an inspection (constraints of the table). The
``settle_*`` functions work inside the caller's transaction, which holds the asset
(:func:`assets.services.defects.lock_place`), and return the ledger entries to write at its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import (
    Alert,
    AlertRule,
    Asset,
    Defect,
    Identity,
    Measurement,
    Photo,
    Region,
    User,
)
from assets.models.defect import GRADE_AND_SIZE
from assets.services.ledger import Entry, append_event
from assets.services.sights import Sight, Sights, sight_on
from assets.severity import is_worse
from assets.texts import sound_text


def raise_first_seen(*, defect: Defect, sight: Sight, now: dt.datetime) -> list[Entry]:
    """A new defect, with the grade it has at this time (which may be none)."""
    alert = Alert.objects.create(
        organisation_id=defect.asset.organisation_id,
        asset_id=defect.asset_id,
        rule=AlertRule.FIRST_SEEN,
        defect=defect,
        photo_id=sight.photo_id,
        inspection_id=_inspection_of(sight.photo_id),
        opened_at=now,
        updated_at=now,
        **_grade(sight),
    )
    return [_entry("alert.raised", alert, after=_said(alert))]


def open_alerts_of(defect_ids: Iterable[int]) -> dict[int, dict[str, Alert]]:
    """defect id -> rule -> its open alert, locked; one query for all."""
    found: dict[int, dict[str, Alert]] = {pk: {} for pk in defect_ids}
    if found:
        alerts = Alert.objects.filter(defect__in=list(found), resolved_at__isnull=True)
        for alert in alerts.select_for_update(no_key=True):
            found[alert.defect_id][alert.rule] = alert
    return found


def settle_defect_alerts(
    *,
    defect: Defect,
    seen: Sights,
    photo_id: int,
    now: dt.datetime,
    open_alerts: Mapping[Any, Alert] | None = None,
) -> list[Entry]:
    """After photo ``photo_id`` told something about a known defect: what its alerts say now.

    *Worsened* is raised where the state captured last is worse than the one captured before it;
    an old picture that comes in late never raises it. A grade that comes later (scale given)
    goes into the open first-seen alert.
    """
    if open_alerts is None:
        open_alerts = open_alerts_of([defect.pk])[defect.pk]
    entries: list[Entry] = []
    first = open_alerts.get(str(AlertRule.FIRST_SEEN))
    if first and (first.photo_id == photo_id or first.level is None):
        here = sight_on(defect, photo_id)
        entries += _regrade(first, here, now) if here else []

    last, before = seen.graded if len(seen.graded) > 1 else (None, None)
    has_worsened = last is not None and before is not None and is_worse(last.level, before.level)
    worsened = open_alerts.get(str(AlertRule.WORSENED))
    if has_worsened and last is not None and before is not None and last.photo_id == photo_id:
        entries += _raise_worsened(defect, worsened, last, before, now)
    elif worsened and worsened.photo_id == photo_id:
        # The state that raised it was measured again, and is no worse than the one before.
        entries += resolve(Alert.objects.filter(pk=worsened.pk), now, "measured again")
    return entries


def _raise_worsened(
    defect: Defect, alert: Alert | None, last: Sight, before: Sight, now: dt.datetime
) -> list[Entry]:
    if alert is None:
        alert = Alert.objects.create(
            organisation_id=defect.asset.organisation_id,
            asset_id=defect.asset_id,
            rule=AlertRule.WORSENED,
            defect=defect,
            photo_id=last.photo_id,
            inspection_id=_inspection_of(last.photo_id),
            previous_severity=before.severity,
            opened_at=now,
            updated_at=now,
            **_grade(last),
        )
        return [_entry("alert.raised", alert, after=_said(alert))]
    entries = _regrade(alert, last, now)
    if entries:
        Alert.objects.filter(pk=alert.pk).update(previous_severity=before.severity)
    return entries


def _regrade(alert: Alert, sight: Sight, now: dt.datetime) -> list[Entry]:
    """New numbers into an open alert. What got worse is no longer acknowledged."""
    before = _said(alert)
    rises = is_worse(sight.level, alert.level)
    for name, value in _grade(sight).items():
        setattr(alert, name, value)
    if _said(alert) == before and alert.photo_id == sight.photo_id:
        return []
    alert.photo_id = sight.photo_id
    alert.inspection_id = _inspection_of(sight.photo_id)
    alert.updated_at = now
    if rises:
        alert.acknowledged_at, alert.acknowledged_by = None, None
    alert.save()
    return [_entry("alert.changed", alert, before=before, after=_said(alert))]


def settle_unmatched_notice(
    *, asset: Asset, inspection_id: int, photo_id: int | None, now: dt.datetime
) -> list[Entry]:
    """One notice an inspection: how many of its photos show what awaits a person."""
    undecided = {
        "photo__inspection_id": inspection_id,
        "is_current": True,
        "defect__isnull": True,
    }
    lines = Measurement.objects.filter(**undecided).order_by().values("photo_id")
    # Nobody is asked about regions from before regions had an identity.
    regions = Region.objects.filter(**undecided, identity=Identity.UNMATCHED)
    regions = regions.order_by().values("photo_id")
    count = lines.union(regions).count()
    alerts = Alert.objects.filter(
        inspection_id=inspection_id, rule=AlertRule.UNMATCHED, resolved_at__isnull=True
    )
    alert = alerts.first()
    if alert is None and count:
        alert = Alert.objects.create(
            organisation_id=asset.organisation_id,
            asset=asset,
            rule=AlertRule.UNMATCHED,
            inspection_id=inspection_id,
            photo_id=photo_id,
            count=count,
            opened_at=now,
            updated_at=now,
        )
        return [_entry("alert.raised", alert, after=_said(alert))]
    if alert is None or alert.count == count:
        return []
    if not count:
        return resolve(alerts, now, "all decided")
    before = _said(alert)
    if count > alert.count:
        alert.acknowledged_at, alert.acknowledged_by = None, None
    alert.count, alert.updated_at = count, now
    alert.save()
    return [_entry("alert.changed", alert, before=before, after=_said(alert))]


def resolve(alerts: QuerySet[Alert], now: dt.datetime, why: str) -> list[Entry]:
    """Closes open alerts whose matter is settled."""
    entries = []
    for alert in alerts.filter(resolved_at__isnull=True):
        alert.resolved_at = alert.updated_at = max(now, alert.opened_at)
        alert.save(update_fields=["resolved_at", "updated_at"])
        entries.append(_entry("alert.resolved", alert, before=_said(alert), reason=why))
    return entries


def acknowledge(*, alert: Alert, actor: User, note: str = "") -> Alert:
    """Somebody has it. Acknowledged is not resolved; saying it twice changes nothing.

    Raises:
        DomainError: ``alert_resolved`` where the matter was settled meanwhile; ``invalid`` for a
            note that cannot be kept.
    """
    note = sound_text(note, field="note")
    with transaction.atomic():
        current = Alert.objects.select_for_update(no_key=True).get(pk=alert.pk)
        if current.resolved_at is not None:
            raise DomainError(
                "alert_resolved",
                _("This alert was settled meanwhile."),
                _("Nothing is left to acknowledge; load the page again."),
            )
        if current.acknowledged_at is None:
            current.acknowledged_at = timezone.now()
            current.acknowledged_by = actor
            current.note = note
            current.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
            append_event(
                organisation=current.organisation_id,
                entry=_entry("alert.acknowledged", current, reason=current.note),
                actor=actor,
            )
    return current


def _grade(sight: Sight) -> dict[str, Any]:
    return {name: getattr(sight, name) for name in GRADE_AND_SIZE}


def _entry(verb: str, alert: Alert, **says: Any) -> Entry:
    return Entry(verb, "alert", alert.pk, asset_id=alert.asset_id, **says)


def _said(alert: Alert) -> dict[str, Any]:
    """The values of an alert that the ledger stores."""
    said = {
        "rule": str(alert.rule),
        "defect": alert.defect_id,
        "inspection": alert.inspection_id,
        "severity": alert.severity,
        "width_mm": alert.width_mm,
        "width_px": alert.width_px,
        "count": alert.count,
    }
    if alert.area_mm2 is not None or alert.extent_mm is not None:
        said |= {"area_mm2": alert.area_mm2, "extent_mm": alert.extent_mm}
    return said


def _inspection_of(photo_id: int) -> int:
    return Photo.objects.values_list("inspection_id", flat=True).get(pk=photo_id)
