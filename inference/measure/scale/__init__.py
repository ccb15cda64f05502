"""Scale: how many millimetres a pixel covers, from the picture itself if possible.

:func:`resolve_scale` finds the scale of a photo, :func:`widths_to_mm` and :func:`to_millimetres`
use it: of a plane seen at an angle, at each place along the direction of the crack's width.
"""

from inference.measure.scale.cards import CardRequest
from inference.measure.scale.millimetres import (
    NO_SCALE,
    positions_mm,
    to_millimetres,
    widths_to_mm,
)
from inference.measure.scale.plane import PlaneScale
from inference.measure.scale.profiles import CameraProfile, load_profile
from inference.measure.scale.resolve import ScaleInputs, ScaleResult, resolve_scale
from inference.measure.scale.two_points import TwoPoints

__all__ = [
    "NO_SCALE",
    "CameraProfile",
    "CardRequest",
    "PlaneScale",
    "ScaleInputs",
    "ScaleResult",
    "TwoPoints",
    "load_profile",
    "positions_mm",
    "resolve_scale",
    "to_millimetres",
    "widths_to_mm",
]
