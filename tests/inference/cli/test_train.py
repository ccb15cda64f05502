"""``python -m inference train`` without a recipe, gone on with, and its mistakes."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

torch = pytest.importorskip("torch")

from inference.__main__ import main  # noqa: E402
from inference.training.fit.recipe import read_recipe  # noqa: E402
from tests.inference.training.walls import write_walls  # noqa: E402


@pytest.fixture
def bridge(tmp_path) -> Path:
    write_walls(tmp_path / "Old Bridge", "train", 8, cracked=True)
    return tmp_path / "Old Bridge"


def run(*words) -> int:
    return main(["train", *map(str, words), "--device", "cpu", "--threads", "1", "--workers", "0"])


def test_any_folder_trains_without_a_recipe_and_can_be_gone_on_with(bridge, tmp_path, capsys):
    out = tmp_path / "run"
    asked = ("--task", "segmentation", "--model", "mobilenet_unet", "--data", bridge)
    assert run(*asked, "--out", out, "--steps", 2, "--batch", 2, "--no-ship") == 0
    said = capsys.readouterr().out
    assert "old_bridge: 7 train, 1 validate" in said
    assert "step 2  validation F1 at 0.5: old_bridge" in said
    assert sorted(each.name for each in out.iterdir()) == [
        "checkpoint.pt",
        "log.jsonl",
        "recipe.toml",
        "report.html",
        "split.json",
    ]
    recipe = read_recipe(out / "recipe.toml")
    assert recipe.sets[0].name == "old_bridge"
    assert recipe.optimisation.batch == 2

    assert run("--out", out, "--resume", "--steps", 3, "--no-ship") == 0
    said = capsys.readouterr().out
    assert "Resumed at step 2" in said
    assert "step 3  validation" in said


def test_samples_can_be_looked_at_first(bridge, tmp_path, capsys):
    sheet = tmp_path / "run" / "samples.jpg"
    asked = ("--task", "segmentation", "--model", "unet", "--data", bridge)
    assert run(*asked, "--out", tmp_path / "run", "--samples", sheet) == 0
    assert cv2.imread(str(sheet)).shape == (4 * 288, 6 * 288, 3)
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_checkpoint_of_another_network_is_a_sentence(bridge, tmp_path, capsys):
    out = tmp_path / "run"
    asked = ("--task", "segmentation", "--data", bridge, "--out", out, "--batch", 2, "--no-ship")
    assert run(*asked, "--model", "mobilenet_unet", "--steps", 1) == 0
    assert run(*asked, "--model", "deepcrack", "--steps", 2, "--resume") == 1
    assert "holds another network: its family is 'mobilenet_unet'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Say what to train"),
        (("--task", "segmentation", "--model", "nosuchnet", "--data", "."), "no network family"),
        (("--recipe", "none.toml"), "There is no recipe"),
        (("--resume",), "There is no checkpoint"),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*words, "--out", "run") == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not Path("run").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_a_gpu_that_is_not_there_is_said_before_anything_is_read(bridge, tmp_path, capsys):
    words = ["train", "--task", "segmentation", "--model", "unet", "--data", str(bridge)]
    assert main([*words, "--out", str(tmp_path / "run"), "--device", "cuda"]) == 1
    assert "A GPU was asked for" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
