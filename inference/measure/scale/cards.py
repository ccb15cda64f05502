"""Marker cards in a picture: the plane that they lie on, or the reason why they are no use.

Our own cards are known by their numbers (:mod:`inference.measure.scale.card_layouts`). Markers of
other makers need a word about them: their family and the side of the black square. Several cards
lie on one plane, each turned and moved as it happens to be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.measure.profiles import linear_luminance
from inference.measure.scale import homography
from inference.measure.scale.card_layouts import CardLayout, card_of_marker
from inference.measure.scale.edge_fit import EdgeFit, Projection, SeenMarker, fit_edges
from inference.measure.scale.families import CARD_FAMILY, Pattern, pattern
from inference.measure.scale.lens import Lens
from inference.measure.scale.markers import FoundMarker, find_in_families, find_markers
from inference.measure.scale.plane import PlaneScale, describe_plane
from inference.types import Finding, RgbImage

Array = npt.NDArray[np.float64]
SOURCE = "marker_card"

MIN_SIDE_PX = 40.0
MAX_TILT_DEG = 60.0
# Share of a marker's edges that must stand out as printed.
MIN_CLEAR = 0.8
# What a plane may leave over, root mean square: pixels, and as a share of the marker's side. One
# card may be printed a little unevenly; cards that disagree about the plane are worse.
MAX_RESIDUAL_PX, MAX_RESIDUAL_SHARE, MAX_RESIDUAL_SHARE_OF_SEVERAL = 0.12, 0.0022, 0.0008
# A bulge changes the scale by its height over the distance: so much is too much.
MAX_BULGE_OVER_DISTANCE = 0.004
MAX_U_RELATIVE = 0.02
# Printers and copiers are true to some 0.5 % without a check, a ruler on paper is read to 0.25 mm:
# both as half widths of even distributions.
PRINT_TOLERANCE, RULER_READING_MM = 0.005, 0.25
# A ruler that is further off means a printer that scales.
MAX_RULER_OFF = 0.006
# Of the longer side of the picture where nothing is known of the lens: between phone and drone.
USUAL_FOCAL_LENGTH = 0.9


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What a person says about the markers in a picture.

    Attributes:
        family: of :data:`inference.measure.scale.families.FAMILIES`.
        side_mm: of the black squares as measured on the paper; None: our own card as designed.
        ruler_mm: what the ruler printed on our card measures in truth; None: not checked.
    """

    family: str = CARD_FAMILY
    side_mm: float | None = None
    ruler_mm: float | None = None


CARD_MIRRORED = Finding(
    "card_mirrored",
    "The marker in the picture is mirrored: the picture was flipped, or the card printed "
    "from the wrong side.",
    "Switch mirroring off in the camera, or print the card again; the ruler's numbers "
    "must be readable.",
)


@dataclass(frozen=True, slots=True)
class CardReading:
    """What the cards in a picture say.

    Attributes:
        scale: None where no card is of use.
        refusals: one for each card, or for all, that is of no use.
        blur_px: standard deviation of the point spread at the cards' edges, pixels.
        markers: those that the scale rests on.
        seen: all that were found, of use or not.
    """

    scale: PlaneScale | None
    refusals: tuple[Finding, ...] = ()
    blur_px: float | None = None
    markers: tuple[FoundMarker, ...] = ()
    seen: tuple[FoundMarker, ...] = ()


@dataclass(frozen=True, slots=True)
class _Card:
    """Markers of one card with the places of their corners on it, millimetres."""

    name: str
    side_mm: float
    markers: tuple[FoundMarker, ...]
    corners_mm: tuple[Array, ...]
    u_print: float
    layout: CardLayout | None = None

    @property
    def side_px(self) -> float:
        return float(np.mean([marker.side_px for marker in self.markers]))

    @property
    def middle_mm(self) -> Array:
        return np.asarray(np.concatenate(self.corners_mm).mean(axis=0))


