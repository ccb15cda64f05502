"""Alerts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from assets.models.defect import Defect
from assets.models.inspection import Inspection, Photo
from assets.models.organisation import Organisation
from assets.models.scope import scoped


class AlertRule(models.TextChoices):
    """Why somebody is told."""

    FIRST_SEEN = "first_seen", _("New crack")
    WORSENED = "worsened", _("Crack got worse")
    UNMATCHED = "unmatched", _("Photos that fit no earlier view")


class Alert(models.Model):
    """Something that a person should know. Acknowledged is not resolved."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="alerts")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="alerts")
    rule = models.CharField(max_length=20, choices=AlertRule.choices)
    defect = models.ForeignKey(Defect, null=True, on_delete=models.PROTECT, related_name="alerts")
    inspection = models.ForeignKey(
        Inspection, null=True, on_delete=models.PROTECT, related_name="alerts"
    )
    photo = models.ForeignKey(Photo, null=True, on_delete=models.PROTECT, related_name="alerts")
    severity = models.CharField(max_length=10, blank=True)
    level = models.SmallIntegerField(null=True)
    previous_severity = models.CharField(max_length=10, blank=True)
    width_mm = models.FloatField(null=True)
    width_mm_u = models.FloatField(null=True)
    width_px = models.FloatField(null=True)
    area_mm2 = models.FloatField(null=True)
    area_mm2_u = models.FloatField(null=True)
    extent_mm = models.FloatField(null=True)
    count = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True)

    objects = scoped("organisation")

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["defect", "rule"],
                condition=models.Q(resolved_at__isnull=True, defect__isnull=False),
                name="one_open_alert_a_defect_and_rule",
            ),
            models.UniqueConstraint(
                fields=["inspection", "rule"],
                condition=models.Q(resolved_at__isnull=True, defect__isnull=True),
                name="one_open_notice_an_inspection_and_rule",
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True)
                | models.Q(resolved_at__gte=models.F("opened_at")),
                name="alert_resolved_after_opened",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "resolved_at", "acknowledged_at"], name="alert_bell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()} on {self.asset_id}"
