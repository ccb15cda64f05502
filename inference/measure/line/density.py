"""Crack density of a face: length of cracks in an area."""

from __future__ import annotations

from inference.types import Scale


def crack_density(
    length_px: float, image_size_px: tuple[int, int], scale: Scale | None
) -> tuple[float, str]:
    """Crack length per area of the whole picture.

    Args:
        length_px: of all cracks together.
        image_size_px: (width, height).

    Returns:
        (value, unit): metres per square metre, ``m/m2``, with a scale; else pixels of crack per
        megapixel, ``px/Mpx``.
    """
    area_px = float(image_size_px[0] * image_size_px[1])
    if area_px <= 0:
        raise ValueError("A picture without pixels has no crack density.")
    if scale is None:
        return length_px / (area_px / 1e6), "px/Mpx"
    metres_per_px = scale.gsd_mm_per_px / 1000.0
    return length_px / (area_px * metres_per_px), "m/m2"
