"""Calibrating the confidence of traced cracks, against lines whose truth we draw ourselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inference.measure.line.confidence import calibrated_confidence, read_calibration
from inference.training.data.datasets import pair_by_stem, read_pair
from inference.training.evaluate.confidence import (
    FEWEST_LINES,
    TracedLine,
    by_group,
    calibration_pairs,
    calibration_values,
    confidence_entry,
    fit_confidence,
    fit_lines,
    line_figures,
    trace_lines,
)
from inference.training.evaluate.pictures import predict_picture
from inference.types import ConfidenceCalibration, ModelInfo
from tests.inference.training.walls import write_walls


def drawn_lines(n: int, truth: ConfidenceCalibration, seed: int = 0) -> list[TracedLine]:
    """Lines that are right with exactly the confidence that ``truth`` gives them."""
    rng = np.random.default_rng(seed)
    lines = []
    for probability, length_px in zip(
        rng.uniform(0.5, 0.97, n), np.exp(rng.uniform(3, 6, n)), strict=True
    ):
        share = calibrated_confidence(truth, float(probability), float(length_px))
        lines.append(TracedLine(float(probability), float(length_px), bool(rng.random() < share)))
    return lines


TRUTH = ConfidenceCalibration(-5.0, 0.9, 1.1, (20.0, 400.0))


def test_the_fit_finds_the_truth_again():
    fitted = fit_lines(drawn_lines(5000, TRUTH), 100)
    assert fitted is not None
    assert fitted.calibration.per_logit == pytest.approx(TRUTH.per_logit, abs=0.15)
    assert fitted.calibration.per_log_length == pytest.approx(TRUTH.per_log_length, abs=0.15)
    assert fitted.n_lines == 5000


def test_a_few_hundred_lines_are_enough_for_an_error_below_five_per_cent():
    fitted = fit_lines(drawn_lines(200, TRUTH), 40)
    assert fitted is not None
    told = line_figures(drawn_lines(4000, TRUTH, seed=1), fitted.calibration)
    assert told["ece"] <= 0.05
    assert told["ece"] < told["ece_uncalibrated"]


def test_the_error_by_chance_falls_with_the_number_of_lines():
    few, many = (line_figures(drawn_lines(n, TRUTH), TRUTH) for n in (60, 3000))
    assert few["ece_if_perfect"] > 3 * many["ece_if_perfect"]
    assert many["ece"] == pytest.approx(many["ece_if_perfect"], abs=0.015)


def test_lines_that_are_all_right_get_a_high_confidence_below_one():
    lines = [TracedLine(0.6 + 0.004 * n, 40.0 + n, True) for n in range(80)]
    fitted = fit_lines(lines, 10)
    assert fitted is not None
    confidence = calibrated_confidence(fitted.calibration, 0.7, 60.0)
    assert 0.95 < confidence < 1.0


def test_being_surer_never_lowers_the_confidence():
    # By chance the brighter and longer lines of this sample are the wrong ones.
    lines = [TracedLine(0.5 + 0.005 * n, 30.0 + 3 * n, n < 40) for n in range(80)]
    fitted = fit_lines(lines, 10)
    assert fitted is not None
    assert fitted.calibration.per_logit == fitted.calibration.per_log_length == 0.0
    assert calibrated_confidence(fitted.calibration, 0.9, 100.0) == pytest.approx(0.5, abs=0.02)


def test_too_few_lines_give_no_fit():
    assert fit_lines(drawn_lines(FEWEST_LINES - 1, TRUTH), 5) is None


def test_the_card_holds_what_the_runtime_reads():
    fitted = fit_lines(drawn_lines(300, TRUTH), 30)
    assert fitted is not None
    values = calibration_values(fitted)
    assert read_calibration(values) == fitted.calibration
    assert (values["n_lines"], values["n_images"]) == (300, 30)


def test_a_line_is_right_by_half_of_its_length_within_two_pixels():
    pixels = np.full((200, 300, 3), 160, np.uint8)
    probability = np.zeros((200, 300), np.uint8)
    probability[99:102, 20:280] = 240
    pixels[100, 20:280] = 60

    def is_right(mask_row: int, until: int) -> bool:
        mask = np.zeros((200, 300), np.uint8)
        mask[mask_row, :until] = 255
        (line,) = trace_lines(pixels, probability, mask, 0.5)
        return line.is_right

    assert is_right(100, 300)
    assert is_right(102, 300)
    assert not is_right(105, 300)
    assert is_right(100, 160)
    assert not is_right(100, 140)
    (line,) = trace_lines(pixels, probability, np.zeros((200, 300), np.uint8), 0.5)
    assert not line.is_right
    assert line.mean_probability == pytest.approx(240 / 255, abs=0.01)


def test_nothing_traced_is_told_as_nothing():
    told = line_figures([], TRUTH)
    assert told["n_lines"] == 0
    assert told["ece"] is None


def test_concrete_is_pooled_apart_from_roads():
    good, bad = [TracedLine(0.9, 50.0, True)] * 10, [TracedLine(0.9, 50.0, False)] * 30
    found = by_group({"deepcrack_256": good, "cfd": bad}, None)
    assert found["concrete"]["share_right"] == 1.0
    assert found["all"]["share_right"] == 0.25
    assert found["cfd"]["n_lines"] == 30


def test_roads_and_renderings_are_fitted_on_only_where_there_is_nothing_else():
    concrete, road, rendered = (["a"], ["b"], ["c"])
    every = {"rissbilder_walls": concrete, "cfd": road, "rendered_cracks": rendered}
    assert calibration_pairs(every) == concrete
    assert calibration_pairs({"cfd": road, "rendered_cracks": rendered}) == rendered
    assert calibration_pairs({"cfd": road}) == road
    assert calibration_pairs({"pier_7": concrete, "cfd": road}) == concrete


class Darkness:
    """A model that calls dark pixels crack, the darker the surer: no mock of what is around it."""

    tile_px = 256
    info = ModelInfo(name="darkness", sha256="", runtime="test", threshold=0.5, terms="Test.")

    def predict(self, tiles: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp((tiles.mean(axis=-1, dtype=np.float32) - 85) / 12))


@pytest.fixture(scope="module")
def cracked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walls")
    write_walls(folder, "held", 24, cracked=True, seed=0)
    write_walls(folder, "test", 6, cracked=True, seed=100)
    return {
        part: pair_by_stem(folder / part / "images", folder / part / "masks")
        for part in ("held", "test")
    }


def test_the_whole_entry_of_a_card(cracked):
    seen = []
    entry = confidence_entry(
        Darkness(),
        {"walls": cracked["held"] * 2},
        {"walls": cracked["test"]},
        on_picture=seen.append,
    )
    assert entry is not None
    assert read_calibration(entry) is not None
    assert entry["fitted_on"] == ["walls"]
    assert entry["test"]["walls"]["n_lines"] >= 4
    assert entry["test"]["all"]["n_lines"] == entry["test"]["walls"]["n_lines"]
    assert len(seen) == 2 * 24 + 6


def test_figures_and_fit_of_a_model_agree(cracked):
    fitted = fit_confidence(Darkness(), cracked["held"] * 2)
    assert fitted is not None
    lines = []
    for pair in cracked["held"] * 2:
        pixels, mask = read_pair(pair)
        probability = predict_picture(Darkness(), pixels)
        lines += trace_lines(pixels, probability, mask, Darkness().info.threshold)
    told = line_figures(lines, fitted.calibration)
    assert told["n_lines"] == fitted.n_lines
    assert told["mean_confidence"] == pytest.approx(told["share_right"], abs=0.1)
    assert math.isclose(told["share_right"], fitted.n_right / fitted.n_lines, abs_tol=1e-3)


def test_a_model_that_traces_nothing_has_no_entry(cracked):
    class Blind(Darkness):
        def predict(self, tiles: np.ndarray) -> np.ndarray:
            return np.zeros(tiles.shape[:3], np.float32)

    assert confidence_entry(Blind(), {"walls": cracked["held"]}, {}) is None
