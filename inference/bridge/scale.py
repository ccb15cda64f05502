"""Finds the scale of a photo: from the picture first, then from what people said."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from django.conf import settings

from assets.marker_cards.families import CARD_FAMILY
from assets.services.given_scale import GivenScale
from inference.imaging.decode import DecodedPicture
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale import (
    CameraProfile,
    CardRequest,
    PlaneScale,
    ScaleInputs,
    ScaleResult,
    TwoPoints,
    load_profile,
    resolve_scale,
)
from inference.measure.scale.cards import SOURCE as CARD_SOURCE
from inference.measure.scale.markers import find_in_families
from inference.types import Finding, Scale

log = structlog.get_logger(__name__)


def find_scale(picture: DecodedPicture, given: GivenScale) -> ScaleResult:
    """Finds the scale: a marker card, else two points, millimetres per pixel, or a distance.

    Our own cards carry their size. If none is in the picture, markers of other makers count, with
    the side that a person gave. Their family is the one given, else that of the largest marker.
    """
    profiles, metadata, lost = _camera(picture, given)
    inputs = ScaleInputs(
        two_points=_two_points(given),
        mm_per_px=given.gsd_mm_per_px,
        mm_per_px_source=given.gsd_source or "photo",
        distance_m=given.distance_m,
        distance_u_m=given.distance_u_m,
    )

    def resolved(card: CardRequest | None) -> ScaleResult:
        wanted = replace(inputs, card=card)
        return resolve_scale(picture.pixels, metadata, wanted, profiles)

    if given.marker_mm is None:
        found = resolved(None)
    else:
        # Our own cards first: none may be taken for a marker of another size.
        found = resolved(CardRequest())
        if found.source != CARD_SOURCE:
            found = resolved(CardRequest(_family(picture, given), given.marker_mm))
    if lost is not None and found.source != CARD_SOURCE:
        found = replace(found, refusals=(lost, *found.refusals))
    return found


def _family(picture: DecodedPicture, given: GivenScale) -> str:
    """The family given, else that of the largest marker in the picture, else that of our cards."""
    if given.marker_family:
        return given.marker_family
    seen = find_in_families(picture.pixels)
    return seen[0].family if seen else CARD_FAMILY


def _camera(
    picture: DecodedPicture, given: GivenScale
) -> tuple[Sequence[CameraProfile], PhotoMetadata, Finding | None]:
    """The profiles to try, the photo's camera data, a finding if the visit's profile is missing.

    The profile that was chosen for the visit fills in what the file does not say (many programs
    strip it). It never overrules what the file says.
    """
    metadata = picture.metadata
    if not given.camera_profile:
        return camera_profiles(), metadata, None
    try:
        profile = load_profile(Path(settings.CAMERA_PROFILES) / f"{given.camera_profile}.json")
    except ValueError:
        return camera_profiles(), metadata, _profile_missing(given.camera_profile)
    said = {
        name: getattr(profile, name)
        for name in ("camera_make", "camera_model", "lens_model", "focal_length_mm")
        if getattr(metadata, name) is None
    }
    return [profile], replace(metadata, **said), None


def _profile_missing(name: str) -> Finding:
    return Finding("camera_profile_missing", {"profile": name})


def _two_points(given: GivenScale) -> TwoPoints | None:
    points = given.two_points
    if points is None:
        return None
    if points.u_length_mm is None:
        return TwoPoints(points.first_px, points.second_px, points.length_mm)
    return TwoPoints(points.first_px, points.second_px, points.length_mm, points.u_length_mm)


def in_the_middle(scale: Scale, image_size_px: tuple[int, int]) -> tuple[float, float]:
    """Millimetres per pixel in the middle of the picture, and its relative uncertainty."""
    width, height = image_size_px
    return scale.at(np.array([(width - 1) / 2, (height - 1) / 2]))


def scale_facts(found: ScaleResult) -> dict[str, Any]:
    """Tilt, distance, blur and places of marker cards as plain values, if they are known."""
    facts: dict[str, Any] = {}
    if isinstance(found.scale, PlaneScale):
        facts["tilt_deg"] = round(found.scale.tilt_deg, 1)
        facts["distance_mm"] = round(found.scale.distance_mm, 1)
    if found.blur_px is not None:
        facts["blur_px"] = round(found.blur_px, 3)
    areas = [area for area in found.card_areas_px if np.isfinite(area).all()]
    if areas:
        facts["cards"] = [
            {"corners_px": [[round(float(x), 1), round(float(y), 1)] for x, y in area]}
            for area in areas
        ]
    return facts


def camera_profiles() -> Sequence[CameraProfile]:
    """The profiles that ``calibrate-camera`` wrote into the folder of the settings."""
    folder = Path(settings.CAMERA_PROFILES)
    try:
        files = sorted((path, path.stat().st_mtime_ns) for path in folder.glob("*.json"))
    except OSError as error:
        log.warning("camera_profiles_unreadable", folder=str(folder), error=str(error))
        return ()
    return _load(tuple(files))


@functools.lru_cache(maxsize=1)
def _load(files: tuple[tuple[Path, int], ...]) -> tuple[CameraProfile, ...]:
    profiles = []
    for path, _changed in files:
        try:
            profiles.append(load_profile(path))
        except ValueError as error:
            log.warning("camera_profile_unreadable", error=str(error))
    return tuple(profiles)
