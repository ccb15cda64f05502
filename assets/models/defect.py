"""Analyses with their measured cracks, and the physical defects over the years."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset, Element
from assets.models.inspection import Photo, PhotoWork
from assets.models.not_negative import not_negative
from assets.models.scope import scoped


class ScaleSource(models.TextChoices):
    """The source of the scale; empty without a scale."""

    MARKER_CARD = "marker_card", _("Marker card in the picture")
    TWO_POINTS = "two_points", _("Two points of known distance")
    PHOTO = "photo", _("Given for this photo")
    INSPECTION = "inspection", _("Given for the visit")
    CAMERA_DISTANCE = "camera_distance", _("Camera and distance")


class Analysis(models.Model):
    """The result of one set of networks for one photo. Never changed, only superseded.

    ``registration`` says which earlier view the photo was laid upon: {"analysis": id,
    "homography": 3 × 3, "inliers": n, "residual_px": r}; None where it was laid upon none.

    ``gsd_mm_per_px`` and its relative standard uncertainty hold at the middle of the picture,
    ``gsd_source`` is one of :class:`ScaleSource`. ``scale_facts`` says more where there is more
    (see ``assets.services.records``); ``scale_refusals`` why a better source gave no scale.
    """

    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="analyses")
    attempt = models.PositiveIntegerField()
    work = models.CharField(max_length=8, choices=PhotoWork.choices)
    is_current = models.BooleanField(default=True)
    model_name = models.CharField(max_length=60)
    model_sha256 = models.CharField(max_length=64)
    model_runtime = models.CharField(max_length=30)
    model_terms = models.TextField(blank=True)
    threshold = models.FloatField()
    rule_set = models.CharField(max_length=40)
    image_width_px = models.PositiveIntegerField()
    image_height_px = models.PositiveIntegerField()
    gsd_mm_per_px = models.FloatField(null=True)
    gsd_u_relative = models.FloatField(null=True)
    gsd_source = models.CharField(max_length=20, choices=ScaleSource.choices, blank=True)
    scale_facts = models.JSONField(default=dict)
    scale_refusals = models.JSONField(default=list)
    quality = models.JSONField()
    crack_density = models.FloatField()
    crack_density_unit = models.CharField(max_length=8)
    timings_ms = models.JSONField(default=dict)
    registration = models.JSONField(null=True)
    mask = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("photo__inspection__asset__organisation")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["photo"],
                condition=models.Q(is_current=True),
                name="one_current_analysis_a_photo",
            ),
            models.UniqueConstraint(fields=["photo", "attempt"], name="one_analysis_an_attempt"),
            models.CheckConstraint(
                condition=models.Q(gsd_mm_per_px__isnull=True) | models.Q(gsd_mm_per_px__gt=0),
                name="analysis_scale_above_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_name} on {self.photo_id}"


class DefectKind(models.TextChoices):
    """The kind of defect. Cracks are measured as lines, the others as areas."""

    CRACK = "crack", _("Crack")
    SPALLING = "spalling", _("Spalling")
    CORROSION = "corrosion", _("Corrosion")
    LEAKAGE = "leakage", _("Leakage")
    EFFLORESCENCE = "efflorescence", _("Efflorescence")


class DefectState(models.TextChoices):
    """Whether the defect is still watched."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged into another")


# What a defect's grade and size are told by: width of a crack, area and extent of another kind.
SIZE = ("width_mm", "width_mm_u", "width_px", "area_mm2", "area_mm2_u", "extent_mm")
GRADE_AND_SIZE = ("severity", "level", *SIZE)


