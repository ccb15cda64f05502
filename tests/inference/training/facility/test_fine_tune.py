"""A facility's photos make a new model beside the shipped one; gain and loss are measured."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial

import cv2
import pytest

torch = pytest.importorskip("torch")

from inference.__main__ import main  # noqa: E402
from inference.runtime.registry import load_model  # noqa: E402
from inference.training.data.datasets import pair_by_stem  # noqa: E402
from inference.training.facility import recipe as module  # noqa: E402
from inference.training.facility.choice import between, choose_between  # noqa: E402
from inference.training.facility.fine_tune import fine_tune  # noqa: E402
from inference.training.facility.outcome import Outcome, Row  # noqa: E402
from inference.training.facility.recipe import Facility  # noqa: E402
from inference.training.fit.loop import CHECKPOINT_NAME  # noqa: E402
from inference.training.fit.recipe import Optimisation, Shipping, read_recipe  # noqa: E402
from inference.training.fit.session import Session, train_and_ship  # noqa: E402
from inference.training.fit.tasks.segmentation import Segmentation  # noqa: E402
from tests.inference.training.walls import draw_wall, write_data  # noqa: E402

pytestmark = pytest.mark.long


PHOTO_PX = 128
TILE_PX = 256  # no pictures are larger, and it is not what a model has by default


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A folder with old data and ``models/tiny``, which has not learnt much yet."""
    folder = tmp_path_factory.mktemp("shipped")
    recipe = read_recipe(write_data(folder))
    short = replace(recipe.optimisation, steps=25, minutes=math.inf)
    session = Session(folder, folder / "run", folder / "models", threads=1, workers=0)
    recipe = replace(
        recipe, optimisation=short, shipping=Shipping(tile_px=TILE_PX, rendered_walls=0)
    )
    train_and_ship(recipe, session, say=lambda _: None)
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Twelve reviewed photos of four piers; layout: images and masks, and who stands where."""
    folder = tmp_path_factory.mktemp("Pier 7")
    for part in ("images", "masks"):
        (folder / part).mkdir()
    lines = ["photo,site"]
    for number in range(12):
        pixels, mask = draw_wall(700 + number, PHOTO_PX, cracked=number % 4 != 3)
        cv2.imwrite(str(folder / "images" / f"{number:02d}.jpg"), pixels[..., ::-1])
        cv2.imwrite(str(folder / "masks" / f"{number:02d}.png"), mask)
        lines.append(f"{number:02d}.jpg,pier {number // 3}")
    (folder / "sites.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(module, "RATES", (2e-3, 4e-3))
    monkeypatch.setattr(module, "CALIBRATION_TILES", 4)
    # As large as the photos: by default they would be enlarged to five times the pixels.
    monkeypatch.setattr(module, "Optimisation", partial(Optimisation, crop_px=PHOTO_PX))


def facility_of(shipped, photos, out, **entries):
    return Facility(
        data=photos,
        out=out,
        model="tiny",
        known_models=shipped / "models",
        name="tiny-pier-7",
        threads=1,
        workers=0,
        **entries,
    )


def test_the_facility_gets_a_better_model_of_its_own(shipped, photos, tmp_path, quick):
    lines: list[str] = []
    facility = facility_of(shipped, photos, tmp_path, steps=60, rehearse=shipped, old_tests=shipped)
    folder = fine_tune(facility, say=lines.append)
    assert folder == tmp_path / "models" / "tiny-pier-7"
    assert load_model("tiny-pier-7", threads=1, folder=tmp_path / "models").tile_px == TILE_PX

    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["fine_tuned_from"]["model"] == "tiny"
    tuning = card["fine_tuning"]
    assert tuning["split_by"] == "site"
    assert sum(tuning["photos"].values()) == 12
    assert 0 < tuning["way_kept"] <= 1
    own = tuning["measured"]["facility"]
    assert own["after"] > own["before"] + 0.05
    assert {each["set"] for each in tuning["measured"]["old_test_sets"]} == {"cracked", "clean"}
    assert tuning["in_words"] == lines[-1]
    assert "held-out photos F1 went from" in lines[-1]
    assert "On the old test sets it changed by" in lines[-1]
    assert any("old pictures of 2 sets are mixed in" in line for line in lines)

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Gained and lost" in page
    split = json.loads((tmp_path / "split.json").read_text(encoding="utf-8"))
    assert not set(split["held_out"]) & {*split["training"], *split["validation"]}
    # What was shipped before is as it was.
    assert load_model("tiny", threads=1, folder=shipped / "models").info.name == "tiny"


def test_where_nothing_is_gained_the_shipped_model_stays(
    shipped, photos, tmp_path, quick, monkeypatch
):
    def told(self, network, validation, device, limit):
        """The way from the start makes everything worse."""
        way = float(sum(p.detach().abs().sum() for p in network.parameters()))
        start = float(sum(p.abs().sum() for p in at_start.values()))
        score = 1 / (1 + abs(way - start))
        return {"pier_7": {"score": score, "f1": score, "recall": 1.0, "true_share": 0.1}}

    network = torch.load(shipped / "run" / CHECKPOINT_NAME, weights_only=True)["averaged"]
    names = {name for name, value in network.items() if "running" not in name}
    at_start = {n: network[n] for n in names if not n.endswith("num_batches_tracked")}
    monkeypatch.setattr(Segmentation, "validate", told)
    lines: list[str] = []
    facility = facility_of(
        shipped, photos, tmp_path, steps=4, start=shipped / "run" / CHECKPOINT_NAME
    )
    assert fine_tune(facility, say=lines.append) is None
    assert "no model was written" in lines[-1]
    assert not (tmp_path / "models").exists()
    assert (tmp_path / "report.html").is_file()


def test_the_command_says_what_is_missing(photos, tmp_path, capsys):
    code = main(["fine-tune", "--data", str(photos), "--out", str(tmp_path), "--name", "screen"])
    assert code == 1
    assert "screen is the name of a shipped model" in capsys.readouterr().err
    code = main(["fine-tune", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "o"),
                 "--start", str(tmp_path / "x.pt")])  # fmt: skip
    assert code == 1
    assert "There is no folder" in capsys.readouterr().err


def test_no_example_is_shown_twice(shipped):
    pairs = pair_by_stem(*(shipped / "segmentation/cracked/train" / p for p in ("images", "masks")))
    network = torch.nn.Conv2d(3, 1, 1)
    shown = Segmentation().examples(
        network, {"few": pairs[:3], "none": [], "many": pairs}, torch.device("cpu"), 8
    )
    titles = [each.title for each in shown]
    assert len(titles) == len(set(titles)) == 7
    assert sum(title.startswith("few/") for title in titles) == 3


def test_between_is_a_straight_line():
    start = {"w": torch.zeros(3), "n": torch.tensor(4)}
    end = {"w": torch.tensor([4.0, 8.0, -4.0]), "n": torch.tensor(9)}
    quarter = between(start, end, 0.25)
    assert quarter["w"].tolist() == [1.0, 2.0, -1.0]
    assert int(quarter["n"]) == 9


def test_the_nearest_of_equally_good_steps_is_kept(monkeypatch, tmp_path):
    """Three scores within noise of the best: the one that moved least wins."""
    recipe = read_recipe(write_data(tmp_path))
    scores = iter([0.50, 0.70, 0.712, 0.714, 0.71])

    def told(self, *_):
        score = next(scores)
        return {"cracked": {"score": score, "f1": score, "recall": 1.0, "true_share": 0.1}}

    monkeypatch.setattr(Segmentation, "validate", told)
    network = torch.nn.Conv2d(1, 1, 1)
    start = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    choice = choose_between(start, network, recipe, {}, lambda _: None)
    assert choice.step == 0.5
    torch.testing.assert_close(choice.network.weight, network.weight * 0.5)


def row(name, before, after, figure="F1", n=9):
    return Row(name, n, figure, before, after, after - before - 0.05, after - before + 0.05)


def test_gain_stands_beside_loss():
    outcome = Outcome(
        row("pier", 0.5, 0.75, n=4),
        (
            row("deepcrack_256", 0.8, 0.79),
            row("concrete_wall_photos", 0.7, 0.66),
            row("cfd", 0.5, 0.4),
            row("noncrack_walls", 0.0001, 0.0002, figure="marked"),
        ),
    )
    said = outcome.sentence()
    assert "4 held-out photos F1 went from 0.500 to 0.750 (+0.250 [+0.200, +0.300])" in said
    assert "changed by -0.025 (mean of deepcrack_256, concrete_wall_photos)" in said
    assert "least well on cfd: -0.100" in said
    assert "Of noncrack_walls, where nothing is a crack, it marks 0.020% instead of 0.010%" in said
    table = outcome.lines()
    assert len(table) == 7
    assert "0.010%" in table[5]
    assert "0.020%" in table[5]


def test_without_old_sets_it_says_that_the_loss_is_unknown():
    assert "could not be measured" in Outcome(row("pier", 0.5, 0.6), ()).sentence()
