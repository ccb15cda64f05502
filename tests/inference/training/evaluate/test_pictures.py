"""Evaluating a model on a folder, the way the product would look at it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inference.__main__ import main
from inference.training.data.datasets import pair_by_stem
from inference.training.evaluate.metrics import evaluate_picture
from inference.training.evaluate.pictures import (
    choose_threshold,
    evaluate_pairs,
    set_figures,
    threshold_that_marks_alike,
)
from inference.types import ModelInfo
from tests.inference.training.walls import write_walls

KEYS_OF_THE_ISSUE = {
    "model", "precision", "recall", "f1", "iou", "miou", "ods_f1", "ois_f1", "f1_at_0px",
    "f1_at_2px", "f1_at_5px", "cliou_at_4px", "n_images", "threshold",
    "false_positive_px_per_megapixel",
}  # fmt: skip


class Darkness:
    """A model that calls dark pixels crack: simple, but no mock of what runs around it."""

    tile_px = 256
    info = ModelInfo(name="darkness", sha256="", runtime="test", threshold=0.5, terms="Test.")

    def predict(self, tiles: np.ndarray) -> np.ndarray:
        return (tiles.mean(axis=-1) < 80).astype(np.float32)


@pytest.fixture
def walls(tmp_path):
    write_walls(tmp_path, "cracked", 2, cracked=True)
    write_walls(tmp_path, "clean", 2, cracked=False, seed=50)
    return tmp_path


def test_report_has_the_keys_of_the_issue_and_plausible_figures(walls):
    pairs = [
        pair
        for part in ("cracked", "clean")
        for pair in pair_by_stem(walls / part / "images", walls / part / "masks")
    ]
    found = set_figures(Darkness(), evaluate_pairs(Darkness(), pairs), 0.5)
    assert set(found) >= KEYS_OF_THE_ISSUE
    assert found["n_images"] == 4
    assert found["n_clean_images"] == 2
    assert found["f1_at_2px"] > 0.6
    assert found["f1_at_0px"] <= found["f1_at_2px"] <= found["f1_at_5px"]
    low, high = found["intervals"]["f1"]
    assert low <= found["f1"] <= high
    assert 0 < found["auprc"] <= 1
    assert 0 <= found["pixel_calibration_error"] <= 1
    json.dumps(found)


def test_without_lines_the_counts_of_pixels_stay(walls):
    pairs = pair_by_stem(walls / "cracked" / "images", walls / "cracked" / "masks")
    whole, quick = (
        set_figures(Darkness(), evaluate_pairs(Darkness(), pairs, with_lines=each), 0.5)
        for each in (True, False)
    )
    assert quick["f1_at_2px"] is quick["cliou_at_4px"] is None
    for key in ("f1", "iou", "ods_f1", "ois_f1", "auprc", "intervals"):
        assert quick[key] == whole[key]


def test_the_command_prints_one_object_for_the_default_model(walls, capsys):
    folder = walls / "cracked"
    arguments = ["--images", str(folder / "images"), "--masks", str(folder / "masks")]
    assert main(["evaluate", *arguments, "--threads", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= KEYS_OF_THE_ISSUE
    assert found["model"] == "trace-edge"
    assert found["n_images"] == 2
    assert found["false_positive_px_per_megapixel"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--model", "trace-egde"], "Known models: "), ([], "no folder")],
)
def test_bad_input_gets_a_sentence(walls, capsys, arguments, sentence):
    images = walls / "cracked" / "images"
    masks = walls / "cracked" / ("masks" if arguments else "none")
    code = main(["evaluate", "--images", str(images), "--masks", str(masks), *arguments])
    assert code == 1
    assert sentence in capsys.readouterr().err


def test_the_models_are_listed_with_their_terms(capsys):
    assert main(["models", "--shipped"]) == 0
    said = capsys.readouterr().out
    assert "trace-edge (default)" in said
    assert "Trained on research-only pictures" in said
    assert main(["models", "--shipped", "--json"]) == 0
    shipped = json.loads(capsys.readouterr().out)["models"]
    assert {card["name"] for card in shipped} >= {"trace-edge"}


def picture(crack_level: int, noise_level: int) -> tuple[np.ndarray, np.ndarray]:
    """A line of one probability over a background that has some of another."""
    mask = np.zeros((50, 50), np.uint8)
    mask[25] = 255
    probability = np.zeros((50, 50), np.uint8)
    probability[25] = crack_level
    probability[:5] = noise_level
    return probability, mask


def test_threshold_lies_between_noise_and_cracks():
    score = evaluate_picture(*picture(crack_level=200, noise_level=120), 0.5)
    threshold = choose_threshold({"walls": [score]}, [])
    assert 120 / 255 < threshold <= 200 / 255


def test_clean_walls_decide_between_equals():
    score = evaluate_picture(*picture(crack_level=200, noise_level=60), 0.5)
    clean = evaluate_picture(np.full((50, 50), 150, np.uint8), np.zeros((50, 50), np.uint8), 0.5)
    assert choose_threshold({"walls": [score]}, [clean]) > 150 / 255


def test_no_threshold_without_validation_pictures():
    with pytest.raises(ValueError, match="No validation pictures with cracks"):
        choose_threshold({}, [])


def test_a_rounded_file_gets_the_threshold_at_which_it_marks_as_much():
    """Rounding that shifts all probabilities down is answered by a lower threshold."""
    rng = np.random.default_rng(3)
    mask = np.zeros((40, 60), np.uint8)
    mask[18:22] = 255
    unrounded, rounded = [], []
    for _ in range(3):
        probability = np.clip(rng.normal(60, 40, mask.shape) + 0.5 * mask, 0, 230)
        unrounded.append(evaluate_picture(probability.astype(np.uint8), mask, 0.5))
        rounded.append(evaluate_picture((0.8 * probability).astype(np.uint8), mask, 0.5))
    found = threshold_that_marks_alike({"walls": rounded}, {"walls": unrounded}, 0.5)
    assert found == pytest.approx(0.8 * 0.5, abs=0.011)
    assert threshold_that_marks_alike({"a": unrounded}, {"a": unrounded}, 0.5) == 0.5
