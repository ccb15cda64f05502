"""Serializers of scale: what was used, and what people gave."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.kept.scale_facts import scale_facts
from assets.marker_cards.families import FAMILIES
from assets.models import Analysis, Photo, ScaleSource
from assets.services.given_scale import TwoPointsGiven, two_points_of
from portal.api.fields import Number, Text
from portal.api.serializers.findings import FindingSerializer

NONE = "none"


class ScaleSerializer(serializers.Serializer):
    """The scale of the widths in millimetres, and why there is no better one.

    ``gsd_mm_per_px`` and its standard uncertainty ``u`` hold in the middle of the picture; where a
    marker card tells the plane, each width has the scale of its place and direction.
    """

    source = serializers.SerializerMethodField()
    gsd_mm_per_px = serializers.FloatField(allow_null=True)
    u = serializers.SerializerMethodField(help_text=_("Millimetres per pixel."))
    u_relative = serializers.FloatField(source="gsd_u_relative", allow_null=True)
    tilt_deg = serializers.SerializerMethodField()
    refusals = FindingSerializer(many=True, source="scale_refusals")

    @extend_schema_field(serializers.ChoiceField(choices=[*ScaleSource.values, NONE]))
    def get_source(self, analysis: Analysis) -> str:
        return (analysis.gsd_source or NONE) if analysis.gsd_mm_per_px is not None else NONE

    def get_u(self, analysis: Analysis) -> float | None:
        gsd, u_relative = analysis.gsd_mm_per_px, analysis.gsd_u_relative
        return None if gsd is None or u_relative is None else gsd * u_relative

    def get_tilt_deg(self, analysis: Analysis) -> float | None:
        """Angle between the surface and straight on, where a card tells it."""
        return scale_facts(analysis.scale_facts).tilt_deg


class TwoPointsSerializer(serializers.Serializer):
    """Two places in the upright picture and how far apart they are on the surface.

    (0, 0) is the centre of the top left pixel.
    """

    points_px = serializers.ListField(
        child=serializers.ListField(child=Number(), min_length=2, max_length=2),
        min_length=2,
        max_length=2,
        help_text=_("[[x, y], [x, y]], pixels."),
    )
    length_mm = Number(help_text=_("Between them, on the surface."))
    u_length_mm = Number(
        required=False,
        allow_null=True,
        help_text=_("Standard uncertainty of the length; 0.5 mm where it is left out."),
    )

    def to_internal_value(self, data: Any) -> Any:
        sent = super().to_internal_value(data)
        # A PATCH may leave the points out, but without their length they are none.
        for name in ("points_px", "length_mm"):
            if name not in sent:
                missing = self.fields[name].error_messages["required"]
                raise serializers.ValidationError({name: [missing]})
        first, second = sent["points_px"]
        return TwoPointsGiven(
            tuple(first), tuple(second), sent["length_mm"], sent.get("u_length_mm")
        )

    def to_representation(self, points: TwoPointsGiven) -> dict[str, Any]:
        return {
            "points_px": [list(points.first_px), list(points.second_px)],
            "length_mm": points.length_mm,
            "u_length_mm": points.u_length_mm,
        }


class MarkerFields(serializers.Serializer):
    """What people can give for a marker card that is not ours. Our own carry their size."""

    marker_mm = Number(
        required=False,
        allow_null=True,
        help_text=_("Side of the black squares as measured on the paper, millimetres."),
    )
    marker_family = Text(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text=_("One of %(known)s; left out: any of them.") % {"known": ", ".join(FAMILIES)},
    )


class DistanceFields(serializers.Serializer):
    """From the camera to the surface."""

    distance_m = Number(
        required=False, allow_null=True, help_text=_("From the camera to the surface, metres.")
    )
    distance_u_m = Number(
        required=False, allow_null=True, help_text=_("Its standard uncertainty, metres.")
    )


class GivenScaleSerializer(serializers.Serializer):
    """What people say of the photo itself; the inspection may give millimetres per pixel too."""

    gsd_mm_per_px = serializers.FloatField(allow_null=True)
    two_points = serializers.SerializerMethodField()
    distance_m = serializers.FloatField(allow_null=True)
    distance_u_m = serializers.FloatField(allow_null=True)
    marker_mm = serializers.FloatField(
        allow_null=True, help_text=_("Side of the black squares of a marker card that is not ours.")
    )
    marker_family = serializers.CharField(help_text=_("Empty: any that is known."))

    @extend_schema_field(TwoPointsSerializer(allow_null=True))
    def get_two_points(self, photo: Photo) -> Any:
        points = two_points_of(photo)
        return None if points is None else TwoPointsSerializer(points).data
