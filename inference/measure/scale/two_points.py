"""The scale from two points on something of known length."""

from __future__ import annotations

import math
from dataclasses import dataclass

from assets.scale_range import LEAST_APART_PX, MM_PER_PX, is_possible_length
from inference.types import Finding, Scale

SOURCE = "two_points"

# A click lands within 2 pixels or so, a tape is read to half a millimetre: standard uncertainties.
CLICK_PX = 1.2
READING_MM = 0.5
# The points say nothing about other directions: on a surface up to 20 degrees from straight on
# (even distribution) one direction is shortened by 2 %, one standard deviation.
TILT = 0.02


@dataclass(frozen=True, slots=True)
class TwoPoints:
    """Two points of the upright picture, pixels, and how far apart they are, millimetres."""

    first_px: tuple[float, float]
    second_px: tuple[float, float]
    length_mm: float
    u_length_mm: float = READING_MM


def scale_of_two_points(points: TwoPoints, image_size_px: tuple[int, int]) -> Scale | Finding:
    """The scale, or why the points give none."""
    numbers = (*points.first_px, *points.second_px, points.length_mm, points.u_length_mm)
    if not (all(map(math.isfinite, numbers)) and is_possible_length(points.length_mm)):
        return Finding("two_points_no_length", {"given_mm": points.length_mm})
    width, height = image_size_px
    for x, y in (points.first_px, points.second_px):
        if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
            return Finding(
                "two_points_outside",
                {"x_px": x, "y_px": y, "width_px": width, "height_px": height},
            )
    distance_px = math.dist(points.first_px, points.second_px)
    if distance_px < LEAST_APART_PX:
        return Finding(
            "two_points_too_close", {"apart_px": distance_px, "least_px": LEAST_APART_PX}
        )
    mm_per_px = points.length_mm / distance_px
    if not MM_PER_PX.holds(mm_per_px):
        return Finding("scale_impossible", {"given_mm_per_px": mm_per_px})
    u_relative = math.sqrt(
        (points.u_length_mm / points.length_mm) ** 2 + 2 * (CLICK_PX / distance_px) ** 2 + TILT**2
    )
    return Scale(mm_per_px, u_relative, SOURCE)
