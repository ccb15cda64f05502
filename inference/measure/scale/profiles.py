"""Camera profiles: intrinsics and distortion of one body, lens and focal length, as a JSON file."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from inference.imaging.exif import PhotoMetadata
from inference.measure.scale.lens import Lens, stored_size
from inference.types import Finding

KIND, VERSION = "hairline-camera-profile", 1
# A zoom ring does not return to the same place, and EXIF rounds.
FOCAL_LENGTH_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class CameraProfile:
    """The camera profile that a calibration found.

    Attributes:
        camera_make, camera_model, lens_model, focal_length_mm: as the photos' EXIF has them.
        image_size_px: (width, height) as the sensor writes it, not turned upright.
        focal_px: (x, y). centre_px: principal point, (0, 0) the middle of the first pixel.
        distortion: k1, k2, p1, p2, k3.
        u_focal_relative, u_centre_px, u_distortion: standard uncertainties.
        reprojection_px: root mean square distance of seen from computed corners.
        views: photos that it rests on. board: what they show. calibrated_on: ISO date.
    """

    camera_make: str | None
    camera_model: str | None
    lens_model: str | None
    focal_length_mm: float | None
    image_size_px: tuple[int, int]
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, float, float, float, float]
    u_focal_relative: float
    u_centre_px: float
    u_distortion: tuple[float, float, float, float, float]
    reprojection_px: float
    views: int
    board: str
    calibrated_on: str

    def lens(self, orientation: int, image_size_px: tuple[int, int]) -> Lens:
        """For an upright picture of that size, stored in that EXIF orientation."""
        matrix = np.array(
            [
                [self.focal_px[0], 0, self.centre_px[0]],
                [0, self.focal_px[1], self.centre_px[1]],
                [0, 0, 1.0],
            ]
        )
        return Lens(matrix, np.array(self.distortion), orientation, image_size_px)


def file_name_of(profile: CameraProfile) -> str:
    """A file name from body, lens and focal length: a new calibration of them replaces the old.

    Raises:
        ValueError: where the photos named no camera, so that two could get one name.
    """
    if profile.camera_model is None:
        raise ValueError(
            "The photos name no camera, so its profile has no name of its own. Give one with -o."
        )
    focal = None if profile.focal_length_mm is None else f"{profile.focal_length_mm:g}mm"
    width, height = profile.image_size_px
    parts = [profile.camera_make, profile.camera_model, profile.lens_model, focal]
    words = "-".join([part for part in parts if part] + [f"{width}x{height}"])
    return re.sub(r"[^a-z0-9.]+", "-", words.casefold()).strip("-.") + ".json"


def save_profile(profile: CameraProfile, path: Path) -> None:
    """Writes a profile; the file is whole or not there."""
    text = json.dumps({"kind": KIND, "version": VERSION, **asdict(profile)}, indent=1) + "\n"
    part = path.with_name(path.name + ".partial")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def load_profile(path: Path) -> CameraProfile:
    """Reads a profile.

    Raises:
        ValueError: for a file that is none, with the remedy.
    """
    remedy = "Make one with `python -m inference calibrate-camera`."
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}. {remedy}") from problem
    except ValueError as problem:
        raise ValueError(f"{path} is not a camera profile. {remedy}") from problem
    if not isinstance(held, dict) or held.pop("kind", None) != KIND:
        raise ValueError(f"{path} is not a camera profile. {remedy}")
    version = held.pop("version", None)
    if version != VERSION:
        raise ValueError(
            f"{path} is a camera profile of version {version}, not {VERSION}. {remedy}"
        )
    pairs = ("image_size_px", "focal_px", "centre_px", "distortion", "u_distortion")
    try:
        held |= {name: tuple(held[name]) for name in pairs}
        profile = CameraProfile(**held)
        numbers = [*profile.focal_px, *profile.centre_px, *profile.distortion,
                   *profile.image_size_px, profile.u_focal_relative]  # fmt: skip
        sizes = [len(getattr(profile, name)) for name in pairs]
        sound = sizes == [2, 2, 2, 5, 5] and all(math.isfinite(float(n)) for n in numbers)
        sound = sound and min(*profile.focal_px, *profile.image_size_px) > 0
    except (TypeError, KeyError, ValueError) as problem:
        raise ValueError(f"{path} is a damaged camera profile. {remedy}") from problem
    if not sound:
        raise ValueError(f"{path} is a damaged camera profile. {remedy}")
    return profile


def match_profile(
    exif: PhotoMetadata, image_size_px: tuple[int, int], profiles: Sequence[CameraProfile]
) -> tuple[CameraProfile | None, Finding | None]:
    """The profile of the photo's body, lens and focal length, and why the nearest one is not it.

    Args:
        image_size_px: of the upright picture.
    """
    size = stored_size(image_size_px, exif.orientation)
    ours = [
        profile
        for profile in profiles
        if _same(profile.camera_make, exif.camera_make)
        and _same(profile.camera_model, exif.camera_model)
        and (profile.camera_model is not None)
    ]
    why = None
    for profile in ours:
        why = _unlike(profile, exif, size)
        if why is None:
            return profile, None
    return None, why


def _unlike(profile: CameraProfile, exif: PhotoMetadata, size: tuple[int, int]) -> Finding | None:
    if profile.lens_model and exif.lens_model and not _same(profile.lens_model, exif.lens_model):
        return Finding(
            "profile_other_lens",
            {"profile_lens": profile.lens_model, "photo_lens": exif.lens_model},
        )
    ours, its = profile.focal_length_mm, exif.focal_length_mm
    if ours is not None and (its is None or abs(its / ours - 1) > FOCAL_LENGTH_TOLERANCE):
        if its is None:
            return Finding("profile_other_focal_length", {"case": "none", "profile_mm": ours})
        return Finding(
            "profile_other_focal_length",
            {"case": "other", "profile_mm": ours, "photo_mm": its},
        )
    if tuple(profile.image_size_px) != size:
        return Finding(
            "profile_other_size",
            {
                "profile_width_px": profile.image_size_px[0],
                "profile_height_px": profile.image_size_px[1],
                "photo_width_px": size[0],
                "photo_height_px": size[1],
            },
        )
    return None


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").casefold().split() == (other or "").casefold().split()
