"""The confidence of a traced crack: a probability that can be checked.

The mean network probability along a line is no share of right lines: networks are surer than they
should be, and a long line is right more often than a short one of equal brightness. A logistic
function of both (Platt, *Probabilistic outputs for support vector machines*, 1999; here with the
log of the length as a second term) turns them into the share of such lines that lie on a crack.
Its few numbers are fitted in :mod:`inference.training.evaluate.confidence` and kept in the model's
card.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from inference.types import ConfidenceCalibration

KIND = "logistic"

# The ends of the scale say no more than one in fifty: beyond, the network's probability is
# rounding, and a few pixels would decide.
LEAST_PROBABILITY = 0.02


def calibrated_confidence(
    calibration: ConfidenceCalibration, mean_probability: float, length_px: float
) -> float:
    """The share of lines of this mean probability and length that lie on a crack, 0..1.

    Args:
        mean_probability: of the network along the line, 0..1.
        length_px: beyond the lengths that the fit has seen, those of its nearest end count.
    """
    logit, log_length = line_terms(mean_probability, length_px, calibration.length_range_px)
    score = (
        calibration.intercept
        + calibration.per_logit * logit
        + calibration.per_log_length * log_length
    )
    return 1.0 / (1.0 + math.exp(-score))


def line_terms(
    mean_probability: float, length_px: float, length_range_px: tuple[float, float]
) -> tuple[float, float]:
    """The inputs of the logistic function: log-odds of the probability, log of the length."""
    low_px, high_px = length_range_px
    probability = min(max(mean_probability, LEAST_PROBABILITY), 1.0 - LEAST_PROBABILITY)
    logit = math.log(probability / (1.0 - probability))
    return logit, math.log(min(max(length_px, low_px), high_px))


def read_calibration(entry: Mapping[str, Any] | None) -> ConfidenceCalibration | None:
    """The calibration that a card holds as ``confidence_calibration``; None for none.

    Raises:
        ValueError: for another kind, or numbers that are none.
        KeyError: for an entry that lacks a number.
    """
    if entry is None:
        return None
    if entry["kind"] != KIND:
        raise ValueError(f"confidence_calibration is of kind {entry['kind']!r}, not {KIND!r}")
    low_px, high_px = (float(each) for each in entry["length_range_px"])
    found = ConfidenceCalibration(
        intercept=float(entry["intercept"]),
        per_logit=float(entry["per_logit"]),
        per_log_length=float(entry["per_log_length"]),
        length_range_px=(low_px, high_px),
    )
    numbers = (found.intercept, found.per_logit, found.per_log_length, low_px, high_px)
    if not all(map(math.isfinite, numbers)) or not 0 < low_px <= high_px:
        raise ValueError("confidence_calibration holds numbers that cannot be used")
    return found
