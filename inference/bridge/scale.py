"""The scale of a photo as a worker finds it: in the picture first, then what people said."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from django.conf import settings

from assets.services.given_scale import GivenScale
from inference.imaging.decode import DecodedPicture
from inference.measure.scale import (
    CameraProfile,
    PlaneScale,
    ScaleInputs,
    ScaleResult,
    TwoPoints,
    load_profile,
    resolve_scale,
)
from inference.types import Scale

log = structlog.get_logger(__name__)


def find_scale(picture: DecodedPicture, given: GivenScale) -> ScaleResult:
    """Marker card; else two points, millimetres per pixel, or distance as people gave them."""
    inputs = ScaleInputs(
        two_points=_two_points(given),
        mm_per_px=given.gsd_mm_per_px,
        mm_per_px_source=given.gsd_source or "photo",
        distance_m=given.distance_m,
        distance_u_m=given.distance_u_m,
    )
    return resolve_scale(picture.pixels, picture.metadata, inputs, camera_profiles())


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
    """What is worth telling of a scale beyond its number, as plain values."""
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
    """The profiles of ``calibrate-camera`` in the folder of the settings."""
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
