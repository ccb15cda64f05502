"""The confidence that users see, from the numbers in a model's card."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inference.measure.line.confidence import calibrated_confidence, read_calibration
from inference.measure.line.trace import trace_cracks
from inference.types import ConfidenceCalibration

ENTRY = {
    "kind": "logistic",
    "intercept": -3.0,
    "per_logit": 0.5,
    "per_log_length": 0.8,
    "length_range_px": [20.0, 400.0],
}


def test_the_card_gives_the_logistic_function():
    calibration = read_calibration(ENTRY)
    assert calibration is not None
    score = -3.0 + 0.5 * math.log(0.9 / 0.1) + 0.8 * math.log(100.0)
    expected = 1 / (1 + math.exp(-score))
    assert calibrated_confidence(calibration, 0.9, 100.0) == pytest.approx(expected)


def test_lengths_beyond_the_fit_count_as_its_ends():
    calibration = read_calibration(ENTRY)
    assert calibration is not None
    longest = calibrated_confidence(calibration, 0.9, 400.0)
    assert calibrated_confidence(calibration, 0.9, 9000.0) == longest
    assert calibrated_confidence(calibration, 1.0, 400.0) < 1.0
    assert calibrated_confidence(calibration, 0.0, 1.0) > 0.0


def test_no_entry_is_no_calibration():
    assert read_calibration(None) is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kind": "oracle"}, ValueError),
        ({"intercept": "nan"}, ValueError),
        ({"length_range_px": [0, 10]}, ValueError),
        ({"length_range_px": [20, 10]}, ValueError),
    ],
)
def test_a_garbled_entry_is_refused(change, error):
    with pytest.raises(error):
        read_calibration(ENTRY | change)


def test_a_missing_number_is_refused():
    with pytest.raises(KeyError):
        read_calibration({key: value for key, value in ENTRY.items() if key != "per_logit"})


def test_traces_carry_the_calibrated_confidence_and_stay_the_same_otherwise():
    probability = np.zeros((300, 300), np.uint8)
    probability[149:152, 20:280] = 230
    plain = trace_cracks(probability, 0.5)
    calibration = ConfidenceCalibration(-9.0, 0.5, 0.8, (20.0, 400.0))
    told = trace_cracks(probability, 0.5, calibration=calibration)
    assert len(plain) == len(told) == 1
    assert plain[0].confidence == pytest.approx(230 / 255, abs=0.01)
    assert told[0].confidence == pytest.approx(
        calibrated_confidence(calibration, plain[0].confidence, plain[0].length_px)
    )
    assert np.array_equal(plain[0].centreline_px, told[0].centreline_px)