def read_cards(
    pixels: RgbImage,
    request: CardRequest | None = None,
    *,
    lens: Lens | None = None,
    focal_px: float | None = None,
) -> CardReading:
    """The plane that marker cards in the picture lie on.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright, untouched.
        request: None looks for our own cards and says nothing where there are none.
        lens: undoes the distortion of the picture.
        focal_px: focal length in pixels where it is known; only uncertainties rest on it.
    """
    wanted = request or CardRequest()
    problem = _check(wanted)
    if problem is not None:
        return CardReading(None, (problem,))
    found = find_markers(pixels, wanted.family, thorough=request is not None)
    return replace(_read(pixels, found, wanted, request, lens, focal_px), seen=tuple(found))


def _read(
    pixels: RgbImage,
    found: Sequence[FoundMarker],
    wanted: CardRequest,
    request: CardRequest | None,
    lens: Lens | None,
    focal_px: float | None,
) -> CardReading:
    cards, refusals = _sort_into_cards(found, wanted, asked=request is not None)
    if not cards:
        if not refusals and request is not None:
            refusals = [_why_none(pixels, wanted)]
        return CardReading(None, tuple(refusals))

    usable = []
    for card in cards:
        refused = _too_small_or_tilted(card)
        if refused is None:
            usable.append(card)
        else:
            refusals.append(refused)
    size_px = (int(pixels.shape[1]), int(pixels.shape[0]))
    if focal_px is None:
        focal_px = lens.focal_px if lens is not None else USUAL_FOCAL_LENGTH * max(size_px)
    flat: list[_Card] = []
    fits: list[EdgeFit] = []
    for card in usable:
        fit, refused = _fit_card(pixels, card, lens, focal_px)
        if fit is None or refused is not None:
            refusals.append(refused or _half_covered(card))
        else:
            flat.append(card)
            fits.append(fit)
    if not flat:
        return CardReading(None, tuple(refusals))

    fit = fits[0]
    if len(flat) > 1:
        together = _fit(pixels, flat, lens)
        smallest = MAX_RESIDUAL_SHARE_OF_SEVERAL * min(card.side_px for card in flat)
        if together is None or not _agrees(together, smallest):
            return CardReading(None, (*refusals, NOT_ONE_PLANE))
        fit = together
    scale = describe_plane(
        homography.from_parameters(fit.parameters[:8]),
        fit.covariance[:8, :8],
        anchor_mm=np.zeros(2),
        image_size_px=size_px,
        focal_px=focal_px,
        u_common=max(card.u_print for card in flat),
        lens=lens,
        source=SOURCE,
    )
    if scale.u_relative > MAX_U_RELATIVE:
        return CardReading(None, (*refusals, _too_unsure(scale)))
    markers = tuple(marker for card in flat for marker in card.markers)
    return CardReading(scale, tuple(refusals), fit.blur_px, markers)


def _check(wanted: CardRequest) -> Finding | None:
    """What is wrong with what a person typed."""
    for name, value in (("marker's side", wanted.side_mm), ("ruler", wanted.ruler_mm)):
        if value is not None and not (math.isfinite(value) and value > 0):
            return Finding(
                "card_size_invalid",
                f"The {name} cannot be {value:g} mm.",
                "Measure the black square, or the ruler on the card, in millimetres.",
            )
    return None


