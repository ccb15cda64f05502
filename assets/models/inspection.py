"""Inspections (visits) and their photos."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset, Element
from assets.models.scope import scoped
from assets.models.work import Work


class InspectionKind(models.TextChoices):
    """How the photos of a visit were taken."""

    WALK = "walk", _("Walk")
    DRONE = "drone", _("Drone")
    ROPE = "rope", _("Rope access")
    CCTV = "cctv", _("Camera day")


class Inspection(models.Model):
    """One visit to one asset. Its scale, where given, holds for photos without one of their own.

    ``distance_m`` from the camera to the surface and ``camera_profile``, the name of a calibration,
    give a scale where nothing better is known (see ``assets.services.given_scale``).
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="inspections")
    kind = models.CharField(_("kind"), max_length=20, choices=InspectionKind.choices)
    title = models.CharField(_("title"), max_length=120, blank=True)
    held_on = models.DateField(_("date"))
    element = models.ForeignKey(
        Element,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="inspections",
        verbose_name=_("element"),
        help_text=_("What the photos show, unless a photo says otherwise."),
    )
    gsd_mm_per_px = models.FloatField(_("scale, mm per pixel"), null=True, blank=True)
    distance_m = models.FloatField(_("distance, m"), null=True, blank=True)
    distance_u_m = models.FloatField(null=True, blank=True)
    camera_profile = models.CharField(_("camera profile"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("asset__organisation")

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(gsd_mm_per_px__isnull=True) | models.Q(gsd_mm_per_px__gt=0),
                name="inspection_scale_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(distance_m__isnull=True) | models.Q(distance_m__gt=0),
                name="inspection_distance_above_zero",
            ),
        ]

    def __str__(self) -> str:
        if self.title:
            return self.title
        day = date_format(self.held_on, "SHORT_DATE_FORMAT")
        return _("%(kind)s, %(day)s") % {"kind": self.get_kind_display(), "day": day}


class PhotoState(models.TextChoices):
    """The state of a photo."""

    QUEUED = "queued", _("Queued")
    PROCESSING = "processing", _("Being analysed")
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Not fit for analysis")
    FAILED = "failed", _("Failed")


class PhotoWork(models.TextChoices):
    """The work on a photo: analyse it, or measure widths again along the stored lines."""

    ANALYSE = "analyse", _("Analyse")
    MEASURE = "measure", _("Measure again")


class CapturedAtSource(models.TextChoices):
    """The source of a photo's time, best first."""

    OFFSET = "offset", _("camera clock with its offset")
    GPS = "gps", _("GPS time")
    ASSET_ZONE = "asset_zone", _("camera clock in the asset's time zone")
    UPLOAD = "upload", _("time of upload")


