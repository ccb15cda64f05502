"""Serializers of visits."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.models import Asset, Element, Inspection
from assets.selectors.inspection import state_counts
from assets.texts import LONGEST_NOTE
from portal.api.fields import (
    ClientKeyField,
    Day,
    Link,
    Number,
    RegisterSerializer,
    ScaleField,
    Text,
    VisibleField,
)


class PhotoCountsSerializer(serializers.Serializer):
    """The number of a visit's photos in each state."""

    total = serializers.IntegerField()
    queued = serializers.IntegerField()
    processing = serializers.IntegerField()
    done = serializers.IntegerField()
    rejected = serializers.IntegerField()
    failed = serializers.IntegerField()


class InspectionSerializer(RegisterSerializer):
    """One visit to one asset. Its scale holds for photos that have none of their own."""

    asset = VisibleField(queryset=Asset.objects.all())
    element = VisibleField(
        queryset=Element.objects.all(),
        required=False,
        allow_null=True,
        help_text=_("What the photos show, unless a photo says otherwise."),
    )
    held_on = Day(required=False, help_text=_("Today in the asset's time zone unless told."))
    gsd_mm_per_px = ScaleField()
    distance_m = Number(
        required=False,
        allow_null=True,
        help_text=_("From the camera to the surface, metres, for photos without a scale."),
    )
    distance_u_m = Number(
        required=False, allow_null=True, help_text=_("Its standard uncertainty, metres.")
    )
    client_key = ClientKeyField()
    photo_counts = serializers.SerializerMethodField()
    url = Link("api:inspection-detail")
    page = Link("inspection")
    photos_url = Link("api:inspection-photos")

    class Meta:
        model = Inspection
        fields = [
            "id",
            "url",
            "page",
            "photos_url",
            "asset",
            "element",
            "kind",
            "title",
            "held_on",
            "gsd_mm_per_px",
            "distance_m",
            "distance_u_m",
            "note",
            "client_key",
            "photo_counts",
            "created_at",
        ]
        extra_kwargs = {"note": {"max_length": LONGEST_NOTE}}

    @extend_schema_field(PhotoCountsSerializer)
    def get_photo_counts(self, inspection: Inspection) -> dict[str, int]:
        counted: dict[int, dict[str, int]] = self.context.get("photo_counts", {})
        user = self.context["request"].user
        counts = counted.get(inspection.pk) or state_counts(user, inspection)
        return {"total": sum(counts.values()), **counts}


class InspectionEditSerializer(InspectionSerializer):
    """The fields that can be changed later: all but the asset."""

    camera_profile = Text(
        required=False,
        allow_blank=True,
        max_length=120,
        help_text=_("Name of a calibration on the workers, for photos that name no camera."),
    )

    class Meta(InspectionSerializer.Meta):
        fields = [
            *(name for name in InspectionSerializer.Meta.fields if name != "client_key"),
            "camera_profile",
        ]
        read_only_fields = ["asset"]

    asset = serializers.PrimaryKeyRelatedField(read_only=True)
