"""The task of patch classes: what it settles, samples, learns, says and refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inference.networks.registry import build_network  # noqa: E402
from inference.training.data.datasets import Labelled, Pair  # noqa: E402
from inference.training.data.patches import CRACK, NO_CRACK, UNDECIDED  # noqa: E402
from inference.training.fit.recipe import (  # noqa: E402
    Augmentation,
    DataSet,
    LossWeights,
    Optimisation,
    Recipe,
)
from inference.training.fit.tasks import find_task  # noqa: E402
from inference.training.fit.tasks.classification import (  # noqa: E402
    Classification,
    _pooled_to_patches,
    labelled_patches,
)

CPU = torch.device("cpu")
STILL = Augmentation(
    scale_range=(1.0, 1.0), retinex=0, shadow=0, rotate=0, light=0, colour=0, channel_order=0,
    grey=0, blur=0, noise=0, jpeg=0, groove=0, sign=0,
)  # fmt: skip


def recipe(**changes) -> Recipe:
    base = Recipe(
        name="t", task="classification", family="mobilenet_cells", terms="none",
        sets=(DataSet("walls", 1.0),), patch_px=64, augmentation=STILL,
        optimisation=Optimisation(crop_px=128, batch=4), loss=LossWeights(auxiliary=1.0),
    )  # fmt: skip
    return replace(base, **changes)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A grey wall of 128 px with one upright crack through its left half."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(150, 5, (128, 128, 1)).repeat(3, axis=2).clip(0, 255).astype(np.uint8)
    mask = np.zeros((128, 128), np.uint8)
    mask[:, 40:43] = 255
    pixels[mask > 0] = 40
    image, drawn = tmp_path / "wall.png", tmp_path / "mask.png"
    cv2.imwrite(str(image), pixels)
    cv2.imwrite(str(drawn), mask)
    return Pair(image, drawn)


@pytest.fixture
def labelled(tmp_path: Path) -> list[Labelled]:
    rng = np.random.default_rng(1)
    found = []
    for name, tone in (("no_crack", 150), ("crack", 60)):
        for number in range(3):
            path = tmp_path / f"{name}{number}.png"
            cv2.imwrite(str(path), rng.normal(tone, 4, (20, 20, 3)).clip(0, 255).astype(np.uint8))
            found.append(Labelled(path, name))
    return found


def test_the_registered_task_is_this_one():
    assert isinstance(find_task("classification"), Classification)


def test_classes_come_from_the_data_where_the_recipe_names_none(labelled, pair):
    task = Classification()
    assert task.settle(recipe(), {"walls": [pair]}).classes == ("no_crack", "crack")
    cables = [*labelled, replace(labelled[0], label="cable")]
    settled = task.settle(recipe(patch_px=0), {"walls": cables})
    assert settled.classes == ("no_crack", "crack", "cable")
    assert settled.patch_px == 128


def test_labels_that_do_not_fit_are_refused_in_words(labelled, pair):
    task = Classification()
    with pytest.raises(ValueError, match="of the class 'crack', which is none of the recipe's"):
        task.settle(recipe(classes=("a", "b")), {"walls": labelled})
    with pytest.raises(ValueError, match="All pictures in the training sets are of the class"):
        task.settle(recipe(), {"walls": labelled[:3]})
    with pytest.raises(ValueError, match="can only teach the classes no_crack and crack"):
        task.settle(recipe(classes=("no_crack", "crack", "cable")), {"walls": [pair]})
    with pytest.raises(ValueError, match="no labelled pictures"):
        task.settle(recipe(), {"walls": []})


def test_a_picture_with_a_mask_teaches_its_cells(pair):
    task = Classification()
    settled = task.settle(recipe(), {"walls": [pair]})
    seen = set()
    for seed in range(20):
        picture, truth = task.sample(settled, pair, np.random.default_rng(seed))
        assert picture.shape == (3, 128, 128) and picture.abs().max() <= 1
        assert truth.shape == (1 + 16,) and truth.dtype == torch.int64
        assert truth[0] == CRACK
        dark = (picture.mean(dim=0) < -0.5).reshape(4, 32, 4, 32).sum(dim=(1, 3)).reshape(-1)
        assert (dark[truth[1:] == CRACK] > 0).all()
        assert (dark[truth[1:] == NO_CRACK] == 0).all()
        seen |= set(truth[1:].tolist())
    assert {NO_CRACK, CRACK} <= seen


def test_the_same_state_gives_the_same_sample(pair):
    task = Classification()
    settled = task.settle(recipe(augmentation=Augmentation()), {"walls": [pair]})
    one, again = (task.sample(settled, pair, np.random.default_rng(7)) for _ in range(2))
    assert torch.equal(one[0], again[0]) and torch.equal(one[1], again[1])


def test_a_labelled_picture_is_one_patch_and_says_nothing_of_a_crack_s_place(labelled):
    task = Classification()
    settled = task.settle(recipe(), {"walls": labelled})
    clean, crack = (
        task.sample(settled, entry, np.random.default_rng(0))
        for entry in (labelled[0], labelled[3])
    )
    assert clean[0].shape == (3, 128, 128)
    assert clean[1].tolist() == [NO_CRACK] * 17
    assert crack[1].tolist() == [CRACK] + [UNDECIDED] * 16


def test_every_class_is_picked_alike(labelled):
    task = Classification()
    settled = task.settle(recipe(), {"walls": labelled})
    few = labelled[2:]  # one clean one, three cracks
    picked = [task.pick(settled, few, np.random.default_rng(n)).label for n in range(60)]
    assert 20 < picked.count("no_crack") < 40


def test_a_patch_holds_what_its_cells_hold():
    labels = torch.full((1, 8, 8), NO_CRACK)
    labels[0, 0, 5] = CRACK
    labels[0, 1, 6] = UNDECIDED
    labels[0, 6, 1] = UNDECIDED
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 1, 7, 7] = 3.0
    pooled, patches = _pooled_to_patches(logits, labels)
    assert patches.tolist() == [[[NO_CRACK, CRACK], [UNDECIDED, NO_CRACK]]]
    assert pooled[0, 1].tolist() == [[0.0, 0.0], [0.0, 3.0]]


def test_cells_are_learnt_and_the_network_tells_patches_apart(pair):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    task = Classification()
    settled = task.settle(recipe(), {"walls": [pair]})
    network = build_network("mobilenet_cells", classes=2)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses = []
    for step in range(14):
        samples = [task.sample(settled, pair, np.random.default_rng([step, k])) for k in range(4)]
        pictures, truth = (torch.stack(each) for each in zip(*samples, strict=True))
        loss = task.loss(network.train()(pictures), truth, settled)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    figures = task.validate(network, {"walls": [pair], "none": []}, CPU, 24)
    assert set(figures) == {"walls"}
    assert {"accuracy", "f1", "auprc", "score"} <= set(figures["walls"])
    (example,) = task.examples(network, {"walls": [pair]}, CPU, 1)
    assert example.truth == "crack" and example.pixels.shape == (64, 64, 3)


def test_nothing_decided_is_no_loss_and_no_error():
    task = Classification()
    logits = torch.zeros(2, 2, requires_grad=True)
    loss = task.loss(logits, torch.full((2, 1), UNDECIDED), recipe())
    loss.backward()
    assert float(loss.detach()) == 0.0


def test_a_network_that_knows_one_class_only_has_collapsed():
    task = Classification()
    fine = {"n_classes": 2.0, "lowest_recall": 0.4}
    blind = {"n_classes": 2.0, "lowest_recall": 0.0}
    clean = {"n_classes": 1.0, "lowest_recall": 1.0}
    assert task.has_collapsed({"a": fine, "b": blind}) is None
    assert task.has_collapsed({"b": clean}) is None
    assert "never recognised" in task.has_collapsed({"a": blind, "b": clean})


def test_test_patches_are_cut_or_whole(pair, labelled):
    patches, labels = labelled_patches([pair, *labelled], ("no_crack", "crack"), 64)
    assert patches.shape == (4 + 6, 64, 64, 3)
    assert labels.tolist() == [1, 0, 1, 0, 0, 0, 0, 1, 1, 1]