class Photo(Work):
    """One picture of a visit. The stored file is evidence: it is never changed.

    ``reasons`` say why it was rejected or failed, the weightiest first, whose code is
    ``reason_code``; ``findings`` are things worth knowing about the picture. Both are lists of
    {"code", "values"} (:mod:`assets.findings`), in older rows {"code", "sentence", "remedy"}.

    What a person says about its scale: ``gsd_mm_per_px``; ``two_points_px``, [[x, y], [x, y]] of
    the upright picture, which lie ``two_points_mm`` apart; ``distance_m`` from the camera;
    ``marker_mm``, the side of the black squares of a marker card that is not ours, with its
    ``marker_family`` (empty: any that is known). Which of these was used, if any, stands in the
    analysis: a marker card in the picture beats them all.

    ``needs_review``: a crack on it may be of either of two condition states, and no engineer has
    said that they looked (see ``assets.services.review``).

    ``organisation`` is that of its asset, kept here for the queue (:class:`Work`).
    """

    NOUN = "photo"
    RING = "inference.analyse_photo"
    CLAIMED_WITH = ("inspection__asset__organisation",)

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="photos")
    element = models.ForeignKey(Element, on_delete=models.PROTECT, related_name="photos")
    sha256 = models.CharField(max_length=64)
    file = models.FileField(max_length=200)
    original_name = models.CharField(max_length=255)
    format = models.CharField(max_length=10)
    size_bytes = models.BigIntegerField()
    width_px = models.PositiveIntegerField(null=True)
    height_px = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    received_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=12, choices=PhotoState.choices, default=PhotoState.QUEUED)
    work = models.CharField(max_length=8, choices=PhotoWork.choices, default=PhotoWork.ANALYSE)
    findings = models.JSONField(default=list)

    captured_local = models.CharField(max_length=32, blank=True)
    captured_at = models.DateTimeField()
    captured_at_source = models.CharField(
        max_length=12, choices=CapturedAtSource.choices, default=CapturedAtSource.UPLOAD
    )
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    altitude_m = models.FloatField(null=True)
    camera_make = models.CharField(max_length=80, blank=True)
    camera_model = models.CharField(max_length=80, blank=True)
    lens_model = models.CharField(max_length=120, blank=True)
    focal_length_mm = models.FloatField(null=True)
    gsd_mm_per_px = models.FloatField(null=True)
    two_points_px = models.JSONField(null=True)
    two_points_mm = models.FloatField(null=True)
    two_points_u_mm = models.FloatField(null=True)
    distance_m = models.FloatField(null=True)
    distance_u_m = models.FloatField(null=True)
    marker_mm = models.FloatField(null=True)
    marker_family = models.CharField(max_length=20, blank=True)
    needs_review = models.BooleanField(default=False)

    thumbnail = models.CharField(max_length=200, blank=True)
    tiles_folder = models.CharField(max_length=200, blank=True)
    tiles_max_zoom = models.PositiveSmallIntegerField(null=True)

    objects = scoped("inspection__asset__organisation")

    class Meta(Work.Meta):
        ordering = ["captured_at", "pk"]
        constraints = [
            *Work.Meta.constraints,
            models.UniqueConstraint(
                fields=["inspection", "sha256"], name="photo_once_an_inspection_by_content"
            ),
            models.CheckConstraint(
                condition=models.Q(gsd_mm_per_px__isnull=True) | models.Q(gsd_mm_per_px__gt=0),
                name="photo_scale_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(two_points_px__isnull=True, two_points_mm__isnull=True)
                # "mm > 0" alone is unknown where mm is null, and a check lets the unknown pass.
                | models.Q(
                    two_points_px__isnull=False, two_points_mm__isnull=False, two_points_mm__gt=0
                ),
                name="photo_two_points_have_a_length",
            ),
            models.CheckConstraint(
                condition=models.Q(distance_m__isnull=True) | models.Q(distance_m__gt=0),
                name="photo_distance_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(marker_mm__isnull=True) | models.Q(marker_mm__gt=0),
                name="photo_marker_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True)
                | models.Q(latitude__gte=-90, latitude__lte=90),
                name="photo_latitude_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__isnull=True)
                | models.Q(longitude__gte=-180, longitude__lte=180),
                name="photo_longitude_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=PhotoState.values), name="photo_state_is_known"
            ),
        ]
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["element", "captured_at"], name="photo_of_element_in_time"),
        ]

    def asset_of(self) -> int | None:
        return self.inspection.asset_id

    def __str__(self) -> str:
        return self.original_name

    @classmethod
    def ring_arguments(cls, pk: int) -> list[Any]:
        """The photo that it was rung for, for whoever reads the broker."""
        return [pk]

    @property
    def effective_gsd_mm_per_px(self) -> float | None:
        """The scale that holds: the photo's own, else the visit's, else None."""
        return self.gsd_mm_per_px or self.inspection.gsd_mm_per_px

    @property
    def gsd_source(self) -> str:
        """Whose scale that is: ``photo``, ``inspection``, or empty where none is known."""
        if self.gsd_mm_per_px:
            return "photo"
        return "inspection" if self.inspection.gsd_mm_per_px else ""

    @property
    def position_source(self) -> str:
        """``photo`` where the picture carried a position, else ``asset``."""
        return "asset" if self.latitude is None else "photo"
