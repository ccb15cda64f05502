"""Serializers of photos: their state, and what was found on them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.kept.values import numbers_by_name
from assets.models import Analysis, CapturedAtSource, Element, Photo, PhotoState, PhotoWork
from portal.api.fields import ClientKeyField, Link, Number, ScaleField, Text, VisibleField
from portal.api.serializers.findings import FindingSerializer, QualitySerializer
from portal.api.serializers.measurements import MeasuredCrackSerializer
from portal.api.serializers.regions import RegionSerializer
from portal.api.serializers.scale import (
    DistanceFields,
    GivenScaleSerializer,
    MarkerFields,
    ScaleSerializer,
    TwoPointsSerializer,
)
from portal.findings import remedies, sentences


class PositionSerializer(serializers.Serializer):
    """Degrees, WGS84; ``source`` is ``photo`` where the picture carried it, else ``asset``."""

    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    altitude_m = serializers.FloatField(allow_null=True)
    source = serializers.ChoiceField(choices=["photo", "asset"])


class CameraSerializer(serializers.Serializer):
    """The camera; empty if the picture does not name it."""

    make = serializers.CharField(source="camera_make")
    model = serializers.CharField(source="camera_model")
    lens = serializers.CharField(source="lens_model")
    focal_length_mm = serializers.FloatField(allow_null=True)


class ModelSerializer(serializers.Serializer):
    """Which network said so, and under which terms its training pictures may be used."""

    name = serializers.CharField(source="model_name")
    sha256 = serializers.CharField(source="model_sha256")
    runtime = serializers.CharField(source="model_runtime")
    terms = serializers.CharField(source="model_terms")


class AnalysisSerializer(serializers.Serializer):
    """The last analysis of a photo. Earlier ones are kept, and superseded."""

    id = serializers.IntegerField(source="pk")
    created_at = serializers.DateTimeField()
    work = serializers.ChoiceField(choices=PhotoWork.choices)
    model = ModelSerializer(source="*")
    threshold = serializers.FloatField()
    rule_set = serializers.CharField()
    image_size_px = serializers.SerializerMethodField()
    gsd_mm_per_px = serializers.FloatField(allow_null=True)
    gsd_source = serializers.CharField()
    gsd_u_relative = serializers.FloatField(allow_null=True)
    scale = ScaleSerializer(source="*")
    quality = QualitySerializer()
    crack_density = serializers.FloatField()
    crack_density_unit = serializers.CharField()
    cracks = MeasuredCrackSerializer(many=True, source="measurements.all")
    regions = RegionSerializer(many=True, source="regions.all")
    timings_ms = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.FloatField()))
    def get_timings_ms(self, analysis: Analysis) -> dict[str, float]:
        """Time of each stage."""
        kept = numbers_by_name(analysis.timings_ms)
        return {name: ms for name, ms in kept.items() if ms is not None}

    def get_image_size_px(self, analysis: Analysis) -> list[int]:
        """[width, height] of the upright picture."""
        return [analysis.image_width_px, analysis.image_height_px]


class ResultSerializer(serializers.Serializer):
    """The result of the current analysis in short; widths are the widest line's p95.

    ``level`` is the worst of lines and regions, ``extent_mm`` that of the largest region.
    """

    cracks = serializers.IntegerField(help_text="Lines found.")
    regions = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Areal defects found, by kind; a kind that was not seen is left out.",
    )
    unmatched = serializers.IntegerField(
        help_text="Lines and regions that await a person's decision."
    )
    level = serializers.IntegerField(allow_null=True)
    width_mm = serializers.FloatField(allow_null=True)
    width_px = serializers.FloatField(allow_null=True)
    extent_mm = serializers.FloatField(allow_null=True)


class PhotoSummarySerializer(serializers.ModelSerializer):
    """The state of a photo, for lists."""

    state = serializers.ChoiceField(choices=PhotoState.choices, read_only=True)
    work = serializers.ChoiceField(choices=PhotoWork.choices, read_only=True)
    captured_at_source = serializers.ChoiceField(choices=CapturedAtSource.choices, read_only=True)
    reason = serializers.SerializerMethodField()
    remedy = serializers.SerializerMethodField()
    reasons = FindingSerializer(many=True, read_only=True)
    queue_position = serializers.SerializerMethodField()
    url = Link("api:photo-detail")
    page = Link("photo")
    original = Link("photo-original")
    thumbnail = Link("photo-thumbnail", only_if="thumbnail")

    class Meta:
        model = Photo
        fields = [
            "id",
            "url",
            "page",
            "inspection",
            "element",
            "original_name",
            "format",
            "size_bytes",
            "sha256",
            "width_px",
            "height_px",
            "state",
            "work",
            "stage",
            "queue_position",
            "reason_code",
            "reason",
            "remedy",
            "reasons",
            "received_at",
            "captured_at",
            "captured_at_source",
            "captured_local",
            "gsd_mm_per_px",
            "needs_review",
            "original",
            "thumbnail",
        ]
        read_only_fields = fields

    def get_reason(self, photo: Photo) -> str | None:
        """Why it was rejected or failed, in sentences; null where it was not."""
        return sentences(photo.reasons) or None

    def get_remedy(self, photo: Photo) -> str | None:
        """The remedy."""
        return remedies(photo.reasons) or None

    def get_queue_position(self, photo: Photo) -> int | None:
        """Place in line, 1 = next; null where it does not wait."""
        positions: dict[int, int] = self.context.get("queue_positions", {})
        return positions.get(photo.pk)


class PhotoRowSerializer(PhotoSummarySerializer):
    """A row of the list: where it stands and what came out, in short."""

    result = serializers.SerializerMethodField()

    class Meta(PhotoSummarySerializer.Meta):
        fields = [*PhotoSummarySerializer.Meta.fields, "result"]
        read_only_fields = fields

    @extend_schema_field(ResultSerializer)
    def get_result(self, photo: Photo) -> Any:
        return ResultSerializer(self.context["results"][photo.pk]).data


class PhotoSerializer(PhotoSummarySerializer):
    """A photo with everything known about it."""

    asset = serializers.IntegerField(source="inspection.asset_id", read_only=True)
    findings = FindingSerializer(many=True, read_only=True)
    position = serializers.SerializerMethodField()
    asset_position = serializers.SerializerMethodField()
    camera = CameraSerializer(source="*", read_only=True)
    scale = serializers.SerializerMethodField()
    scale_given = GivenScaleSerializer(source="*", read_only=True)
    mask = serializers.SerializerMethodField()
    analysis = serializers.SerializerMethodField()

    class Meta(PhotoSummarySerializer.Meta):
        fields = [
            *PhotoSummarySerializer.Meta.fields,
            "mask",
            "asset",
            "findings",
            "position",
            "asset_position",
            "camera",
            "scale",
            "scale_given",
            "analysis",
        ]
        read_only_fields = fields

    def _current(self) -> Analysis | None:
        return self.context.get("analysis")

    @extend_schema_field(PositionSerializer)
    def get_position(self, photo: Photo) -> dict[str, Any]:
        here = photo if photo.position_source == "photo" else photo.inspection.asset
        return {
            "latitude": here.latitude,
            "longitude": here.longitude,
            "altitude_m": photo.altitude_m,
            "source": photo.position_source,
        }

    @extend_schema_field(PositionSerializer)
    def get_asset_position(self, photo: Photo) -> dict[str, Any]:
        asset = photo.inspection.asset
        return {
            "latitude": asset.latitude,
            "longitude": asset.longitude,
            "altitude_m": None,
            "source": "asset",
        }

    @extend_schema_field(ScaleSerializer(allow_null=True))
    def get_scale(self, photo: Photo) -> Any:
        """The scale of the widths; null before the first analysis."""
        analysis = self._current()
        return None if analysis is None else ScaleSerializer(analysis).data

    def get_mask(self, photo: Photo) -> str | None:
        analysis = self._current()
        link = Link("api:photo-mask", only_if="mask", row_attribute="photo_id")
        link._context = self.context
        return link.to_representation(analysis) if analysis else None

    @extend_schema_field(AnalysisSerializer(allow_null=True))
    def get_analysis(self, photo: Photo) -> Any:
        analysis = self._current()
        if analysis is None:
            return None
        return AnalysisSerializer(analysis, context=self.context).data


class PhotoUploadSerializer(MarkerFields):
    """One photo a request."""

    file = serializers.FileField(
        allow_empty_file=True,  # the intake answers for 0 bytes with its own sentence
        max_length=None,
        help_text=_("JPEG, PNG, TIFF, WebP or HEIC."),
        error_messages={
            "required": _("There is no photo in this request. Send it in the field “file”."),
            "invalid": _("There is no photo in this request. Send it in the field “file”."),
        },
    )
    gsd_mm_per_px = ScaleField()
    distance_m = Number(
        required=False, allow_null=True, help_text=_("From the camera to the surface, metres.")
    )
    element = VisibleField(queryset=Element.objects.all(), required=False, allow_null=True)
    client_key = ClientKeyField()


class PhotoEditSerializer(DistanceFields, MarkerFields):
    """What people can give for a photo: values for its scale. Null removes a value."""

    gsd_mm_per_px = ScaleField()
    two_points = TwoPointsSerializer(required=False, allow_null=True)


class ReviewSerializer(serializers.Serializer):
    """An engineer's word on a photo whose crack may be of either of two states."""

    reason = Text(max_length=300, help_text=_("What the engineer saw."))
