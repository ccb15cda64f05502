"""Finds out whether int8 sums saturate on the processor that runs the tests."""

from __future__ import annotations

from inference.training.evaluate.candidates.speed import processor_family


def cuts_sums_of_8_bits() -> bool:
    """Whether two products of 8-bit weights overflow 16 bits here: x86 without VNNI.

    See :mod:`inference.training.ship.quantise`; with weights of 7 bits no processor does.
    """
    family = processor_family()
    return family.startswith("x86_64") and "VNNI" not in family
