"""The scale from camera and distance: millimetres per pixel = distance / focal length.

The focal length in pixels comes from a profile, from the pixel pitch that the camera writes, from
the list of sensors, or from the 35 mm equivalent (defined over the diagonal, 43.27 mm: CIPA
DCG-001). Where two of these contradict each other there is no scale: never a silent wrong one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assets.scale_range import DISTANCES_M
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale.lens import Lens, stored_size, to_upright
from inference.measure.scale.plane import PlaneScale
from inference.measure.scale.profiles import CameraProfile, match_profile
from inference.measure.scale.sensors import sensor_of
from inference.types import Finding, Scale, Value

SOURCE = "camera_distance"

FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
# Standard uncertainties, relative. Nominal focal lengths are rounded and change with focus; many
# makers compute the 35 mm equivalent over the width: 4 % apart on 4:3, as an even distribution.
U_NOMINAL, U_SENSOR, U_DIAGONAL = 0.015, 0.01, 0.023
# What may lie between two statements of one focal length before they contradict each other.
AGREEMENT = 0.12
# Facing the surface to within 20 degrees (even distribution), as for two points.
TILT = 0.02
# A distance measured by tape or range finder from the front of the camera.
U_DISTANCE_M, U_DISTANCE_RELATIVE = 0.01, 0.02
# DJI states +-(0.2 m + 0.15 %) for the laser range finders of its inspection cameras.
RANGE_FINDER_M, RANGE_FINDER_RELATIVE = 0.2, 0.0015


@dataclass(frozen=True, slots=True)
class Focal:
    """A focal length in pixels.

    Attributes:
        u_relative: standard uncertainty.
        nominal_mm: the focal length at infinity where ``px`` rests on it; None for a calibrated
            one, which holds as it is.
        origin: what it rests on: ``profile``, ``pixel_pitch``, ``sensor`` or ``film_35mm``.
        lens: undoes the distortion, from a profile.
        stated: the values that it was computed from, for findings.
    """

    px: float
    u_relative: float
    nominal_mm: float | None
    origin: str
    lens: Lens | None = None
    stated: Mapping[str, Value] = field(default_factory=dict)


def focal_length(
    exif: PhotoMetadata, image_size_px: tuple[int, int], profiles: Sequence[CameraProfile] = ()
) -> tuple[Focal | None, tuple[Finding, ...]]:
    """The focal length of a photo in pixels, and what stands in its way.

    Args:
        image_size_px: (width, height) of the upright picture.
    """
    size = stored_size(image_size_px, exif.orientation)
    notes: list[Finding] = []
    contradiction = _contradiction_of(exif)
    if contradiction is not None:
        return None, (contradiction,)
    edited = _edited(exif, size)
    if edited is not None:
        return None, (edited,)
    profile, why_not = match_profile(exif, image_size_px, profiles)
    if why_not is not None:
        notes.append(why_not)
    statements = _statements(exif, size)
    if profile is not None:
        lens = profile.lens(exif.orientation, image_size_px)
        calibrated = Focal(lens.focal_px, profile.u_focal_relative, None, "profile", lens)
        statements = [calibrated, *statements]
    if not statements:
        return None, (*notes, _nothing_known(exif))
    best = statements[0]
    for other in statements[1:]:
        if max(best.px, other.px) > min(best.px, other.px) * (1 + AGREEMENT):
            return None, (*notes, _contradict(best, other))
    return best, tuple(notes)


def scale_of_camera(
    focal: Focal,
    distance_m: float,
    u_distance_m: float | None,
    image_size_px: tuple[int, int],
    exif: PhotoMetadata,
) -> Scale | Finding:
    """The scale of a surface at that distance, facing the camera; or why there is none."""
    if not DISTANCES_M.holds(distance_m):
        return Finding(
            "distance_impossible",
            {
                "case": "out_of_range",
                "given_m": distance_m,
                "least_m": DISTANCES_M.least,
                "most_m": DISTANCES_M.most,
            },
        )
    if u_distance_m is None:
        u_distance_m = math.hypot(U_DISTANCE_M, U_DISTANCE_RELATIVE * distance_m)
    distance_mm = 1000.0 * distance_m
    focal_px, u_origin = focal.px, 0.0
    if focal.nominal_mm is not None:
        if distance_mm <= 2.0 * focal.nominal_mm:
            return Finding(
                "distance_impossible",
                {"case": "out_of_focus", "given_m": distance_m, "focal_mm": focal.nominal_mm},
            )
        # A lens focused near moves away from the sensor: 1/f = 1/v + 1/z.
        focal_px *= 1.0 / (1.0 - focal.nominal_mm / distance_mm)
        # Where in the lens the distance begins is not known to better than its focal length.
        u_origin = max(5.0, focal.nominal_mm) / math.sqrt(3) / distance_mm
    u_relative = math.sqrt(
        focal.u_relative**2 + (u_distance_m / distance_m) ** 2 + TILT**2 + u_origin**2
    )
    gsd = distance_mm / focal_px
    if focal.lens is None:
        return Scale(gsd, u_relative, SOURCE)
    return _with_lens(focal.lens, distance_mm, u_relative, image_size_px, exif.orientation)


def range_finder(exif: PhotoMetadata) -> tuple[float, float] | None:
    """Distance by a drone's range finder and its standard uncertainty, metres."""
    if exif.range_m is None:
        return None
    half_width_m = RANGE_FINDER_M + RANGE_FINDER_RELATIVE * exif.range_m
    return exif.range_m, half_width_m / math.sqrt(3)


