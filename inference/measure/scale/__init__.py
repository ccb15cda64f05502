"""Scale: how many millimetres a pixel covers, from the picture itself where it can be."""

from inference.measure.scale.millimetres import NO_SCALE, to_millimetres

__all__ = ["NO_SCALE", "to_millimetres"]
