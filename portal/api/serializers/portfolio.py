"""Serializers of assets and their elements."""

from __future__ import annotations

from assets.models import Asset, Element, Organisation
from assets.services.portfolio import LARGEST_AASHTO_NUMBER, OLDEST_YEAR
from assets.texts import LONGEST_NOTE
from portal.api.fields import Link, Number, RegisterSerializer, VisibleField, Whole


class AssetSerializer(RegisterSerializer):
    """A structure. ``worst_level``, the larger the worse: 0 to 4 severity level of the worst open
    crack, -1 where all open ones are ungraded, -2 where none is open.
    """

    organisation = VisibleField(
        queryset=Organisation.objects.all(),
        required=False,
        help_text="May be left out by who works for one organisation only.",
    )
    latitude = Number(min_value=-90, max_value=90, help_text="Degrees, WGS84, north is positive.")
    longitude = Number(min_value=-180, max_value=180, help_text="Degrees, WGS84, east is positive.")
    year_built = Whole(
        required=False,
        allow_null=True,
        min_value=OLDEST_YEAR,
        max_value=9999,
        help_text="Ten years from now at the latest.",
    )
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
            "worst_defect",
            "open_defects",
            "last_seen_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["worst_level", "worst_defect", "open_defects", "last_seen_at"]
        extra_kwargs = {"note": {"max_length": LONGEST_NOTE}}
        validators: list = []  # the service answers for what is unique, with a sentence


class ElementSerializer(RegisterSerializer):
    """A part of an asset; each asset has one that ``is_whole``."""

    asset = VisibleField(queryset=Asset.objects.all())
    url = Link("api:element-detail")

    class Meta:
        model = Element
        fields = ["id", "url", "asset", "name", "aashto_number", "is_whole", "note", "created_at"]
        read_only_fields = ["is_whole"]
        extra_kwargs = {
            "aashto_number": {"min_value": 1, "max_value": LARGEST_AASHTO_NUMBER},
            "note": {"max_length": LONGEST_NOTE},
        }
        validators: list = []
