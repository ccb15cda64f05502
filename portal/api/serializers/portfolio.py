"""Assets and their elements, as the API shows and takes them."""

from __future__ import annotations

from rest_framework import serializers

from assets.models import Asset, Element, Organisation
from portal.api.fields import Link, Number, VisibleField


class AssetSerializer(serializers.ModelSerializer):
    """A structure. ``worst_level``: 0 no open crack, 1 to 4 severity level, -1 ungraded only."""

    organisation = VisibleField(
        queryset=Organisation.objects.all(),
        required=False,
        help_text="May be left out by who works for one organisation only.",
    )
    latitude = Number(min_value=-90, max_value=90, help_text="Degrees, WGS84, north is positive.")
    longitude = Number(min_value=-180, max_value=180, help_text="Degrees, WGS84, east is positive.")
    url = Link("api:asset-detail")
    page = Link("asset")

    class Meta:
        model = Asset
        fields = [
            "id",
            "url",
            "page",
            "organisation",
            "kind",
            "code",
            "name",
            "latitude",
            "longitude",
            "year_built",
            "material",
            "time_zone",
            "note",
            "worst_level",
            "worst_crack",
            "open_cracks",
            "last_seen_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["worst_level", "worst_crack", "open_cracks", "last_seen_at"]
        validators: list = []  # the service answers for what is unique, with a sentence


class ElementSerializer(serializers.ModelSerializer):
    """A part of an asset; each asset has one that ``is_whole``."""

    asset = VisibleField(queryset=Asset.objects.all())
    url = Link("api:element-detail")

    class Meta:
        model = Element
        fields = ["id", "url", "asset", "name", "aashto_number", "is_whole", "note", "created_at"]
        read_only_fields = ["is_whole"]
        validators: list = []
