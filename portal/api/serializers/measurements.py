"""Lines and widths: what one analysis measured, and what is known of a crack over the years."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.models import CapturedAtSource, Crack, Identity, Measurement
from assets.selectors.asset import HistoryPoint
from assets.severity import state_probabilities
from portal.api.fields import Link

COVERAGE = 2.0  # k: U = k·u, about 95 %


class WidthsSerializer(serializers.Serializer):
    """Widths along one crack in one unit.

    ``u`` is the standard uncertainty of ``p95``; ``U`` the expanded one, 2·u, to be shown with it.
    """

    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    max = serializers.FloatField()
    u = serializers.FloatField(allow_null=True)
    U = serializers.FloatField(allow_null=True)


class NotMeasurableSerializer(serializers.Serializer):
    """Why there is no width, and what would give one."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    remedy = serializers.CharField()


class CrackReferenceSerializer(serializers.Serializer):
    """Which crack it is."""

    id = serializers.IntegerField(source="pk")
    number = serializers.IntegerField()
    state = serializers.CharField()
    url = Link("api:crack-detail")


def widths(measurement: Measurement, unit: str) -> dict[str, float | None] | None:
    """The widths in ``px`` or ``mm``; None where they could not be measured, never 0."""
    values = {
        part: getattr(measurement, f"width_{unit}_{part}") for part in ("p50", "p95", "max", "u")
    }
    return None if values["p95"] is None else values | {"U": _expanded(values["u"])}


def _expanded(u: float | None) -> float | None:
    return None if u is None else COVERAGE * u


class WidthsMixin(serializers.Serializer):
    """What every view of a measurement shows."""

    length_px = serializers.FloatField()
    length_mm = serializers.FloatField(allow_null=True)
    width_px = serializers.SerializerMethodField()
    width_mm = serializers.SerializerMethodField()
    identity = serializers.ChoiceField(choices=Identity.choices)
    confidence = serializers.FloatField()
    severity = serializers.SerializerMethodField()
    level = serializers.IntegerField(allow_null=True)

    @extend_schema_field(WidthsSerializer(allow_null=True))
    def get_width_px(self, measurement: Measurement) -> dict[str, Any] | None:
        return widths(measurement, "px")

    @extend_schema_field(WidthsSerializer(allow_null=True))
    def get_width_mm(self, measurement: Measurement) -> dict[str, Any] | None:
        return widths(measurement, "mm")

    def get_severity(self, measurement: Measurement) -> str | None:
        return measurement.severity or None


class MeasuredCrackSerializer(WidthsMixin):
    """One crack as seen in one photo: its line, its widths, its grade.

    ``centreline_px`` is [[x, y], …] in the upright picture; (0, 0) is the centre of its top-left
    pixel. ``crack`` is null while a person has to decide which crack it is.
    """

    id = serializers.IntegerField(source="pk")
    ordinal = serializers.IntegerField()
    crack = CrackReferenceSerializer(allow_null=True)
    centreline_px = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField())
    )
    orientation_deg = serializers.FloatField()
    states = serializers.SerializerMethodField()
    not_measurable = NotMeasurableSerializer(allow_null=True)

    def get_states(self, measurement: Measurement) -> dict[str, float] | None:
        """How likely each condition state is, given the uncertainty of the width."""
        if measurement.width_mm_p95 is None:
            return None
        u_mm = measurement.width_mm_u or 0.0
        shares = state_probabilities(measurement.width_mm_p95, u_mm, measurement.analysis.rule_set)
        return {code: round(share, 4) for code, share in shares.items()}


class GradedWidthSerializer(serializers.Serializer):
    """The width that a crack is graded by, the 95th percentile; u and U = 2·u of it."""

    p95 = serializers.FloatField()
    u = serializers.FloatField(allow_null=True)
    U = serializers.FloatField(allow_null=True)


class HistorySerializer(serializers.Serializer):
    """One point in a crack's history: how it was on one photo."""

    measurement = serializers.IntegerField(source="measurement_id")
    photo = serializers.IntegerField(source="photo_id")
    inspection = serializers.IntegerField(source="inspection_id")
    captured_at = serializers.DateTimeField()
    captured_at_source = serializers.ChoiceField(choices=CapturedAtSource.choices)
    width_mm = serializers.SerializerMethodField()
    width_px = serializers.SerializerMethodField()
    length_mm = serializers.FloatField(allow_null=True)
    length_px = serializers.FloatField()
    severity = serializers.SerializerMethodField()
    level = serializers.IntegerField(allow_null=True)
    confidence = serializers.FloatField()
    identity = serializers.ChoiceField(choices=Identity.choices)

    @extend_schema_field(GradedWidthSerializer(allow_null=True))
    def get_width_mm(self, point: HistoryPoint) -> dict[str, Any] | None:
        return _graded_width(point.width_mm_p95, point.width_mm_u)

    @extend_schema_field(GradedWidthSerializer(allow_null=True))
    def get_width_px(self, point: HistoryPoint) -> dict[str, Any] | None:
        return _graded_width(point.width_px_p95, point.width_px_u)

    def get_severity(self, point: HistoryPoint) -> str | None:
        return point.severity or None


def _graded_width(p95: float | None, u: float | None) -> dict[str, float | None] | None:
    return None if p95 is None else {"p95": p95, "u": u, "U": _expanded(u)}


class CrackSerializer(serializers.ModelSerializer):
    """A physical crack; its numbers are those of the latest measurement. Null = ungraded."""

    severity = serializers.SerializerMethodField()
    element_name = serializers.CharField(source="element.name", read_only=True)
    latest_photo = serializers.IntegerField(
        source="latest_measurement.analysis.photo_id", read_only=True, default=None, allow_null=True
    )
    url = Link("api:crack-detail")
    page = Link("crack")

    class Meta:
        model = Crack
        fields = [
            "id",
            "url",
            "page",
            "asset",
            "element",
            "element_name",
            "number",
            "state",
            "merged_into",
            "severity",
            "level",
            "width_mm",
            "width_mm_u",
            "width_px",
            "first_seen_at",
            "last_seen_at",
            "latest_measurement",
            "latest_photo",
        ]
        read_only_fields = fields

    def get_severity(self, crack: Crack) -> str | None:
        return crack.severity or None


class CrackDetailSerializer(CrackSerializer):
    """The crack with every current measurement of it, in the order of capture."""

    history = serializers.SerializerMethodField()

    class Meta(CrackSerializer.Meta):
        fields = [*CrackSerializer.Meta.fields, "history"]
        read_only_fields = fields

    @extend_schema_field(HistorySerializer(many=True))
    def get_history(self, crack: Crack) -> Any:
        return HistorySerializer(self.context.get("history", ()), many=True).data