class Defect(models.Model):
    """The physical defect, which lives for years; its numbers are kept by the services.

    ``latest_measurement`` is the one captured last, whenever it was sent. ``severity``, ``level``
    and ``width_mm`` are of the measurement captured last *that has a grade*, so that one photo
    without a scale does not hide what is known: ``severity`` is the condition state of the rule
    set, empty while ungraded; ``level`` its severity level (0 to 4), None while ungraded.
    ``width_*`` are 95th percentiles. A defect that no current analysis shows any more is closed.

    What is no crack has no width: it has ``latest_region`` instead of ``latest_measurement``, and
    ``area_mm2`` (with its standard uncertainty ``area_mm2_u``) and ``extent_mm``, the largest
    distance between two points of its outline, of the region captured last that has a scale.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="defects")
    element = models.ForeignKey(Element, on_delete=models.PROTECT, related_name="defects")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=DefectKind.choices, default=DefectKind.CRACK)
    state = models.CharField(max_length=8, choices=DefectState.choices, default=DefectState.OPEN)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    severity = models.CharField(max_length=10, blank=True)
    level = models.SmallIntegerField(null=True)
    width_mm = models.FloatField(null=True)
    width_mm_u = models.FloatField(null=True)
    width_px = models.FloatField(null=True)
    area_mm2 = models.FloatField(null=True)
    area_mm2_u = models.FloatField(null=True)
    extent_mm = models.FloatField(null=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    latest_measurement = models.ForeignKey(
        "assets.Measurement", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    latest_region = models.ForeignKey(
        "assets.Region", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("asset__organisation")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "number"], name="defect_number_once_an_asset"),
            not_negative("width_mm", name="defect_width_not_negative"),
            not_negative("area_mm2", name="defect_area_not_negative"),
            not_negative("extent_mm", name="defect_extent_not_negative"),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")),
                name="defect_seen_last_after_first",
            ),
            models.CheckConstraint(
                condition=models.Q(state="merged", merged_into__isnull=False)
                | (~models.Q(state="merged") & models.Q(merged_into__isnull=True)),
                name="defect_merged_names_its_target",
            ),
        ]
        indexes = [
            models.Index(fields=["asset", "state", "level"], name="defect_open_of_asset"),
            models.Index(fields=["element", "state"], name="defect_open_of_element"),
        ]

    def __str__(self) -> str:
        return gettext("%(kind)s %(number)d") % {
            "kind": self.get_kind_display(),
            "number": self.number,
        }

    @property
    def is_crack(self) -> bool:
        """Whether it is measured as a line; else as an area."""
        return self.kind == DefectKind.CRACK

    @property
    def latest_photo_id(self) -> int | None:
        """The photo that shows it last; reads ``latest_region`` and ``latest_measurement``."""
        latest = self.latest_region or self.latest_measurement
        return None if latest is None else latest.photo_id


class Identity(models.TextChoices):
    """How a measurement or a region was assigned to its defect."""

    NEW = "new", _("First seen here")
    MATCHED = "matched", _("Same place as before")
    CARRIED = "carried", _("Carried over from the analysis before")
    UNMATCHED = "unmatched", _("Awaits a person")
    PERSON = "person", _("Decided by a person")


class Measurement(models.Model):
    """One crack as seen in one analysis: line and widths. ``defect`` is None while unmatched.

    ``centreline_px`` is [[x, y], …] in the upright picture. ``width_*_u`` are standard
    uncertainties of the 95th percentile. ``profile`` is {"position_px": […], "width_px": […],
    "u_px": […]} with null where the width was left out; with a scale also "position_mm",
    "width_mm" and "u_mm". ``width_facts`` says more about the widths where more is known (see
    ``assets.services.records``): where it is widest, and what the uncertainties are made of.

    ``photo``, ``captured_at`` and ``is_current`` are those of the analysis, kept here too, so that
    the last sight of a defect is one step in an index however many photos show it.
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="measurements")
    photo = models.ForeignKey(
        Photo, on_delete=models.PROTECT, related_name="measurements", db_index=False
    )
    captured_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    defect = models.ForeignKey(
        Defect, null=True, on_delete=models.PROTECT, related_name="measurements"
    )
    ordinal = models.PositiveIntegerField()
    identity = models.CharField(max_length=10, choices=Identity.choices)
    centreline_px = models.JSONField()
    length_px = models.FloatField()
    length_mm = models.FloatField(null=True)
    width_px_p50 = models.FloatField(null=True)
    width_px_p95 = models.FloatField(null=True)
    width_px_max = models.FloatField(null=True)
    width_px_u = models.FloatField(null=True)
    width_mm_p50 = models.FloatField(null=True)
    width_mm_p95 = models.FloatField(null=True)
    width_mm_max = models.FloatField(null=True)
    width_mm_u = models.FloatField(null=True)
    profile = models.JSONField(null=True)
    width_facts = models.JSONField(default=dict)
    orientation_deg = models.FloatField()
    confidence = models.FloatField()
    severity = models.CharField(max_length=10, blank=True)
    level = models.SmallIntegerField(null=True)
    not_measurable = models.JSONField(null=True)

    objects = scoped("analysis__photo__inspection__asset__organisation")

    class Meta:
        ordering = ["analysis", "ordinal"]
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "ordinal"], name="measurement_ordinal_once"
            ),
            not_negative("width_mm_p95", name="measurement_width_mm_not_negative"),
            not_negative("width_px_p95", name="measurement_width_px_not_negative"),
            models.CheckConstraint(
                condition=models.Q(confidence__gte=0, confidence__lte=1),
                name="measurement_confidence_is_a_share",
            ),
        ]
        indexes = [
            # All that a chart is thinned out by, so that it reads the index alone.
            models.Index(
                fields=["defect", "captured_at", "photo", "width_mm_p95", "width_px_p95"],
                condition=models.Q(is_current=True),
                name="measurement_in_time",
            ),
            models.Index(
                fields=["photo"],
                condition=models.Q(is_current=True, defect__isnull=True),
                name="measurement_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.ordinal} of analysis {self.analysis_id}"
