"""An areal defect as one analysis saw it."""

from __future__ import annotations

from django.db import models

from assets.models.defect import Analysis, Defect, DefectKind, Identity
from assets.models.inspection import Photo
from assets.models.not_negative import not_negative
from assets.models.scope import scoped

AREAL = [choice for choice in DefectKind.choices if choice[0] != DefectKind.CRACK]


class Region(models.Model):
    """One areal defect in one analysis. No shipped network of this version proposes any.

    ``outline_px`` is [[x, y], …], closed, in the upright picture. ``extent_mm`` is the largest
    distance between two points of the outline; what ends in ``_u`` is a standard uncertainty, that
    of the scale alone. All four are None without a scale. ``defect`` is None while unmatched.
    ``identity`` is empty in rows from before regions had one: nobody is asked about those until
    their photo is analysed again.

    ``photo``, ``captured_at`` and ``is_current`` are those of the analysis, as in a measurement.
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="regions")
    photo = models.ForeignKey(
        Photo, on_delete=models.PROTECT, related_name="regions", db_index=False
    )
    captured_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    defect = models.ForeignKey(Defect, null=True, on_delete=models.PROTECT, related_name="regions")
    ordinal = models.PositiveIntegerField()
    identity = models.CharField(max_length=10, choices=Identity.choices, blank=True)
    kind = models.CharField(max_length=20, choices=AREAL)
    outline_px = models.JSONField()
    area_px = models.FloatField()
    area_mm2 = models.FloatField(null=True)
    area_mm2_u = models.FloatField(null=True)
    extent_mm = models.FloatField(null=True)
    extent_mm_u = models.FloatField(null=True)
    confidence = models.FloatField()
    severity = models.CharField(max_length=10, blank=True)
    level = models.SmallIntegerField(null=True)

    objects = scoped("analysis__photo__inspection__asset__organisation")

    class Meta:
        ordering = ["analysis", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["analysis", "ordinal"], name="region_ordinal_once"),
            not_negative("area_mm2", name="region_area_not_negative"),
            not_negative("extent_mm", name="region_extent_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["defect", "captured_at", "photo", "extent_mm"],
                condition=models.Q(is_current=True),
                name="region_in_time",
            ),
            models.Index(
                fields=["photo"],
                condition=models.Q(is_current=True, defect__isnull=True),
                name="region_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ordinal} of analysis {self.analysis_id}"
