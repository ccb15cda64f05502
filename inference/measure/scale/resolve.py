"""Chooses the best scale of a photo, and says why better ones are missing.

In this order: marker card, two points, millimetres per pixel as typed, camera and distance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assets import scale_range
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale import camera, cards, two_points
from inference.measure.scale.card_areas import Outline, card_areas
from inference.measure.scale.cards import CardRequest
from inference.measure.scale.markers import FoundMarker
from inference.measure.scale.millimetres import NO_SCALE
from inference.measure.scale.other_markers import other_marker
from inference.measure.scale.profiles import CameraProfile
from inference.measure.scale.two_points import TwoPoints
from inference.types import Finding, NotMeasurable, RgbImage, Scale

# Two scales of one photo contradict each other if they differ by more than this many standard
# uncertainties.
DISAGREEMENT = 3.0


@dataclass(frozen=True, slots=True)
class ScaleInputs:
    """What people say about the scale of a photo; None = nothing.

    Attributes:
        card: about the markers; None looks for our own cards all the same.
        look_for_cards: False skips the search.
        mm_per_px: as typed, and who typed it where: ``photo``, ``inspection``, ``command_line``.
        distance_m: from the camera to the surface; a drone's range finder speaks where None.
    """

    card: CardRequest | None = None
    look_for_cards: bool = True
    two_points: TwoPoints | None = None
    mm_per_px: float | None = None
    mm_per_px_u_relative: float = 0.02
    mm_per_px_source: str = "photo"
    distance_m: float | None = None
    distance_u_m: float | None = None


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """The winner and the reasons. ``ScaleResult()``: nobody knows the scale.

    Attributes:
        scale: None where there is none.
        refusals: why what ranks higher gave no scale, and what contradicts the winner, best first.
        blur_px: standard deviation of the point spread at a marker card's edges, pixels.
        markers: what the scale of a marker card rests on.
        card_areas_px: (4, 2) outlines of all cards in the picture, of use or not.
    """

    scale: Scale | None = None
    refusals: tuple[Finding, ...] = ()
    blur_px: float | None = None
    markers: tuple[FoundMarker, ...] = ()
    card_areas_px: tuple[Outline, ...] = ()

    @property
    def source(self) -> str:
        """That of the scale, or ``none``."""
        return "none" if self.scale is None else self.scale.source

    @property
    def why_none(self) -> NotMeasurable:
        """The reason why cracks have no millimetres, if this result has no scale."""
        if not self.refusals:
            return NO_SCALE
        return NotMeasurable.of(self.refusals[0], leads_to="widths_in_pixels")


def resolve_scale(
    pixels: RgbImage,
    exif: PhotoMetadata,
    inputs: ScaleInputs = ScaleInputs(),
    profiles: Sequence[CameraProfile] = (),
) -> ScaleResult:
    """The scale of a photo.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright, untouched.
        exif: of the file.
        inputs: what people say.
        profiles: of calibrated cameras; the one that fits the photo undoes its distortion.
    """
    size_px = (int(pixels.shape[1]), int(pixels.shape[0]))
    focal, about_camera = camera.focal_length(exif, size_px, profiles)
    refusals: list[Finding] = []
    found: list[Scale] = []
    blur_px: float | None = None
    markers: tuple[FoundMarker, ...] = ()
    areas: tuple[Outline, ...] = ()
    if inputs.look_for_cards or inputs.card is not None:
        reading = cards.read_cards(
            pixels,
            inputs.card,
            lens=focal.lens if focal is not None else None,
            focal_px=focal.px if focal is not None else None,
        )
        refusals += reading.refusals
        areas = card_areas(reading.seen)
        if reading.scale is not None:
            found.append(reading.scale)
            blur_px, markers = reading.blur_px, reading.markers
    if inputs.two_points is not None:
        _sort(two_points.scale_of_two_points(inputs.two_points, size_px), found, refusals)
    if inputs.mm_per_px is not None:
        _sort(_typed(inputs), found, refusals)
    distance = _distance(inputs, exif)
    if isinstance(distance, Finding):
        refusals.append(distance)
    elif distance is not None:
        if not found:
            refusals += about_camera
        if focal is not None:
            _sort(camera.scale_of_camera(focal, *distance, size_px, exif), found, refusals)
    if not found:
        # Our own cards are looked for unasked; those of others only where nothing else helps.
        if inputs.look_for_cards and inputs.card is None and not refusals:
            stranger = other_marker(pixels)
            refusals += [] if stranger is None else [stranger]
        return ScaleResult(None, tuple(refusals), card_areas_px=areas)
    winner = found[0]
    refusals += [clash for other in found[1:] if (clash := _clash(winner, other)) is not None]
    return ScaleResult(winner, tuple(refusals), blur_px, markers, areas)


def _sort(outcome: Scale | Finding, found: list[Scale], refusals: list[Finding]) -> None:
    if isinstance(outcome, Scale):
        found.append(outcome)
    else:
        refusals.append(outcome)


def _typed(inputs: ScaleInputs) -> Scale | Finding:
    value = inputs.mm_per_px
    assert value is not None
    if not scale_range.MM_PER_PX.holds(value):
        return Finding("scale_impossible", {"given_mm_per_px": value})
    return Scale(value, inputs.mm_per_px_u_relative, inputs.mm_per_px_source)


def _distance(
    inputs: ScaleInputs, exif: PhotoMetadata
) -> tuple[float, float | None] | Finding | None:
    """(metres, standard uncertainty or None for the usual one), or why there is none."""
    measured = camera.range_finder(exif)
    if inputs.distance_m is None:
        return measured
    if not (math.isfinite(inputs.distance_m) and inputs.distance_m > 0):
        return Finding(
            "distance_impossible", {"case": "not_above_zero", "given_m": inputs.distance_m}
        )
    if measured is not None:
        apart_m = abs(inputs.distance_m - measured[0])
        if apart_m > max(DISAGREEMENT * measured[1], 0.25 * measured[0]):
            return Finding(
                "distance_contradiction",
                {"given_m": inputs.distance_m, "measured_m": measured[0]},
            )
    return inputs.distance_m, inputs.distance_u_m


def _clash(winner: Scale, other: Scale) -> Finding | None:
    """The finding if two scales of one photo contradict each other."""
    ratio = other.gsd_mm_per_px / winner.gsd_mm_per_px
    if abs(math.log(ratio)) <= DISAGREEMENT * math.hypot(winner.u_relative, other.u_relative):
        return None
    return Finding(
        "scales_disagree",
        {
            "used": winner.source,
            "used_mm_per_px": winner.gsd_mm_per_px,
            "other": other.source,
            "other_mm_per_px": other.gsd_mm_per_px,
        },
    )
