"""Reads alerts: unacknowledged, open, and whether any is new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from assets.models import Alert, AlertRule, Identity, LedgerHead, Region


def list_alerts(user: Any, *, open_only: bool = True) -> QuerySet[Alert]:
    """Alerts with all that a row shows, the newest first."""
    alerts = Alert.objects.visible_to(user).select_related(
        "asset", "defect__element", "inspection", "photo", "acknowledged_by"
    )
    if open_only:
        alerts = alerts.filter(resolved_at__isnull=True)
    return alerts.order_by("-updated_at", "-pk")


def unacknowledged(user: Any) -> QuerySet[Alert]:
    """The alerts that the bell shows: open, and acknowledged by nobody."""
    return list_alerts(user).filter(acknowledged_at__isnull=True)


def notices_of_regions(user: Any, alerts: Iterable[Alert]) -> set[int]:
    """Ids of the inspections whose notice speaks of regions, alone or beside lines; one query at
    most. Of notices that are settled nothing is left to speak of.
    """
    asked = {
        alert.inspection_id
        for alert in alerts
        if alert.rule == AlertRule.UNMATCHED and alert.resolved_at is None
    }
    if not asked:
        return set()
    undecided = Region.objects.visible_to(user).filter(
        photo__inspection_id__in=asked,
        is_current=True,
        defect__isnull=True,
        identity=Identity.UNMATCHED,
    )
    return set(undecided.order_by().values_list("photo__inspection_id", flat=True).distinct())


def bell_count(user: Any) -> int:
    """The number of alerts at the bell."""
    alerts = Alert.objects.visible_to(user)
    return alerts.filter(resolved_at__isnull=True, acknowledged_at__isnull=True).count()


def latest_seq(user: Any) -> dict[int, int]:
    """organisation id -> number of its newest ledger entry; what the socket tells."""
    return dict(LedgerHead.objects.visible_to(user).values_list("organisation_id", "seq"))