def _sort_into_cards(
    found: Sequence[FoundMarker], wanted: CardRequest, *, asked: bool
) -> tuple[list[_Card], list[Finding]]:
    """Cards with all that is known of them, largest first, and what is wrong with the others."""
    refusals: list[Finding] = []
    counts = Counter(marker.marker_id for marker in found)
    twice = sorted(number for number, count in counts.items() if count > 1)
    if twice:
        refusals.append(_duplicated(twice))
        found = [marker for marker in found if marker.marker_id not in twice]
    ours: dict[tuple[str, int], list[FoundMarker]] = {}
    others: list[FoundMarker] = []
    for marker in found:
        layout = card_of_marker(marker.marker_id) if marker.family == CARD_FAMILY else None
        if layout is None:
            others.append(marker)
        else:
            ours.setdefault((layout.key, layout.number), []).append(marker)
    cards: list[_Card] = []
    for markers in ours.values():
        layout = card_of_marker(markers[0].marker_id)
        assert layout is not None
        made = _own_card(layout, markers, wanted)
        (cards if isinstance(made, _Card) else refusals).append(made)  # type: ignore[arg-type]
    if wanted.side_mm is not None:
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * wanted.side_mm
        u_side = RULER_READING_MM / math.sqrt(3) / wanted.side_mm
        cards += [
            _Card(f"marker {m.marker_id}", wanted.side_mm, (m,), (square,), u_side) for m in others
        ]
    elif others and asked and not cards:
        refusals.append(_size_unknown(others[0]))
    return sorted(cards, key=lambda card: -card.side_px * len(card.markers)), refusals


def _own_card(
    layout: CardLayout, markers: Sequence[FoundMarker], wanted: CardRequest
) -> _Card | Finding:
    name = f"{layout.title} card {layout.number}"
    if wanted.ruler_mm is not None and wanted.side_mm is None:
        ratio = wanted.ruler_mm / layout.ruler_mm
        if abs(ratio - 1.0) > MAX_RULER_OFF:
            return _wrong_print(layout, wanted.ruler_mm)
    if len(markers) < 0.75 * len(layout.markers):
        return Finding(
            "card_half_covered",
            f"Only {len(markers)} of the {len(layout.markers)} markers of the {name} can be seen.",
            "Take the photo again with the whole card in it, with nothing on it.",
        )
    scale = 1.0
    if wanted.side_mm is not None:
        scale = wanted.side_mm / layout.side_mm
        u_print = RULER_READING_MM / math.sqrt(3) / wanted.side_mm
    elif wanted.ruler_mm is not None:
        scale = wanted.ruler_mm / layout.ruler_mm
        u_print = RULER_READING_MM / math.sqrt(3) / layout.ruler_mm
    else:
        u_print = PRINT_TOLERANCE / math.sqrt(3)
    places = {place.marker_id: layout.corners_mm(place) * scale for place in layout.markers}
    return _Card(
        name,
        layout.side_mm * scale,
        tuple(markers),
        tuple(places[marker.marker_id] for marker in markers),
        u_print,
        layout,
    )


def _too_small_or_tilted(card: _Card) -> Finding | None:
    if card.side_px < MIN_SIDE_PX:
        return Finding(
            "card_too_small",
            f"The {card.name} is too small in the picture: a side of its black square has "
            f"{card.side_px:.0f} pixels, and {MIN_SIDE_PX:.0f} are the least.",
            "Go closer, or use a larger card; 200 pixels a side are good.",
        )
    marker, corners = card.markers[0], card.corners_mm[0]
    plane = homography.from_four_points(corners, marker.corners_px)
    tilt = homography.tilt_deg(plane, corners.mean(axis=0))
    if tilt > MAX_TILT_DEG:
        return Finding(
            "card_too_tilted",
            f"The {card.name} is seen at {tilt:.0f}° from straight on; {MAX_TILT_DEG:.0f}° is "
            "the most.",
            "Take the photo facing the surface.",
        )
    return None


