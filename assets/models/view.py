"""Features of an analysed photo, with which later photos of the element are registered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from assets.models.asset import Element
from assets.models.defect import Analysis
from assets.models.scope import scoped


class ViewFeatures(models.Model):
    """Features of one analysed photo, in a table of their own: 80 KB that no page reads.

    Beside them stands all that a view is chosen by, so that the database finds a few among
    thousands by its indexes alone (see ``assets.services.view_choice``).

    ``is_usable``: of a current analysis, with every line and region decided and enough key points
    to be recognised; kept by the services. ``shows_lines``: any line or region at all. Position and
    ``place_cell`` (see :func:`assets.cells.place_cell`) are those of the picture itself, None where
    it carried none. ``earlier_visit_at``: when, in an earlier visit, this very place was
    photographed, as far as the photo was laid upon such a view or upon one that knows; UTC.
    """

    analysis = models.OneToOneField(
        Analysis, primary_key=True, on_delete=models.PROTECT, related_name="view"
    )
    element = models.ForeignKey(
        Element, on_delete=models.PROTECT, related_name="views", db_index=False
    )
    captured_at = models.DateTimeField()
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    place_cell = models.BigIntegerField(null=True)
    key_points = models.PositiveIntegerField()
    shows_lines = models.BooleanField()
    is_usable = models.BooleanField()
    earlier_visit_at = models.DateTimeField(null=True)
    data = models.BinaryField()

    objects = scoped("element__asset__organisation")

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["element", "shows_lines", "captured_at"],
                condition=Q(is_usable=True),
                name="view_in_time",
            ),
            models.Index(
                fields=["element", "place_cell", "shows_lines", "captured_at"],
                condition=Q(is_usable=True, place_cell__isnull=False),
                name="view_in_place",
            ),
            models.Index(
                fields=["element", "captured_at"],
                condition=Q(is_usable=True, earlier_visit_at__isnull=False),
                name="view_of_known_place",
            ),
        ]

    def __str__(self) -> str:
        return f"features of analysis {self.analysis_id}"
