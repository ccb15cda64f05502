"""A whole training on eight made-up walls: learns, survives a kill, ships a model that loads."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inference.runtime.registry import load_model  # noqa: E402
from inference.training.evaluate.pictures import predict_picture  # noqa: E402
from inference.training.fit.checkpoint import load_checkpoint  # noqa: E402
from inference.training.fit.loop import CHECKPOINT_NAME  # noqa: E402
from inference.training.fit.recipe import Shipping, read_recipe  # noqa: E402
from inference.training.fit.session import Session, train_and_ship  # noqa: E402
from tests.inference.training.walls import draw_wall, write_data  # noqa: E402

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, recipe path, model's folder, lines said) of one finished training."""
    folder = tmp_path_factory.mktemp("data")
    recipe_path = write_data(folder)
    lines: list[str] = []
    session = Session(
        data_folder=folder,
        out=folder / "run",
        models_folder=folder / "models",
        threads=1,  # two would wait for each other where the machine is busy
        workers=0,
    )
    recipe = replace(read_recipe(recipe_path), shipping=Shipping(rendered_walls=1))
    model_folder = train_and_ship(recipe, session, say=lines.append)
    return folder, recipe_path, model_folder, lines


def test_training_learns_the_cracks(trained):
    folder, *_ = trained
    log = [json.loads(line) for line in (folder / "run" / "log.jsonl").read_text().splitlines()]
    validation = log[-1]["validation"]
    assert validation["cracked"]["f1"] > 0.5
    assert validation["clean"]["marked_share"] < 0.01


def test_shipped_model_loads_and_finds_an_unseen_crack(trained):
    folder, *_ = trained
    model = load_model("tiny", threads=1, folder=folder / "models")
    pixels, mask = draw_wall(999, 96, cracked=True)
    probability = predict_picture(model, pixels) / 255
    assert probability.shape == mask.shape
    assert probability[mask > 0].mean() > probability[mask == 0].mean() + 0.3


def test_card_says_what_a_person_must_know(trained):
    *_, model_folder, _ = trained
    card = json.loads((model_folder / "card.json").read_text(encoding="utf-8"))
    assert card["terms"] == "Trained on made-up walls."
    assert [(each["file"], each["precision"]) for each in card["files"]] == [
        ("model.onnx", "int8"),
        ("weights.safetensors", "float16"),
    ]
    assert {each["set"]: each["n_training"] for each in card["trained_on"]} == {
        "cracked": 6,
        "clean": 3,
    }
    assert card["metrics"]["cracked"]["int8"]["n_images"] == 2
    assert card["metrics"]["clean"]["int8"]["f1"] is None
    walls = card["rendered_false_alarms_by_kind"]
    assert walls and {each["n_images"] for each in walls.values()} == {1}
    assert card["architecture"]["parameters"] > 1e6
    assert 0.2 <= card["threshold"] <= 0.9


def test_int8_says_nearly_what_half_precision_says(trained):
    folder, *_ = trained
    pixels, _ = draw_wall(998, 512, cracked=True)
    small, large = (
        load_model("tiny", runtime=runtime, device="cpu", threads=1, folder=folder / "models")
        for runtime in ("onnx", "torch")
    )
    assert np.abs(small.predict(pixels[None]) - large.predict(pixels[None])).mean() < 0.05


def test_a_report_lies_beside_the_checkpoint(trained):
    folder, *_, lines = trained
    page = (folder / "run" / "report.html").read_text(encoding="utf-8")
    assert "Test pictures, shipped model" in page
    assert "data:image/jpeg;base64," in page
    assert f"Report: {folder / 'run' / 'report.html'}" in lines


def test_nothing_half_written_is_left(trained):
    folder, *_ = trained
    assert [each.name for each in (folder / "models").iterdir()] == ["tiny"]
    assert not list(folder.rglob("*.partial"))


def test_checkpoint_of_another_network_is_refused(trained):
    folder, recipe_path, *_ = trained
    other = replace(read_recipe(recipe_path), network={"widths": [32, 16, 8, 8]})
    with pytest.raises(ValueError, match="another network"):
        load_checkpoint(folder / "run" / CHECKPOINT_NAME, other)


def test_a_file_that_is_no_checkpoint_is_refused(trained, tmp_path):
    _, recipe_path, *_ = trained
    broken = tmp_path / "checkpoint.pt"
    broken.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        load_checkpoint(broken, read_recipe(recipe_path))
    with pytest.raises(ValueError, match="no checkpoint"):
        load_checkpoint(tmp_path / "none.pt", read_recipe(recipe_path))