def _with_lens(
    lens: Lens,
    distance_mm: float,
    u_relative: float,
    image_size_px: tuple[int, int],
    orientation: int,
) -> PlaneScale:
    """The plane at that distance, square to the axis, seen through a known lens."""
    centre = to_upright(lens.matrix[None, :2, 2], orientation, image_size_px)[0]
    focal_x, focal_y = lens.matrix[0, 0], lens.matrix[1, 1]
    if orientation in (5, 6, 7, 8):
        focal_x, focal_y = focal_y, focal_x
    plane_to_px = np.array(
        [
            [focal_x / distance_mm, 0, centre[0]],
            [0, focal_y / distance_mm, centre[1]],
            [0, 0, 1.0],
        ]
    )
    return PlaneScale(
        gsd_mm_per_px=float(distance_mm / math.sqrt(focal_x * focal_y)),
        u_relative=u_relative,
        source=SOURCE,
        plane_to_px=plane_to_px,
        anchor_px=lens.distorted(centre[None])[0],
        image_size_px=image_size_px,
        distance_mm=distance_mm,
        u_common=u_relative,
        lens=lens,
    )


def _statements(exif: PhotoMetadata, size: tuple[int, int]) -> list[Focal]:
    """Focal lengths in pixels from the photo's data, best first."""
    found = []
    length_mm = exif.focal_length_mm
    longer_px = max(size)
    if length_mm is not None and exif.pixel_pitch_mm is not None:
        found.append(
            Focal(
                length_mm / exif.pixel_pitch_mm, math.hypot(U_NOMINAL, U_SENSOR), length_mm,
                "pixel_pitch",
                stated={"focal_mm": length_mm, "pitch_um": 1000 * exif.pixel_pitch_mm},
            )
        )  # fmt: skip
    sensor = sensor_of(exif.camera_model)
    if length_mm is not None and sensor is not None:
        found.append(
            Focal(
                length_mm * longer_px / sensor.width_mm, math.hypot(U_NOMINAL, U_SENSOR), length_mm,
                "sensor",
                stated={"focal_mm": length_mm, "sensor_mm": sensor.width_mm, "camera": sensor.name},
            )
        )  # fmt: skip
    if exif.focal_length_35mm is not None:
        rounding = 0.5 / math.sqrt(3) / exif.focal_length_35mm
        found.append(
            Focal(
                exif.focal_length_35mm * math.hypot(*size) / FILM_DIAGONAL_MM,
                math.hypot(rounding, U_DIAGONAL), length_mm or 5.0,
                "film_35mm", stated={"film_mm": exif.focal_length_35mm},
            )
        )  # fmt: skip
    return found


def _contradiction_of(exif: PhotoMetadata) -> Finding | None:
    for finding in exif.findings:
        if finding.code == "focal_length_contradiction":
            return finding
    return None


def _contradict(one: Focal, other: Focal) -> Finding:
    return Finding(
        "focal_length_contradiction",
        {
            "case": "in_pixels",
            "one": one.origin,
            "one_px": one.px,
            **{f"one_{name}": value for name, value in one.stated.items()},
            "other": other.origin,
            "other_px": other.px,
            **{f"other_{name}": value for name, value in other.stated.items()},
        },
    )


def _edited(exif: PhotoMetadata, size: tuple[int, int]) -> Finding | None:
    written = exif.camera_size_px
    if written is not None and sorted(written) != sorted(size):
        return Finding(
            "picture_resized",
            {
                "written_width_px": written[0],
                "written_height_px": written[1],
                "width_px": size[0],
                "height_px": size[1],
            },
        )
    if exif.digital_zoom is not None and not 0.99 <= exif.digital_zoom <= 1.01:
        return Finding("digital_zoom", {"zoom": exif.digital_zoom})
    return None


def _nothing_known(exif: PhotoMetadata) -> Finding:
    named = " ".join(part for part in (exif.camera_make, exif.camera_model) if part)
    if named:
        return Finding("camera_unknown", {"case": "named", "camera": named})
    return Finding("camera_unknown", {"case": "unnamed"})
