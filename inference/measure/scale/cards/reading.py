"""Reads the marker cards in a picture, and decides which give a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inference.measure.scale import homography
from inference.measure.scale.cards import refusals as why
from inference.measure.scale.cards.edge_fit import EdgeFit
from inference.measure.scale.cards.flatness import camera_over_plane, largest_bulge_mm
from inference.measure.scale.cards.plane_fit import fit_plane
from inference.measure.scale.cards.printed import (
    CardRequest,
    PrintedCard,
    problem_with,
    sort_into_cards,
)
from inference.measure.scale.cells import is_printed
from inference.measure.scale.lens import Lens
from inference.measure.scale.markers import FoundMarker, find_in_families, find_markers
from inference.measure.scale.plane import PlaneScale, describe_plane
from inference.types import Finding, RgbImage

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
# Of the longer side of the picture where nothing is known of the lens: between phone and drone.
USUAL_FOCAL_LENGTH = 0.9


@dataclass(frozen=True, slots=True)
class CardReading:
    """The result of reading the cards in a picture.

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
    problem = problem_with(wanted)
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
    cards, refusals = sort_into_cards(found, wanted, asked=request is not None)
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
    flat: list[PrintedCard] = []
    fits: list[EdgeFit] = []
    for card in usable:
        fit, refused = _fit_card(pixels, card, lens, focal_px)
        if fit is None or refused is not None:
            refusals.append(refused or why.half_covered(card))
        else:
            flat.append(card)
            fits.append(fit)
    if not flat:
        return CardReading(None, tuple(refusals))

    fit = fits[0]
    if len(flat) > 1:
        together = fit_plane(pixels, flat, lens)
        smallest = MAX_RESIDUAL_SHARE_OF_SEVERAL * min(card.side_px for card in flat)
        if together is None or not _agrees(together, smallest):
            return CardReading(None, (*refusals, why.NOT_ONE_PLANE))
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
        return CardReading(None, (*refusals, why.too_unsure(scale.u_relative)))
    markers = tuple(marker for card in flat for marker in card.markers)
    return CardReading(scale, tuple(refusals), fit.blur_px, markers)


def _too_small_or_tilted(card: PrintedCard) -> Finding | None:
    if card.side_px < MIN_SIDE_PX:
        return why.too_small(card, MIN_SIDE_PX)
    marker, corners = card.markers[0], card.corners_mm[0]
    plane = homography.from_four_points(corners, marker.corners_px)
    tilt = homography.tilt_deg(plane, corners.mean(axis=0))
    if tilt > MAX_TILT_DEG:
        return why.too_tilted(card, tilt, MAX_TILT_DEG)
    return None


def _fit_card(
    pixels: RgbImage, card: PrintedCard, lens: Lens | None, focal_px: float
) -> tuple[EdgeFit | None, Finding | None]:
    """The plane of one card, and why it is none."""
    fit = fit_plane(pixels, [card], lens)
    if fit is None:
        return None, why.unclear(card)
    if float(fit.clear_share.min()) < MIN_CLEAR:
        return fit, why.half_covered(card)
    if not _agrees(fit, MAX_RESIDUAL_SHARE * card.side_px):
        return fit, why.bent(card, fit.residual_px)
    camera = camera_over_plane(
        homography.from_parameters(fit.parameters[:8]), pixels.shape[:2], focal_px
    )
    curved = fit_plane(pixels, [card], lens, camera=camera)
    if curved is not None:
        bulge_mm, u_mm = largest_bulge_mm(curved)
        if bulge_mm > max(MAX_BULGE_OVER_DISTANCE * camera.height_mm, 3.0 * u_mm):
            return fit, why.bulging(card, bulge_mm)
    return fit, None


def _agrees(fit: EdgeFit, allowed_px: float) -> bool:
    """Whether what the plane leaves over, beyond random error, is as little as that."""
    systematic_px = math.sqrt(max(fit.residual_px**2 - 2.0 * fit.noise_px**2, 0.0))
    return systematic_px <= max(MAX_RESIDUAL_PX, allowed_px)


def _why_none(pixels: RgbImage, wanted: CardRequest) -> Finding:
    """The best explanation of a picture in which no marker of the family was found."""
    others = [
        marker
        for marker in find_in_families(pixels)
        if marker.side_px >= MIN_SIDE_PX / 2 and is_printed(pixels, marker)
    ]
    if others:
        return why.wrong_dictionary(others[0], wanted.family)
    if find_in_families(pixels, (wanted.family,), mirrored=True):
        return why.CARD_MIRRORED
    return why.NOT_FOUND
