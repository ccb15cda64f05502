"""Assets (structures) and their elements (parts)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models.organisation import Organisation
from assets.models.scope import scoped
from assets.severity.order import GRADES, NONE_OPEN
from assets.time_zones import time_zones


def validate_time_zone(name: str) -> None:
    """Refuses what is no IANA time zone."""
    if name not in time_zones():
        raise ValidationError(
            _("%(name)s is no time zone. Give an IANA name such as Europe/Berlin."),
            params={"name": name},
            code="unknown_time_zone",
        )


class AssetKind(models.TextChoices):
    """The kind of structure."""

    BRIDGE = "bridge", _("Bridge")
    DAM = "dam", _("Dam")
    TUNNEL = "tunnel", _("Tunnel")
    BUILDING = "building", _("Building")
    CULVERT = "culvert", _("Culvert")
    RETAINING_WALL = "retaining_wall", _("Retaining wall")
    OTHER = "other", _("Other")


class Asset(models.Model):
    """A structure at a place. ``worst_*``, ``open_defects`` (their number) and ``last_seen_at`` are
    kept by the services, so that a list of thousands reads no other table.

    ``worst_level``, the larger the worse: 0 to 4 the worst open crack's severity level, -1 where
    all open cracks are ungraded, -2 where none is open (:mod:`assets.severity.order`).
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="assets",
        verbose_name=_("organisation"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=AssetKind.choices)
    code = models.CharField(
        _("code"), max_length=40, help_text=_("Your own number, such as BR-0417.")
    )
    name = models.CharField(_("name"), max_length=160)
    latitude = models.FloatField(_("latitude"), help_text=_("Degrees, WGS84, north is positive."))
    longitude = models.FloatField(_("longitude"), help_text=_("Degrees, WGS84, east is positive."))
    map_cell = models.BigIntegerField(editable=False)
    outline = models.JSONField(_("outline"), null=True, blank=True, editable=False)
    year_built = models.PositiveSmallIntegerField(_("year built"), null=True, blank=True)
    material = models.CharField(_("material"), max_length=60, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="UTC", validators=[validate_time_zone]
    )
    note = models.TextField(_("note"), blank=True)
    worst_level = models.SmallIntegerField(default=NONE_OPEN, editable=False)
    worst_defect = models.ForeignKey(
        "assets.Defect", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    open_defects = models.PositiveIntegerField(default=0, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    last_defect_number = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = scoped("organisation")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "code"], name="asset_code_once_an_organisation"
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__gte=-90, latitude__lte=90),
                name="asset_latitude_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__gte=-180, longitude__lte=180),
                name="asset_longitude_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(worst_level__gte=NONE_OPEN, worst_level__lte=GRADES[-1]),
                name="asset_worst_level_in_range",
            ),
        ]
        indexes = [
            # All that a map tile groups by and averages, so that it reads the index alone.
            models.Index(
                fields=[
                    "organisation",
                    "map_cell",
                    "worst_level",
                    "kind",
                    "latitude",
                    "longitude",
                ],
                name="asset_on_map",
            ),
            models.Index(fields=["organisation", "kind", "worst_level"], name="asset_facets"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Element(models.Model):
    """A part of an asset: deck, pier 2 east face, monolith 7.

    Every asset has one ``is_whole`` element, for photos that name no part. ``views_version`` counts
    the changes of what its photos show: lines that come or go, and whose defect they are. A match
    that was computed against another number is out of date. Raised under the element's lock.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="elements")
    name = models.CharField(_("name"), max_length=120)
    aashto_number = models.PositiveSmallIntegerField(
        _("AASHTO element number"), null=True, blank=True
    )
    is_whole = models.BooleanField(default=False, editable=False)
    views_version = models.PositiveIntegerField(default=0, editable=False)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("asset__organisation")

    class Meta:
        ordering = ["-is_whole", "name"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "name"], name="element_name_once_an_asset"),
            models.UniqueConstraint(
                fields=["asset"],
                condition=models.Q(is_whole=True),
                name="one_whole_element_an_asset",
            ),
        ]

    def __str__(self) -> str:
        return self.name