def _fit_card(
    pixels: RgbImage, card: _Card, lens: Lens | None, focal_px: float
) -> tuple[EdgeFit | None, Finding | None]:
    fit = _fit(pixels, [card], lens)
    if fit is None:
        return None, Finding(
            "card_unclear",
            f"The edges of the {card.name} cannot be made out: blurred, over-exposed or too small.",
            "Take the photo again, sharp and without glare on the card.",
        )
    if float(fit.clear_share.min()) < MIN_CLEAR:
        return fit, _half_covered(card)
    if not _agrees(fit, MAX_RESIDUAL_SHARE * card.side_px):
        return fit, _bent(
            card, f"its edges lie {fit.residual_px:.1f} pixels from where a flat card shows them"
        )
    camera = camera_over_plane(
        homography.from_parameters(fit.parameters[:8]), pixels.shape[:2], focal_px
    )
    curved = _fit(pixels, [card], lens, camera=camera)
    if curved is not None:
        bulge_mm, u_mm = _bulge(curved)
        if bulge_mm > max(MAX_BULGE_OVER_DISTANCE * camera.height_mm, 3.0 * u_mm):
            return fit, _bent(card, f"it bulges by about {bulge_mm:.0f} mm")
    return fit, None


def _agrees(fit: EdgeFit, allowed_px: float) -> bool:
    """Whether what the plane leaves over, beyond random error, is as little as that."""
    systematic_px = math.sqrt(max(fit.residual_px**2 - 2.0 * fit.noise_px**2, 0.0))
    return systematic_px <= max(MAX_RESIDUAL_PX, allowed_px)


def _bulge(fit: EdgeFit) -> tuple[float, float]:
    """Height of the largest of the three bulges of a curved fit, and its u, millimetres."""
    heights, variances = np.abs(fit.parameters[-3:]), np.diag(fit.covariance)[-3:]
    largest = int(np.argmax(heights / np.sqrt(np.maximum(variances, 1e-12))))
    return float(heights[largest]), float(np.sqrt(variances[largest]))


@dataclass(frozen=True, slots=True)
class CameraOverPlane:
    """Where a camera is above a plane: its foot on the plane and its height, millimetres."""

    foot_mm: Array
    height_mm: float


def camera_over_plane(
    plane_to_px: Array, picture_shape: tuple[int, int], focal_px: float
) -> CameraOverPlane:
    """The camera's place from a homography and the focal length, the axis through the middle."""
    height, width = picture_shape
    to_rays = np.array(
        [[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, focal_px]], np.float64
    )
    columns = to_rays @ plane_to_px
    columns = columns / np.sqrt(np.prod(np.linalg.norm(columns[:, :2], axis=0)))
    rotation = np.column_stack([columns[:, 0], columns[:, 1], np.cross(*columns[:, :2].T)])
    place = -np.linalg.solve(rotation, columns[:, 2])
    return CameraOverPlane(place[:2], float(abs(place[2])))


