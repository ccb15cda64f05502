"""A shipped model tested anew: its card tells today's figures and keeps the rest."""

from __future__ import annotations

import json
import shutil

import pytest

pytest.importorskip("torch")

from inference.__main__ import main
from inference.runtime.registry import WEIGHTS_FOLDER, find_card
from inference.training.evaluate import shipped
from inference.training.evaluate.sets import pairs_of
from inference.training.evaluate.shipped import evaluate_shipped
from tests.inference.training.walls import write_walls

pytestmark = pytest.mark.torch

FIGURES = {
    "metrics", "metrics_convention", "false_alarms_by_kind", "rendered_false_alarms_by_kind",
    "confidence_calibration", "falls_short", "examined",
}  # fmt: skip


@pytest.fixture
def models(tmp_path):
    """Copies of the shipped models, whose cards may be written."""
    folder = tmp_path / "models"
    for name in ("trace-edge", "screen"):
        shutil.copytree(WEIGHTS_FOLDER / name, folder / name)
    return folder


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Test pictures of two sets, and others in place of those held back from the training."""
    monkeypatch.setattr("inference.training.evaluate.confidence.FEWEST_LINES", 4)
    own = tmp_path / "own"
    write_walls(own, "test", 6, cracked=True, seed=0)
    write_walls(tmp_path / "segmentation" / "cfd", "test", 2, cracked=True, seed=90)
    write_walls(tmp_path / "segmentation" / "noncrack_walls", "test", 2, cracked=False, seed=50)
    return tmp_path


def own_pictures(data):
    return {"own": pairs_of(data / "own")}


def nobody_asks():
    raise AssertionError("the confidence stays, so no pictures are needed to fit it on")


def test_the_figures_are_new_and_the_files_stay(models, data):
    card = find_card("trace-edge", models)
    said = []
    new = evaluate_shipped(
        card, data, lambda: own_pictures(data), threads=1, say=said.append, rendered_walls=1
    )
    assert {key for key in new if new[key] != card.details.get(key)} <= FIGURES
    assert set(new["metrics"]) == {"cfd", "noncrack_walls"}
    for entry in new["metrics"].values():
        assert {"int8", "float32", "group"} == set(entry)
    of_cfd = new["metrics"]["cfd"]
    assert of_cfd["int8"]["n_images"] == 2
    assert of_cfd["int8"]["f1"] == pytest.approx(of_cfd["float32"]["f1"], abs=0.1)
    assert new["metrics"]["noncrack_walls"]["int8"]["n_clean_images"] == 2
    assert all(entry["n_images"] == 1 for entry in new["rendered_false_alarms_by_kind"].values())
    assert new["confidence_calibration"]["fitted_on"] == ["own"]
    assert any("Testing int8 on 4 pictures" in line for line in said)
    assert new["examined"]["date"]


def test_of_some_sets_alone_the_rest_of_the_card_stays(models, data):
    card = find_card("trace-edge", models)
    before = card.details
    new = evaluate_shipped(card, data, nobody_asks, threads=1, say=str, names=["noncrack_walls"])
    changed = {name for name in new["metrics"] if new["metrics"][name] != before["metrics"][name]}
    assert changed == {"noncrack_walls"}
    assert new["metrics"]["noncrack_walls"]["int8"]["n_clean_images"] == 2
    assert new["false_alarms_by_kind"] != before["false_alarms_by_kind"]
    for key in ("confidence_calibration", "rendered_false_alarms_by_kind"):
        assert new[key] == before[key]
    assert new["examined"]["sets"] == ["noncrack_walls"]

    only_cracks = evaluate_shipped(card, data, nobody_asks, threads=1, say=str, names=["cfd"])
    assert only_cracks["false_alarms_by_kind"] == before["false_alarms_by_kind"]


def test_the_command_leaves_the_card_alone_on_a_dry_run(models, data, monkeypatch, capsys):
    monkeypatch.setattr(
        shipped, "evaluate_shipped", lambda card, *_, **__: {**card.details, "falls_short": ["x."]}
    )
    path = models / "trace-edge" / "card.json"
    before = path.read_text(encoding="utf-8")
    command = [
        "evaluate-shipped",
        "--models",
        str(models),
        "--model",
        "trace-edge",
        "--data",
        str(data),
    ]
    assert main([*command, "--dry-run"]) == 0
    assert path.read_text(encoding="utf-8") == before
    assert main(command) == 0
    assert json.loads(path.read_text(encoding="utf-8"))["falls_short"] == ["x."]
    assert "Falls short: x." in capsys.readouterr().out


def test_a_model_of_renderings_alone_is_told_what_to_give(models, data, capsys, monkeypatch):
    whole = shipped.evaluate_on_tests
    monkeypatch.setattr(  # one rendered wall of each kind: eight take a minute
        shipped,
        "evaluate_on_tests",
        lambda models, sets, held, walls, say: whole(models, sets, held, min(walls, 1), say),
    )
    shutil.copytree(WEIGHTS_FOLDER / "trace-open", models / "trace-open")
    command = [
        "evaluate-shipped",
        "--models",
        str(models),
        "--model",
        "trace-open",
        "--data",
        str(data),
    ]
    assert main(command) == 1
    assert "--held-out" in capsys.readouterr().err
    own = ["--held-out", str(data / "own"), "--dry-run", "--threads", "1"]
    assert main([*command, *own]) == 0
    assert "Testing int8 on 4 pictures" in capsys.readouterr().out


def test_a_classifier_gets_a_sentence(models, data, capsys):
    command = [
        "evaluate-shipped",
        "--models",
        str(models),
        "--model",
        "screen",
        "--data",
        str(data),
    ]
    assert main(command) == 1
    assert "draws masks" in capsys.readouterr().err
