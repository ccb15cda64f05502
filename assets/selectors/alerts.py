"""What nobody has acknowledged yet, what is open at all, and whether anything is new."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from assets.models import Alert, LedgerHead


def list_alerts(user: Any, *, open_only: bool = True) -> QuerySet[Alert]:
    """Alerts with all that a row shows, the newest first."""
    alerts = Alert.objects.visible_to(user).select_related(
        "asset", "defect__element", "inspection", "photo", "acknowledged_by"
    )
    if open_only:
        alerts = alerts.filter(resolved_at__isnull=True)
    return alerts.order_by("-updated_at", "-pk")


def unacknowledged(user: Any) -> QuerySet[Alert]:
    """What the bell shows: open, and in nobody's hands."""
    return list_alerts(user).filter(acknowledged_at__isnull=True)


def bell_count(user: Any) -> int:
    """How many alerts the bell counts."""
    alerts = Alert.objects.visible_to(user)
    return alerts.filter(resolved_at__isnull=True, acknowledged_at__isnull=True).count()


def latest_seq(user: Any) -> dict[int, int]:
    """organisation id -> number of its newest ledger entry; what the socket tells."""
    return dict(LedgerHead.objects.visible_to(user).values_list("organisation_id", "seq"))
