"""Serializers of cracks: what one analysis measured, and a defect's history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.coverage import expanded
from assets.kept.width_facts import Unit, width_facts
from assets.models import CapturedAtSource, Defect, DefectKind, Identity, Measurement
from assets.models.defect import GRADE_AND_SIZE
from assets.selectors.history import DefectHistory, HistoryPoint
from assets.severity import state_probabilities
from portal.api.fields import Link, Points
from portal.api.serializers.findings import FindingSerializer
from portal.width_budget import NAMES, REASONS, reason_of, stated_widths


class BudgetTermSerializer(serializers.Serializer):
    """One term of an uncertainty: ``u`` in the unit of the width, ``share`` of the variance."""

    term = serializers.ChoiceField(choices=list(NAMES), source="code")
    u = serializers.FloatField()
    share = serializers.FloatField()


class LeftOutSerializer(serializers.Serializer):
    """A stretch of a crack without a width, along its line from its first point."""

    code = serializers.ChoiceField(choices=list(REASONS))
    reason = serializers.CharField()
    from_px = serializers.FloatField()
    to_px = serializers.FloatField()
    from_mm = serializers.FloatField(allow_null=True)
    to_mm = serializers.FloatField(allow_null=True)


class WidthsSerializer(serializers.Serializer):
    """Widths along one crack in one unit.

    ``u`` is the standard uncertainty of ``p95``; ``U`` the expanded one, 2·u, to be shown with it.
    ``p50_u`` and ``max_u`` are those of the others. ``interval`` holds p95 in 95 % of cases; it may
    reach further up than p95 + U. ``budget`` says what ``u`` is made of. Null or empty: measured
    before it was kept.
    """

    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    max = serializers.FloatField()
    u = serializers.FloatField(allow_null=True)
    U = serializers.FloatField(allow_null=True)
    p50_u = serializers.FloatField(allow_null=True)
    max_u = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True
    )
    budget = BudgetTermSerializer(many=True)


class NotMeasurableSerializer(FindingSerializer):
    """Why there is no width, and what would give one."""


class DefectReferenceSerializer(serializers.Serializer):
    """Which defect it is."""

    id = serializers.IntegerField(source="pk")
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DefectKind.choices)
    state = serializers.CharField()
    url = Link("api:defect-detail")


def widths(measurement: Measurement, unit: Unit) -> dict[str, Any] | None:
    """The widths in ``px`` or ``mm``; None where they could not be measured, never 0."""
    stated = stated_widths(measurement, unit)
    if stated is None:
        return None
    return {
        "p50": stated.p50.value,
        "p95": stated.p95.value,
        "max": stated.max.value,
        "u": stated.p95.u,
        "U": expanded(stated.p95.u),
        "p50_u": stated.p50.u,
        "max_u": stated.max.u,
        "interval": None if stated.interval is None else list(stated.interval),
        "budget": BudgetTermSerializer(stated.budget, many=True).data,
    }


class WidthsMixin(serializers.Serializer):
    """The fields of a measurement in every view."""

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
    defect = DefectReferenceSerializer(allow_null=True)
    centreline_px = Points()
    orientation_deg = serializers.FloatField()
    length_mm_u = serializers.SerializerMethodField()
    max_at_px = serializers.SerializerMethodField()
    max_at_mm = serializers.SerializerMethodField()
    left_out = serializers.SerializerMethodField()
    states = serializers.SerializerMethodField()
    not_measurable = NotMeasurableSerializer(allow_null=True)

    def get_length_mm_u(self, measurement: Measurement) -> float | None:
        """Standard uncertainty of the length that comes from the scale."""
        return width_facts(measurement.width_facts).length_u_mm

    def get_max_at_px(self, measurement: Measurement) -> float | None:
        """Distance of the widest place from the line's first point, along the line, pixels."""
        return width_facts(measurement.width_facts).max_at_px

    def get_max_at_mm(self, measurement: Measurement) -> float | None:
        """The same on the surface."""
        return width_facts(measurement.width_facts).max_at_mm

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_left_out(self, measurement: Measurement) -> Any:
        """Stretches without a width, and why."""
        return [
            {**asdict(stretch), "reason": reason_of(stretch.code)}
            for stretch in width_facts(measurement.width_facts).left_out
            if stretch.ends("px") is not None
        ]

    def get_states(self, measurement: Measurement) -> dict[str, float] | None:
        """Probability of each condition state, given the uncertainty of the width."""
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
    """One point in a defect's history: how it was on one photo.

    A crack has a measurement with widths and lengths, what is no crack a region with an area and
    an extent; the others are null.
    """

    measurement = serializers.IntegerField(source="measurement_id", allow_null=True)
    region = serializers.IntegerField(source="region_id", allow_null=True)
    photo = serializers.IntegerField(source="photo_id")
    inspection = serializers.IntegerField(source="inspection_id")
    captured_at = serializers.DateTimeField()
    captured_at_source = serializers.ChoiceField(choices=CapturedAtSource.choices)
    width_mm = serializers.SerializerMethodField()
    width_px = serializers.SerializerMethodField()
    length_mm = serializers.FloatField(allow_null=True)
    length_px = serializers.FloatField(allow_null=True)
    area_px = serializers.FloatField(allow_null=True)
    area_mm2 = serializers.FloatField(allow_null=True)
    area_mm2_u = serializers.FloatField(allow_null=True)
    extent_mm = serializers.FloatField(allow_null=True)
    extent_mm_u = serializers.FloatField(allow_null=True)
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
    return None if p95 is None else {"p95": p95, "u": u, "U": expanded(u)}


class DefectSerializer(serializers.ModelSerializer):
    """A physical defect; its numbers are those of the latest measurement. Null = ungraded.

    A crack has a width, other kinds have an area and an extent.
    """

    severity = serializers.SerializerMethodField()
    element_name = serializers.CharField(source="element.name", read_only=True)
    latest_photo = serializers.SerializerMethodField()
    url = Link("api:defect-detail")
    page = Link("defect")

    class Meta:
        model = Defect
        fields = [
            "id",
            "url",
            "page",
            "asset",
            "element",
            "element_name",
            "number",
            "kind",
            "state",
            "merged_into",
            *GRADE_AND_SIZE,
            "first_seen_at",
            "last_seen_at",
            "latest_measurement",
            "latest_region",
            "latest_photo",
        ]
        read_only_fields = fields

    def get_latest_photo(self, defect: Defect) -> int | None:
        return defect.latest_photo_id

    def get_severity(self, defect: Defect) -> str | None:
        return defect.severity or None


class DefectDetailSerializer(DefectSerializer):
    """The defect with its current measurements or regions in the order of capture, 500 at most."""

    history = serializers.SerializerMethodField()
    history_is_thinned = serializers.SerializerMethodField()
    history_url = Link("api:defect-history")

    class Meta(DefectSerializer.Meta):
        fields = [*DefectSerializer.Meta.fields, "history", "history_is_thinned", "history_url"]
        read_only_fields = fields

    @extend_schema_field(HistorySerializer(many=True))
    def get_history(self, defect: Defect) -> Any:
        return HistorySerializer(self._history.points, many=True).data

    def get_history_is_thinned(self, defect: Defect) -> bool:
        """Whether the whole history has more measurements."""
        return self._history.is_thinned

    @property
    def _history(self) -> DefectHistory:
        return self.context["history"]
