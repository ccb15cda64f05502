"""Serializers of areal defects in one analysis."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.models import Identity, Region
from assets.models.region import AREAL
from portal.api.fields import Points
from portal.api.serializers.measurements import DefectReferenceSerializer


class RegionSerializer(serializers.Serializer):
    """An areal defect as seen in one photo: its outline, its size, its grade.

    ``outline_px`` is [[x, y], …], closed, in the upright picture; (0, 0) is the centre of its
    top-left pixel. ``extent_mm`` is the largest distance between two points of it. Both ``u`` are
    standard uncertainties, those of the scale. Null without a scale. ``defect`` is null while a
    person has to decide which defect it is; ``identity`` too, where it was recorded before regions
    had one.
    """

    id = serializers.IntegerField(source="pk")
    ordinal = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AREAL)
    defect = DefectReferenceSerializer(allow_null=True)
    outline_px = Points()
    area_px = serializers.FloatField()
    area_mm2 = serializers.FloatField(allow_null=True)
    area_mm2_u = serializers.FloatField(allow_null=True)
    extent_mm = serializers.FloatField(allow_null=True)
    extent_mm_u = serializers.FloatField(allow_null=True)
    identity = serializers.SerializerMethodField()
    confidence = serializers.FloatField()
    severity = serializers.SerializerMethodField()
    level = serializers.IntegerField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=Identity.choices, allow_null=True))
    def get_identity(self, region: Region) -> str | None:
        return region.identity or None

    def get_severity(self, region: Region) -> str | None:
        return region.severity or None
