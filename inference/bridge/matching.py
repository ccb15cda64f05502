"""Matches the lines and regions of a new photo with known defects, before they are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.models import Photo
from assets.services.known_views import (
    KnownElement,
    KnownView,
    earlier_visit_at,
    known_views,
)
from assets.services.records import MatchProposal, PhotoFacts
from inference.measure.identity.areas import match_areas
from inference.measure.identity.matching import match_cracks, share_on_known
from inference.measure.identity.registration import Features, map_points, register
from inference.types import Polyline, Region

# An earlier view has seen the place of a line if at least this share of the line lies in it.
SEEN_SHARE = 0.5
# A line is no new crack if at least this share of it lies on known lines.
PIECE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Laid:
    """An earlier view of the same face; ``homography`` maps its points to the new photo."""

    view: KnownView
    homography: npt.NDArray[np.float64]
    inliers: int
    residual_px: float


def propose_match(
    photo: Photo,
    lines: Sequence[Polyline],
    features: Features,
    size_px: tuple[int, int],
    facts: PhotoFacts | None = None,
    regions: Sequence[Region] = (),
) -> MatchProposal:
    """Registers the photo with earlier views of its element, and compares lines and regions.

    Args:
        photo: the photo's row, as it was claimed.
        lines: centrelines of the new analysis in pixels, in the order of their ordinals.
        features: features of the new photo.
        size_px: width and height of the new photo, pixels.
        facts: when and where the photo was taken, if the row does not say so yet.
        regions: regions of the new analysis, in the order of their ordinals.
    """
    known = known_views(photo, facts, with_areas=bool(regions))
    shown_before = any(
        view.photo_id == photo.pk and (view.lines or view.areas) for view in known.views
    )
    if not known.has_defects and not shown_before:
        return MatchProposal(basis=known.basis)
    laid = _lay_upon(photo.pk, known, features)
    pairs: dict[int, int] = {}
    doubtful: set[int] = set()
    for one in laid:
        undecided = [n for n in range(len(lines)) if n not in pairs]
        found, unclear = _pairs_with(one, lines, undecided, size_px)
        pairs |= found
        doubtful |= unclear
    new = {
        n
        for n, line in enumerate(lines)
        if n not in pairs and n not in doubtful and any(_saw(one, line) for one in laid)
    }
    area_pairs, new_areas = _match_regions(laid, regions, size_px)
    return MatchProposal(
        basis=known.basis,
        registered=bool(laid),
        pairs=pairs,
        new=frozenset(new),
        area_pairs=area_pairs,
        new_areas=new_areas,
        registration=_kept(laid[0]) if laid else None,
        earlier_visit_at=earlier_visit_at(known, [one.view for one in laid]),
    )


def _lay_upon(photo_id: int, known: KnownElement, features: Features) -> list[_Laid]:
    """The earlier views with which the photo could be registered, the best first."""
    laid = []
    for view in known.views:
        if view.photo_id == photo_id:  # the same picture analysed before
            laid.append(_Laid(view, np.eye(3), len(features.points), 0.0))
            continue
        kept = view.features
        found = register(Features.from_bytes(bytes(kept)), features) if kept is not None else None
        if found is not None:
            laid.append(_Laid(view, found.homography, found.inliers, found.residual_px))
    return sorted(laid, key=lambda one: -one.inliers)


def _pairs_with(
    one: _Laid, lines: Sequence[Polyline], undecided: Sequence[int], size_px: tuple[int, int]
) -> tuple[dict[int, int], set[int]]:
    """Finds which of the ``undecided`` lines lie on lines of one earlier view.

    Returns:
        Crack id by ordinal of the line; and the ordinals of lines that lie on several known lines,
        and on none of them for ``PIECE_SHARE``.
    """
    if not undecided or not one.view.lines:
        return {}, set()
    chosen = [lines[n] for n in undecided]
    known = [np.asarray(line.centreline_px, dtype=np.float32) for line in one.view.lines]
    defect_of = [line.defect_id for line in one.view.lines]
    matches = match_cracks(chosen, known, one.homography, size_px=size_px)
    pairs = {undecided[match.new_index]: defect_of[match.known_index] for match in matches}
    # The rest may be pieces of a crack that the network found whole before, or in other pieces.
    shares = np.stack(
        [share_on_known(chosen, [line], one.homography, size_px=size_px) for line in known], axis=1
    )
    doubtful = set()
    for place, ordinal in enumerate(undecided):
        if ordinal in pairs:
            continue
        if shares[place].max() >= PIECE_SHARE:
            pairs[ordinal] = defect_of[int(shares[place].argmax())]
        elif shares[place].sum() >= PIECE_SHARE:
            doubtful.add(ordinal)
    return pairs, doubtful


def _match_regions(
    laid: Sequence[_Laid], regions: Sequence[Region], size_px: tuple[int, int]
) -> tuple[dict[int, int], frozenset[int]]:
    """Defect id by ordinal of the region; and the ordinals of new regions.

    Views are compared from the best to the worst. A region is not new if any view leaves it in
    doubt.
    """
    pairs: dict[int, int] = {}
    doubtful: set[int] = set()
    for one in laid:
        open_ones = [n for n in range(len(regions)) if n not in pairs]
        if not open_ones or not one.view.areas:
            continue
        found = match_areas(
            [(regions[n].kind, regions[n].outline_px) for n in open_ones],
            [(area.kind, area.outline_px, area.defect_id) for area in one.view.areas],
            one.homography,
            size_px=size_px,
            known_size_px=(one.view.image_width_px, one.view.image_height_px),
        )
        for ordinal, match in zip(open_ones, found, strict=True):
            if match.is_doubtful:
                doubtful.add(ordinal)
            elif match.defect_id is not None and ordinal not in doubtful:
                pairs[ordinal] = match.defect_id
    new = {
        n
        for n, region in enumerate(regions)
        if n not in pairs
        and n not in doubtful
        and any(_saw(one, region.outline_px) for one in laid)
    }
    return pairs, frozenset(new)


def _saw(one: _Laid, line: Polyline) -> bool:
    """Whether most of ``line``, or of an outline, lies within the earlier view."""
    x, y = map_points(
        np.asarray(line, np.float64), np.asarray(np.linalg.inv(one.homography), np.float64)
    ).T
    inside = (x >= 0) & (y >= 0) & (x < one.view.image_width_px) & (y < one.view.image_height_px)
    return bool(inside.mean() >= SEEN_SHARE)


def _kept(one: _Laid) -> dict[str, object]:
    return {
        "analysis": one.view.analysis_id,
        "homography": [[float(value) for value in row] for row in one.homography],
        "inliers": int(one.inliers),
        "residual_px": round(float(one.residual_px), 3),
    }