def _fit(
    pixels: RgbImage,
    cards: Sequence[_Card],
    lens: Lens | None,
    camera: CameraOverPlane | None = None,
) -> EdgeFit | None:
    """One plane through all cards: eight parameters, and three more for each further card.

    The plane's origin is the middle of the first card, so that its parameters are those of the
    picture near it.

    Args:
        camera: fit how far a single card bulges towards it as well, in three more parameters:
            heights in millimetres at the card's rim, along x, along y and across.
    """
    corners_px = np.concatenate([marker.corners_px for card in cards for marker in card.markers])
    margin = 0.5 * max(card.side_px for card in cards) + 16.0
    height, width = pixels.shape[:2]
    left, top = np.maximum(np.floor(corners_px.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.ceil(corners_px.max(axis=0) + margin).astype(int) + 1
    luminance = linear_luminance(pixels[top : min(bottom, height), left : min(right, width)])
    shift = np.array([left, top], np.float64)

    def ideal(points_px: Array) -> Array:
        return points_px if lens is None else lens.undistorted(points_px)

    first = cards[0]
    start_mm = np.concatenate([corners - first.middle_mm for corners in first.corners_mm])
    start_px = ideal(np.concatenate([marker.corners_px for marker in first.markers]))
    plane = _rough_plane(start_mm, start_px)
    start = [homography.parameters_of(plane)]
    seen = []
    back = homography.inverse(plane)
    for number, card in enumerate(cards):
        if number > 0:
            at_mm = np.concatenate([corners - card.middle_mm for corners in card.corners_mm])
            lies_mm = homography.through(
                back, ideal(np.concatenate([marker.corners_px for marker in card.markers]))
            )
            start.append(_rigid(at_mm, lies_mm))
        for marker, corners_mm in zip(card.markers, card.corners_mm, strict=True):
            cells = _as_seen(luminance, marker, marker.corners_px - shift)
            offset = corners_mm[0] - card.middle_mm
            to_plane = _placed(offset, number)
            if camera is not None:
                to_plane = _bulging(to_plane, float(np.abs(start_mm).max()), camera)
            seen.append(SeenMarker(cells, card.side_mm, to_plane))
    if camera is not None:
        start.append(np.zeros(3))

    def project(theta: Array, points_mm: Array) -> Array:
        points_px = homography.through(homography.from_parameters(theta[:8]), points_mm)
        return (points_px if lens is None else lens.distorted(points_px)) - shift

    return fit_edges(luminance, seen, np.concatenate(start), project)


def _bulging(to_plane: Projection, reach_mm: float, camera: CameraOverPlane) -> Projection:
    """The same places on a card that bulges: where on the plane they seem to lie."""

    def seen_on_plane(theta: Array, points_mm: Array) -> Array:
        flat = to_plane(theta, points_mm)
        x, y = flat.T / reach_mm
        height_mm = theta[8] * x * x + theta[9] * y * y + theta[10] * x * y
        # The ray to a place above the plane meets the plane farther from the camera's foot.
        return np.asarray(flat + (height_mm / camera.height_mm)[:, None] * (flat - camera.foot_mm))

    return seen_on_plane


def _placed(offset_mm: Array, number: int) -> Projection:
    """From a marker's own frame to the plane, through the pose of its card."""
    pose = slice(8 + 3 * (number - 1), 8 + 3 * number)

    def to_plane(theta: Array, points_mm: Array) -> Array:
        on_card = points_mm + offset_mm
        if number == 0:
            return on_card
        x_mm, y_mm, turn = theta[pose]
        cos, sin = math.cos(turn), math.sin(turn)
        return np.asarray(on_card @ np.array([[cos, sin], [-sin, cos]]) + [x_mm, y_mm])

    return to_plane


def _rough_plane(points_mm: Array, points_px: Array) -> Array:
    """Least squares homography of four points or more, in well-scaled units."""
    size_mm, size_px = np.abs(points_mm).max(), np.ptp(points_px, axis=0).max()
    middle_px = points_px.mean(axis=0)
    m, p = points_mm / size_mm, (points_px - middle_px) / size_px
    rows = []
    for (x, y), (u, v) in zip(m, p, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved, *_ = np.linalg.lstsq(np.array(rows), p.ravel(), rcond=None)
    scaled = homography.from_parameters(solved)
    to_px = np.array([[size_px, 0, middle_px[0]], [0, size_px, middle_px[1]], [0, 0, 1.0]])
    plane = to_px @ scaled @ np.diag([1 / size_mm, 1 / size_mm, 1.0])
    return np.asarray(plane / plane[2, 2])


def _rigid(points_mm: Array, target_mm: Array) -> Array:
    """Move and turn (x, y, angle) that bring points onto others best (Kabsch, Acta Cryst. A32)."""
    middle, target_middle = points_mm.mean(axis=0), target_mm.mean(axis=0)
    covariance = (points_mm - middle).T @ (target_mm - target_middle)
    turn = math.atan2(covariance[0, 1] - covariance[1, 0], covariance[0, 0] + covariance[1, 1])
    cos, sin = math.cos(turn), math.sin(turn)
    moved = target_middle - middle @ np.array([[cos, sin], [-sin, cos]])
    return np.array([moved[0], moved[1], turn])


def _as_seen(luminance: npt.NDArray[np.float32], marker: FoundMarker, corners_px: Array) -> Pattern:
    """The marker's cells, turned so that they agree with what the picture shows at its corners.

    Which corner is called the first differs between makers of the same family.
    """
    cells = pattern(marker.family, marker.marker_id)
    count = len(cells)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * count
    to_px = homography.from_four_points(square, corners_px)
    row, column = np.mgrid[0:count, 0:count] + 0.5
    middles = homography.through(to_px, np.column_stack([column.ravel(), row.ravel()]))
    height, width = luminance.shape
    x = np.clip(np.round(middles[:, 0]), 0, width - 1).astype(int)
    y = np.clip(np.round(middles[:, 1]), 0, height - 1).astype(int)
    seen = luminance[y, x].reshape(count, count)
    turned = [np.rot90(cells, k) for k in range(4)]
    agreement = [float(seen[t].mean() - seen[~t].mean()) for t in turned]
    return turned[int(np.argmax(agreement))]


def _why_none(pixels: RgbImage, wanted: CardRequest) -> Finding:
    """The best explanation of a picture in which no marker of the family was found."""
    others = find_in_families(pixels)
    others = [marker for marker in others if marker.side_px >= MIN_SIDE_PX / 2]
    if others:
        other = others[0]
        return Finding(
            "card_wrong_dictionary",
            f"The picture shows marker {other.marker_id} of the family {other.family}, not one of "
            f"{wanted.family}.",
            f"Give the family {other.family} and the side of its black square in millimetres, or "
            "use a card printed by Hairline.",
        )
    turned = find_in_families(pixels, (wanted.family,), mirrored=True)
    if turned:
        return CARD_MIRRORED
    return Finding(
        "card_not_found",
        "No marker card was found in the picture.",
        "The whole card with its white margin must be in the picture, sharp, flat and uncovered; "
        "200 pixels a side are good.",
    )


def _bent(card: _Card, how: str) -> Finding:
    return Finding(
        "card_bent",
        f"The {card.name} is bent: {how}.",
        "Glue it to something stiff, press it flat on the surface, and take the photo again.",
    )


def _half_covered(card: _Card) -> Finding:
    return Finding(
        "card_half_covered",
        f"Part of the {card.name} is covered or dirty.",
        "Take the photo again with nothing on the card, no shadow's edge and no glare.",
    )


def _duplicated(numbers: Sequence[int]) -> Finding:
    listed = ", ".join(str(number) for number in numbers)
    return Finding(
        "card_duplicated",
        f"Marker {listed} is in the picture more than once, so that it is unclear which card is "
        "meant.",
        "Use one card of each number in a picture; further cards are printed with --number 2, 3 …",
    )


def _wrong_print(layout: CardLayout, ruler_mm: float) -> Finding:
    percent = 100.0 * ruler_mm / layout.ruler_mm
    return Finding(
        "card_wrong_print_size",
        f"The card's ruler says {layout.ruler_mm} mm and measures {ruler_mm:g} mm: it was printed "
        f"at {percent:.1f} % of its size.",
        "Print it again at 100 % (“actual size”, without “fit to page”), or give the measured side "
        f"of its black square instead, about {layout.side_mm * percent / 100:.2f} mm.",
    )


def _size_unknown(marker: FoundMarker) -> Finding:
    return Finding(
        "card_size_unknown",
        f"Marker {marker.marker_id} of {marker.family} is in the picture, but it is no card "
        "printed by Hairline and its size is not known.",
        "Give the side of its black square in millimetres.",
    )


def _too_unsure(scale: PlaneScale) -> Finding:
    return Finding(
        "card_too_unsure",
        f"The card gives the scale to ±{200 * scale.u_relative:.1f} % only.",
        "Go closer, or use a larger card, facing the surface; 200 pixels a side are good.",
    )


NOT_ONE_PLANE = Finding(
    "cards_not_on_one_plane",
    "The cards in the picture do not lie on one plane, or were not printed at the same scale.",
    "Put all cards on the surface with the cracks, and print them with the same printer.",
)
