"""A network that draws masks, asked whether there is a crack in a patch."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

from inference.__main__ import main
from inference.runtime.registry import WEIGHTS_FOLDER
from inference.training.evaluate.patches_by_mask import (
    PatchCalibration,
    SeenPatches,
    evaluate_seen,
    fit_patches,
    suspicion,
)
from tests.inference.training.walls import draw_wall, write_walls

pytestmark = pytest.mark.torch


def _seen(logit: np.ndarray, label: np.ndarray) -> SeenPatches:
    return SeenPatches(logit, label.astype(np.int64), np.arange(len(label)), len(label))


def test_a_patch_is_as_suspicious_as_its_darkest_line() -> None:
    nothing, line, blot = (np.zeros((128, 128), np.uint8) for _ in range(3))
    line[60:62, :100] = 255  # a crack of two pixels across most of it
    blot[10:14, 10:14] = 255
    assert suspicion(nothing) < suspicion(blot) < 0 < suspicion(line)
    assert suspicion(np.full((128, 128), 255, np.uint8)) == pytest.approx(-suspicion(nothing))


def test_the_fit_finds_how_labels_were_drawn() -> None:
    rng = np.random.default_rng(5)
    true = PatchCalibration(0.8, 0.7)
    sets = []
    for count in (3000, 400):
        logit = rng.normal(0, 3, count)
        sets.append(_seen(logit, rng.random(count) < true.probability(logit)))
    found = fit_patches(sets)
    assert found.intercept == pytest.approx(true.intercept, abs=0.2)
    assert found.per_logit == pytest.approx(true.per_logit, abs=0.1)
    answers = evaluate_seen(sets[0], found)
    right = answers.probabilities.argmax(axis=1) == answers.labels
    assert right.mean() > 0.75
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1.0, rtol=1e-6)


def test_without_both_kinds_of_patches_nothing_is_fitted() -> None:
    with pytest.raises(ValueError, match="with a crack and without"):
        fit_patches([_seen(np.zeros(4), np.ones(4))])
    with pytest.raises(ValueError, match="with a crack and without"):
        fit_patches([])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Walls with masks, and labelled pictures of a set that the model never saw."""
    folder = tmp_path_factory.mktemp("data")
    write_walls(folder / "own", "test", 6, cracked=True, seed=0, side=256)
    write_walls(folder / "segmentation" / "cfd", "test", 3, cracked=True, seed=90, side=256)
    walls = folder / "segmentation" / "noncrack_walls"
    write_walls(walls, "test", 2, cracked=False, seed=50, side=256)
    for part, label, seed in (
        ("train", "crack", 20), ("train", "no_crack", 30), ("test", "crack", 40),
    ):  # fmt: skip
        to = folder / "classification" / "bricks" / part / label
        to.mkdir(parents=True)
        for number in range(3):
            pixels, _ = draw_wall(seed + number, 128, cracked=label == "crack")
            cv2.imwrite(str(to / f"{seed + number}.png"), pixels)
    return folder


@pytest.fixture
def models(tmp_path):
    """A copy of a shipped model, whose card may be written, as it was before anyone fitted."""
    shutil.copytree(WEIGHTS_FOLDER / "trace-edge", tmp_path / "trace-edge")
    card = tmp_path / "trace-edge" / "card.json"
    details = json.loads(card.read_text(encoding="utf-8"))
    details.pop("patches", None)
    card.write_text(json.dumps(details), encoding="utf-8")
    return tmp_path


def test_the_card_tells_of_patches_and_evaluate_goes_by_it(models, data, capsys) -> None:
    which = ["--models", str(models), "--model", "trace-edge", "--data", str(data)]
    ask = ["evaluate", *which, "--task", "classification", "--threads", "1"]
    assert main(ask) == 1
    assert "evaluate-shipped --patches" in capsys.readouterr().err

    before = json.loads((models / "trace-edge" / "card.json").read_text(encoding="utf-8"))
    own = ["--held-out", str(data / "own"), "--threads", "1"]
    assert main(["evaluate-shipped", "--patches", *which, *own]) == 0
    after = json.loads((models / "trace-edge" / "card.json").read_text(encoding="utf-8"))
    entry = after.pop("patches")
    assert after == before
    assert set(entry["metrics"]) == {"cfd", "noncrack_walls", "bricks"}
    assert set(entry["fitted_on"]) == {"own", "bricks"}
    assert entry["metrics"]["cfd"]["accuracy"] > 0.8
    assert entry["metrics"]["bricks"]["n_patches"] == 3
    capsys.readouterr()

    assert main([*ask, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["models"]
    assert told["sets"]["cfd"]["accuracy"] == entry["metrics"]["cfd"]["accuracy"]
    assert told["threshold"] == 0.5


def test_patches_are_of_all_sets_and_of_networks_that_draw_masks(models, data, capsys) -> None:
    shutil.copytree(WEIGHTS_FOLDER / "screen", models / "screen")
    own = ["--held-out", str(data / "own"), "--models", str(models), "--data", str(data)]
    command = ["evaluate-shipped", "--patches", *own]
    assert main([*command, "--model", "trace-edge", "--sets", "cfd"]) == 1
    assert "all sets at once" in capsys.readouterr().err
    assert main([*command, "--model", "screen"]) == 1
    assert "classifier" in capsys.readouterr().err
