"""Serializers of alerts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from assets.models import Alert
from assets.models.defect import SIZE
from portal.api.fields import Link, Text
from portal.api.serializers.measurements import DefectReferenceSerializer


class AlertSerializer(serializers.ModelSerializer):
    """Something that a person should know. Acknowledged is not resolved."""

    state = serializers.SerializerMethodField()
    defect = DefectReferenceSerializer(read_only=True, allow_null=True)
    severity = serializers.SerializerMethodField()
    previous_severity = serializers.SerializerMethodField()
    acknowledged_by = serializers.SerializerMethodField()
    url = Link("api:alert-detail")

    class Meta:
        model = Alert
        fields = [
            "id",
            "url",
            "rule",
            "state",
            "asset",
            "defect",
            "inspection",
            "photo",
            "severity",
            "level",
            "previous_severity",
            *SIZE,
            "count",
            "opened_at",
            "updated_at",
            "acknowledged_at",
            "acknowledged_by",
            "note",
            "resolved_at",
        ]
        read_only_fields = fields

    def get_state(self, alert: Alert) -> str:
        """open, acknowledged or resolved."""
        if alert.resolved_at is not None:
            return "resolved"
        return "open" if alert.acknowledged_at is None else "acknowledged"

    def get_severity(self, alert: Alert) -> str | None:
        return alert.severity or None

    def get_previous_severity(self, alert: Alert) -> str | None:
        return alert.previous_severity or None

    def get_acknowledged_by(self, alert: Alert) -> str | None:
        return str(alert.acknowledged_by) if alert.acknowledged_by_id else None


class AcknowledgeSerializer(serializers.Serializer):
    """What people did or decided about the alert."""

    note = Text(
        required=False, allow_blank=True, default="", max_length=2000, help_text=_("Optional.")
    )
