"""Shipping: which files, what the card says, which bits are chosen, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inference.networks.registry import build_network  # noqa: E402
from inference.runtime.registry import load_classifier, load_model  # noqa: E402
from inference.training.data.datasets import Labelled  # noqa: E402
from inference.training.data.gather import TrainingData  # noqa: E402
from inference.training.evaluate.candidates import Weights  # noqa: E402
from inference.training.evaluate.candidates.classification import ClassificationAnswers  # noqa: E402
from inference.training.evaluate.candidates.segmentation import shortfalls  # noqa: E402
from inference.training.evaluate.candidates.speed import processor_family  # noqa: E402
from inference.training.fit.recipe import (  # noqa: E402
    DataSet,
    Quantisation,
    Recipe,
    Shipping,
    read_recipe,
)
from inference.training.ship import shipping  # noqa: E402
from inference.training.ship.card import Origin, find_origin  # noqa: E402
from inference.training.ship.quantise import Scheme  # noqa: E402
from inference.training.ship.shipping import ship  # noqa: E402
from tests.inference.training.walls import data_of, draw_wall, write_data  # noqa: E402

pytestmark = pytest.mark.long

SIDE = 224  # the smallest tile that overlaps its neighbours
FACTS = {"steps": 0, "minutes": 0.0}


@pytest.fixture(scope="module")
def walls(tmp_path_factory):
    """(data folder, recipe of a tiny network with tiles as small as the pictures)."""
    folder = tmp_path_factory.mktemp("walls")
    recipe = read_recipe(write_data(folder))
    small = Shipping(tile_px=SIDE, rendered_walls=0)
    return folder, replace(
        recipe,
        network={"widths": [8, 8, 8, 8]},
        quantisation=Quantisation(calibration_tiles=2, f1_loss_allowed=1.0),
        shipping=small,
    )


def ship_untrained(recipe: Recipe, folder: Path, models: Path) -> tuple[Path, dict, list[str]]:
    torch.manual_seed(0)
    network = build_network(recipe.family, **recipe.network_options)
    said: list[str] = []
    made = ship(
        network,
        recipe,
        data_of(recipe, folder),
        folder,
        models,
        trained=FACTS,
        threads=1,
        say=said.append,
    )
    return made, json.loads((made / "card.json").read_text(encoding="utf-8")), said


@pytest.fixture(scope="module")
def int8(walls, tmp_path_factory):
    folder, recipe = walls
    recipe = replace(recipe, quantisation=replace(recipe.quantisation, qat_steps=2))
    return ship_untrained(recipe, folder, tmp_path_factory.mktemp("int8"))


@pytest.fixture(scope="module")
def half(walls, tmp_path_factory):
    folder, recipe = walls
    shipping = replace(recipe.shipping, precision="float16")
    recipe = replace(recipe, shipping=shipping, only_rendered=("cables",))
    return ship_untrained(recipe, folder, tmp_path_factory.mktemp("half"))


def test_int8_ships_onnx_and_half_precision_tensors(int8):
    made, card, _ = int8
    assert sorted(path.name for path in made.iterdir()) == [
        "card.json",
        "model.onnx",
        "weights.safetensors",
    ]
    assert [each["precision"] for each in card["files"]] == ["int8", "float16"]
    assert "tensors_in" not in card["files"][0]
    assert [each.name for each in made.parent.iterdir()] == ["tiny"]


def test_card_holds_float_beside_int8_with_speed_and_intervals(int8):
    _, card, _ = int8
    cracked, clean = card["metrics"]["cracked"], card["metrics"]["clean"]
    for precision in ("int8", "float32"):
        assert cracked[precision]["n_images"] == 2
        low, high = cracked[precision]["intervals"]["f1"]
        assert 0 <= low <= cracked[precision]["f1"] <= high <= 1
        assert clean[precision]["n_clean_images"] == 1
        assert card["speed"][precision]["ms"] > 0
    assert set(card["quantisation"]["validation_f1_int8_by_weight_bits"]) == {"7", "8"}
    assert card["format"] == 2
    assert card["threshold"] > 0
    assert "float32" not in {each["precision"] for each in card["files"]}


def test_quantisation_aware_training_is_tried_and_told(int8):
    _, card, said = int8
    assert any("after quantisation-aware training" in line for line in said)
    gained = not any("gained nothing" in line for line in said)
    assert card["quantisation"]["quantisation_aware_steps"] == (2 if gained else 0)


def test_shipped_int8_loads_in_both_runtimes(int8):
    made, *_ = int8
    tiles = np.stack([draw_wall(5, SIDE, cracked=True)[0]])
    by_onnx, by_torch = (
        load_model("tiny", runtime=runtime, device="cpu", threads=1, folder=made.parent)
        for runtime in ("onnx", "torch")
    )
    assert np.abs(by_onnx.predict(tiles) - by_torch.predict(tiles)).mean() < 0.1


def test_half_precision_is_one_copy(half):
    made, card, _ = half
    assert card["files"][0]["tensors_in"] == "weights.safetensors"
    assert [each["precision"] for each in card["files"]] == ["float16", "float16"]
    assert card["only_rendered"] == ["cables"]
    assert list(card["speed"]) == ["float16"]
    tiles = np.stack([draw_wall(5, SIDE, cracked=True)[0]])
    by_onnx, by_torch = (
        load_model("tiny", runtime=runtime, device="cpu", threads=1, folder=made.parent)
        for runtime in ("onnx", "torch")
    )
    np.testing.assert_allclose(by_onnx.predict(tiles), by_torch.predict(tiles), atol=5e-3)


def test_classifier_ships_with_its_classes(tmp_path):
    classes = ("no_crack", "crack")
    entries: dict[str, list[Labelled]] = {"train": [], "test": []}
    for part, label in ((p, c) for p in entries for c in classes):
        place = tmp_path / "classification" / "patches" / part / label
        place.mkdir(parents=True)
        for number in range(2):
            path = place / f"{number}.png"
            seed = number + 10 * classes.index(label)
            cv2.imwrite(str(path), draw_wall(seed, 64, cracked=label == "crack")[0])
            entries[part].append(Labelled(path, label))
    recipe = Recipe(
        name="sorter",
        task="classification",
        family="mobilenet_v3_small",
        terms="Made by a test.",
        sets=(DataSet("patches", 1.0),),
        classes=classes,
        patch_px=64,
        network={"width": 0.35},
        quantisation=Quantisation(calibration_tiles=2, f1_loss_allowed=1.0),
        shipping=Shipping(torch_weights=False, recall=0.9),
    )
    train = tuple(entries["train"])
    network = build_network(recipe.family, **recipe.network_options)
    made = ship(
        network,
        recipe,
        TrainingData({"patches": train}, {"patches": train}, ()),
        tmp_path,
        tmp_path / "models",
        trained=FACTS,
        threads=1,
        say=lambda _: None,
    )
    card = json.loads((made / "card.json").read_text(encoding="utf-8"))
    assert card["classes"] == list(classes)
    assert card["input"]["patch_px"] == 64
    assert card["metrics"]["patches"]["int8"]["n_patches"] == 4
    assert "accuracy" in card["metrics"]["patches"]["int8"]["intervals"]
    assert sorted(path.name for path in made.iterdir()) == ["card.json", "model.onnx"]
    model = load_classifier("sorter", threads=1, folder=made.parent)
    rows = model.predict(np.zeros((3, 64, 64, 3), np.uint8))
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


@dataclass
class Told:
    """Answers that were made up."""

    f1: float

    def choose_threshold(self) -> float:
        return 0.5

    def figure(self, threshold: float) -> float:
        return self.f1


class Maker:
    """Makes candidates of given F1, by scheme."""

    def __init__(self, f1_of: dict[Scheme, float]) -> None:
        self.f1_of = f1_of

    def make(self, network, scheme: Scheme):
        f1 = self.f1_of.get(scheme, 0.0)
        return shipping.Candidate(Weights("int8", b""), network, scheme, Told(f1), 0.5, f1)


@pytest.mark.parametrize(
    ("f1_of", "expected"),
    [
        ({Scheme(True): 0.800, Scheme(False): 0.802}, Scheme(True)),
        ({Scheme(True): 0.795, Scheme(False): 0.799}, Scheme(False)),
        ({Scheme(True): 0.5, Scheme(False): 0.5, Scheme(True, 3): 0.799}, Scheme(True, 3)),
        ({Scheme(True): 0.5, Scheme(False): 0.5, Scheme(False, 6): 0.7}, Scheme(False, 6)),
    ],
    ids=["safe costs little", "safe costs much", "three kept in float", "the best there is"],
)
def test_the_choice_of_bits(walls, f1_of, expected):
    _, recipe = walls
    recipe = replace(recipe, quantisation=Quantisation(f1_loss_allowed=0.01))
    network = torch.nn.Identity()
    chosen = shipping._choose(Maker(f1_of), network, Told(0.8), recipe, lambda _: None)
    assert chosen.scheme == expected


def test_eight_bits_are_told_because_some_processors_cut_their_sums():
    eight, seven = (
        shipping.saturation({"quantisation": {"reduce_range": reduced}})
        for reduced in (False, True)
    )
    assert seven == []
    assert eight[0].startswith("On processors without VNNI")
    assert shipping.saturation({"quantisation": {"scheme": "float16"}}) == []


def test_a_classifier_that_must_not_lose_cracks_takes_a_low_threshold():
    probabilities = np.array([[0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.95, 0.05]], np.float32)
    labels = np.array([1, 1, 0, 0])
    sets = {"patches": (probabilities, labels)}
    careful = ClassificationAnswers(("no_crack", "crack"), 1.0, sets)
    assert careful.choose_threshold() == pytest.approx(0.3)
    best = ClassificationAnswers(("no_crack", "crack"), 0.0, sets)
    assert best.figure(best.choose_threshold()) >= careful.figure(0.3)


def test_what_falls_short_is_a_sentence():
    def figures(f1: float | None, over: int) -> dict:
        return {"f1": f1, "n_clean_images": 4, "n_clean_images_over_0_1_percent": over}

    metrics = {
        "deepcrack_256": {
            "group": "concrete",
            "int8": figures(0.80, 0),
            "float32": figures(0.82, 0),
        },
        "cfd": {"group": "roads", "int8": figures(0.5, 0), "float32": figures(0.7, 0)},
        "noncrack_walls": {
            "group": "concrete",
            "int8": figures(None, 1),
            "float32": figures(None, 0),
        },
    }
    first, second = shortfalls(metrics, ["int8", "float32"])
    assert first == "int8 loses 0.020 F1 against float32 on deepcrack_256; 0.01 was allowed."
    assert second.startswith("1 of 4 crack-free pictures of noncrack_walls")


def test_code_without_a_commit_does_not_ship_into_the_repository(walls, monkeypatch, tmp_path):
    folder, recipe = walls
    monkeypatch.setattr(shipping, "WEIGHTS_FOLDER", tmp_path.resolve())
    monkeypatch.setattr(
        shipping, "find_origin", lambda: Origin("a" * 40, ("inference/pipeline.py",))
    )
    with pytest.raises(ValueError, match=r"inference/pipeline\.py among them.*Commit the code"):
        ship_untrained(recipe, folder, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_too_large_a_file_is_refused_and_nothing_is_left(walls, monkeypatch, tmp_path):
    folder, recipe = walls
    monkeypatch.setattr(shipping, "LARGEST_FILE", 1000)
    with pytest.raises(ValueError, match=r"MiB is the limit\. Take a smaller network"):
        ship_untrained(recipe, folder, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_the_commit_is_named_without_marks():
    commit = find_origin().commit
    assert commit is None or (len(commit) == 40 and "-" not in commit)
    assert find_origin(Path("/")).commit is None
    assert Origin("a" * 40, ()).in_words() is None


def test_the_processor_is_named_by_its_kind(tmp_path):
    flags = tmp_path / "cpuinfo"
    flags.write_text("model name\t: A Machine 9000\nflags\t\t: sse avx2 avx512f\n")
    assert processor_family(flags).endswith(", AVX-512")
    assert "9000" not in processor_family(flags)
    assert "," not in processor_family(tmp_path / "none")
