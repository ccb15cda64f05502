"""From pixels to millimetres, or the reason why not."""

from __future__ import annotations

import math

from inference.types import NotMeasurable, Scale, WidthStatistics

NO_SCALE = NotMeasurable(
    "no_scale",
    "No scale in this picture, so widths are in pixels and ungraded.",
    "Give millimetres per pixel for the photo or for the inspection, and the widths are measured "
    "again without a new photo.",
)


def to_millimetres(
    width_px: WidthStatistics | None, length_px: float, scale: Scale | None
) -> tuple[WidthStatistics | None, float | None, NotMeasurable | None]:
    """Widths and length of a crack in millimetres.

    Args:
        width_px: None where the width could not be measured; the length still can.

    Returns:
        Widths with the scale's uncertainty added in quadrature (GUM, product of two quantities),
        length, and the reason where there is no scale.
    """
    if scale is None:
        return None, None, NO_SCALE
    gsd = scale.gsd_mm_per_px
    length_mm = length_px * gsd
    if width_px is None:
        return None, length_mm, None
    u_mm = math.hypot(width_px.u * gsd, width_px.p95 * gsd * scale.u_relative)
    return width_px.times(gsd, u_mm), length_mm, None
