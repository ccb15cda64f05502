"""Validation pictures of a shipped model, and the command that fits on them."""

from __future__ import annotations

import json
import shutil

import pytest

from inference.__main__ import main
from inference.runtime.registry import WEIGHTS_FOLDER
from inference.training.data.held_back import held_back_pairs
from tests.inference.training.walls import write_data, write_walls

RENDERED_ONLY = """
name = "drawn"
task = "segmentation"
family = "mobilenet_unet"
description = "A test."
terms = "Made up."

[sets.rendered_cracks]
weight = 1.0
rendered = 4
terms = "ours"
"""


@pytest.fixture
def card(tmp_path):
    write_data(tmp_path)
    return {
        "name": "tiny",
        "left_out": [{"picture": "cracked/wall_03.jpg"}],
        "trained_on": [
            {"set": "cracked", "n_training": 5, "n_validation": 2},
            {"set": "clean", "n_training": 3, "n_validation": 1},
        ],
    }


def test_the_split_of_the_training_is_found_again(tmp_path, card):
    held = held_back_pairs(card, tmp_path, tmp_path)
    assert {name: len(pairs) for name, pairs in held.items()} == {"cracked": 2, "clean": 1}
    names = {pair.image.name for pair in held["cracked"]}
    assert "wall_03.jpg" not in names


def test_another_split_than_the_cards_is_refused(tmp_path, card):
    card["left_out"] = []
    with pytest.raises(ValueError, match=r"card of 'tiny' says otherwise.*--held-out"):
        held_back_pairs(card, tmp_path, tmp_path)


def test_a_model_without_recipe_asks_for_pictures(tmp_path, card):
    with pytest.raises(ValueError, match=r"no recipe unknown\.toml.*--held-out"):
        held_back_pairs(card | {"name": "unknown"}, tmp_path, tmp_path)


def test_renderings_alone_are_not_photographs(tmp_path):
    (tmp_path / "drawn.toml").write_text(RENDERED_ONLY, encoding="utf-8")
    card = {"name": "drawn", "left_out": [], "trained_on": []}
    with pytest.raises(ValueError, match="trained on renderings only"):
        held_back_pairs(card, tmp_path, tmp_path)


@pytest.fixture
def models(tmp_path):
    """A copy of the default model, whose card may be written."""
    folder = tmp_path / "models"
    shutil.copytree(WEIGHTS_FOLDER / "trace-edge", folder / "trace-edge")
    return folder


def test_the_command_writes_the_entry_and_leaves_the_rest_of_the_card(
    tmp_path, models, capsys, monkeypatch
):
    monkeypatch.setattr("inference.training.evaluate.confidence.FEWEST_LINES", 4)
    own = tmp_path / "own"
    write_walls(own, "test", 6, cracked=True, seed=0)
    write_walls(tmp_path / "segmentation" / "cfd", "test", 2, cracked=True, seed=90)
    before = json.loads((models / "trace-edge" / "card.json").read_text(encoding="utf-8"))
    command = ["calibrate-confidence", "--model", "trace-edge", "--models", str(models)]
    command += ["--data", str(tmp_path), "--held-out", str(own), "--threads", "1"]
    assert main([*command, "--dry-run"]) == 0
    assert json.loads((models / "trace-edge" / "card.json").read_text(encoding="utf-8")) == before
    assert main(command) == 0
    assert "trace-edge: fitted on" in capsys.readouterr().out
    after = json.loads((models / "trace-edge" / "card.json").read_text(encoding="utf-8"))
    entry = after.pop("confidence_calibration")
    before.pop("confidence_calibration", None)
    assert after == before
    assert entry["kind"] == "logistic"
    assert entry["fitted_on"] == ["own"]
    assert entry["n_images"] == 6
    assert not list((models / "trace-edge").glob("*.partial"))


def test_too_few_cracks_get_a_sentence(tmp_path, models, capsys):
    own = tmp_path / "own"
    write_walls(own, "test", 1, cracked=True)
    write_walls(tmp_path / "segmentation" / "cfd", "test", 1, cracked=True)
    command = ["calibrate-confidence", "--model", "trace-edge", "--models", str(models)]
    code = main([*command, "--data", str(tmp_path), "--held-out", str(own), "--threads", "1"])
    assert code == 1
    assert "fewer than 40 cracks" in capsys.readouterr().err
