"""What is known of an element when a new photo of it is matched: views and the lines in them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from assets.models import Analysis, Defect, Measurement


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line of an earlier analysis and the crack that it shows; [[x, y], …] upright pixels."""

    defect_id: int
    centreline_px: list[list[float]]


@dataclass(frozen=True, slots=True)
class KnownView:
    """A current analysis of the same element whose lines all have their crack."""

    analysis_id: int
    photo_id: int
    captured_at: dt.datetime
    image_width_px: int
    image_height_px: int
    has_features: bool
    lines: tuple[KnownLine, ...]


@dataclass(frozen=True, slots=True)
class KnownElement:
    """All that a match needs.

    Attributes:
        basis: goes into :class:`~assets.services.records.MatchProposal`.
        views: the photo's own earlier analysis first where it has one, then the latest captured
            first. Views with undecided lines are left out: what lies in them is not known yet.
        has_defects: whether any other photo shows an open crack here; without, nothing is matched.
    """

    basis: tuple[int, ...]
    views: tuple[KnownView, ...]
    has_defects: bool


def known_views(photo_id: int) -> KnownElement:
    """Two queries, whatever the number of views; features are read by :func:`view_features`."""
    current = Analysis.objects.filter(photo__element__photos=photo_id, is_current=True)
    rows = list(
        current.order_by("-photo__captured_at", "-photo_id")
        .annotate(has_features=Q(features__isnull=False))
        .values_list(
            "pk", "photo_id", "photo__captured_at", "image_width_px", "image_height_px",
            "has_features",
        )
    )  # fmt: skip
    lines: dict[int, list[KnownLine]] = defaultdict(list)
    undecided: set[int] = set()
    has_defects = False
    photo_of = {row[0]: row[1] for row in rows}
    measured = Measurement.objects.filter(analysis__in=current).order_by("analysis", "ordinal")
    for analysis_id, defect_id, state, centreline in measured.values_list(
        "analysis_id", "defect_id", "defect__state", "centreline_px"
    ):
        if defect_id is None:
            undecided.add(analysis_id)
            continue
        lines[analysis_id].append(KnownLine(defect_id, centreline))
        has_defects |= state == "open" and photo_of.get(analysis_id) != photo_id
    views = [
        KnownView(
            analysis_id=analysis_id,
            photo_id=shown,
            captured_at=captured_at,
            image_width_px=width_px,
            image_height_px=height_px,
            has_features=has_features,
            lines=tuple(lines[analysis_id]),
        )
        for analysis_id, shown, captured_at, width_px, height_px, has_features in rows
        if analysis_id not in undecided
    ]
    views.sort(key=lambda view: view.photo_id != photo_id)  # stable: the rest stays in its order
    return KnownElement(tuple(row[0] for row in rows), tuple(views), has_defects)


def view_features(analysis_ids: Iterable[int]) -> dict[int, bytes]:
    """The features kept with analyses, as the instrument wrote them; in one query."""
    kept = Analysis.objects.filter(pk__in=list(analysis_ids), features__isnull=False)
    return {pk: bytes(features) for pk, features in kept.values_list("pk", "features")}


def defect_numbers(defect_ids: list[int]) -> dict[int, int]:
    """id -> the number that people know a crack by."""
    return dict(Defect.objects.filter(pk__in=defect_ids).values_list("pk", "number"))
