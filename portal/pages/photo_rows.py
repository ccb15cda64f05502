"""A photo as a row of its visit: its state, and its result in one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.models import Identity, Inspection, Measurement, Photo, PhotoWork, Region
from assets.selectors.inspection import queue_positions
from assets.selectors.scale import refusals_of, without_scale
from assets.severity import badness

# The worker's stages in order, in the words of the page.
STAGES: dict[str, Promise] = {
    "reading": _("Reading the picture"),
    "light": _("Evening out the light"),
    "searching": _("Searching for cracks"),
    "measuring": _("Measuring widths"),
    "recording": _("Writing down the result"),
}
WORKING = ["queued", "processing"]  # states of a photo, see PhotoState
ATTENTION = ["rejected", "failed"]
NO_SCALE = "noscale"
REVIEW = "review"
SHOWS = {"working": WORKING, "attention": ATTENTION, "done": ["done"]}


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five segments of a photo under analysis: place (px) and class."""

    x: int
    css: str


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo with its place in line and its worst line, the widest of the worst state.

    ``regions``: its areal defects, the worst first.
    """

    photo: Photo
    position: int | None
    crack_count: int
    unmatched_lines: int
    worst: Measurement | None
    scale_refusals: list[dict[str, Any]] | None = None
    regions: tuple[Region, ...] = ()

    @property
    def unmatched_regions(self) -> int:
        """The number of its regions that await a person."""
        return sum(region.identity == Identity.UNMATCHED for region in self.regions)

    @property
    def lacks_scale(self) -> bool:
        """Whether it was analysed without any scale; ``scale_refusals`` says why, if anything."""
        return self.scale_refusals is not None

    @property
    def megapixels(self) -> float:
        """Size of the picture."""
        return (self.photo.width_px or 0) * (self.photo.height_px or 0) / 1e6

    @property
    def stage_number(self) -> int:
        """1 to 5."""
        names = list(STAGES)
        return names.index(self.photo.stage) + 1 if self.photo.stage in names else 1

    @property
    def stage_name(self) -> Promise:
        """The stage in words."""
        return STAGES.get(self.photo.stage, STAGES["reading"])

    @property
    def steps(self) -> list[Step]:
        """The five segments."""
        now = self.stage_number
        css = ["done" if i + 1 < now else "now" if i + 1 == now else "" for i in range(len(STAGES))]
        return [Step(22 * i, name) for i, name in enumerate(css)]


def filtered(photos: QuerySet[Photo], show: str) -> QuerySet[Photo]:
    """The photos that the filter ``show`` names; all for any other word."""
    if show == NO_SCALE:
        return without_scale(photos)
    if show == REVIEW:
        return photos.filter(needs_review=True)
    return photos.filter(state__in=SHOWS[show]) if show in SHOWS else photos


def measured_again(user: Any, inspection: Inspection) -> int:
    """The number of a visit's photos that wait for widths by another scale; one query."""
    photos = Photo.objects.visible_to(user).filter(inspection=inspection)
    return photos.filter(work=PhotoWork.MEASURE, state__in=WORKING).count()


def to_review(user: Any, inspection: Inspection) -> int:
    """The number of a visit's photos that await an engineer; one query."""
    photos = Photo.objects.visible_to(user).filter(inspection=inspection)
    return photos.filter(needs_review=True).count()


def counts(states: dict[str, int]) -> dict[str, int]:
    """Photos by state, as the page counts them."""
    total = sum(states.values())
    working = sum(states[state] for state in WORKING)
    return {
        "total": total,
        "working": working,
        "attention": sum(states[state] for state in ATTENTION),
        "done": states["done"],
        "finished": total - working,
        "finished_percent": round(100 * (total - working) / total) if total else 0,
    }


def _badness(line: Measurement) -> tuple[int, float, float, float]:
    return badness(line.level, line.width_mm_p95, line.width_px_p95)


def _size_badness(region: Region) -> tuple[int, float, float, float]:
    return badness(region.level, extent_mm=region.extent_mm)


def describe(user: Any, photos: Sequence[Photo]) -> list[PhotoRow]:
    """Rows for a page of photos; four queries, however many."""
    lines: dict[int, list[Measurement]] = defaultdict(list)
    wanted = (
        Measurement.objects.visible_to(user)
        .filter(analysis__photo_id__in=[photo.pk for photo in photos], analysis__is_current=True)
        .select_related("analysis")
        .defer("centreline_px", "profile", "width_facts")
        .defer("analysis__quality")
    )
    for line in wanted:
        lines[line.analysis.photo_id].append(line)
    regions: dict[int, list[Region]] = defaultdict(list)
    shown = Region.objects.visible_to(user).filter(
        photo_id__in=[photo.pk for photo in photos], is_current=True
    )
    for region in shown.defer("outline_px"):
        regions[region.photo_id].append(region)
    positions = queue_positions(photos)
    refusals = refusals_of(user, photos)
    return [
        PhotoRow(
            photo=photo,
            position=positions.get(photo.pk),
            crack_count=len(lines[photo.pk]),
            unmatched_lines=sum(line.defect_id is None for line in lines[photo.pk]),
            worst=max(lines[photo.pk], key=_badness, default=None),
            scale_refusals=refusals.get(photo.pk),
            regions=tuple(sorted(regions[photo.pk], key=_size_badness, reverse=True)),
        )
        for photo in photos
    ]
