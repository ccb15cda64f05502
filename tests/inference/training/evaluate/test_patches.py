"""A classifier over test sets: labelled pictures as they are, masks cut into patches."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

pytest.importorskip("torch")

from inference.training.evaluate.patches import (
    compare_patches,
    evaluate_patches,
    find_patch_sets,
    patch_figures,
)
from inference.training.evaluate.tables import patch_comparison_table, patch_table
from inference.types import ModelInfo
from tests.inference.training.walls import write_walls

pytestmark = pytest.mark.torch


class DarkPatches:
    """A classifier that calls a patch with dark pixels crack: simple, but no mock around it."""

    patch_px = 48

    def __init__(self, classes=("no_crack", "crack"), below: float = 80.0) -> None:
        self.info = ModelInfo("dark-patches", "", "test", 0.5, "Test.")
        self.classes, self.below = classes, below

    def predict(self, patches: np.ndarray) -> np.ndarray:
        dark = (patches.mean(axis=-1) < self.below).mean(axis=(1, 2))
        crack = np.clip(dark * 40, 0.02, 0.98)
        rest = (1 - crack) / (len(self.classes) - 1)
        columns = [crack if name == "crack" else rest for name in self.classes]
        return np.stack(columns, axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    masks = folder / "segmentation"
    write_walls(masks / "cfd", "test", 4, cracked=True)
    write_walls(masks / "noncrack_walls", "test", 2, cracked=False, seed=40)
    for label, cracked in (("crack", True), ("no_crack", False)):
        write_walls(folder / label, "drawn", 3, cracked=cracked, seed=70, side=64)
        target = folder / "classification" / "bricks" / "test" / label
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder / label / "drawn" / "images", target)
    return folder


@pytest.fixture(scope="module")
def evaluated(data):
    return {
        name: evaluate_patches(DarkPatches(), each) for name, each in find_patch_sets(data).items()
    }


def test_labelled_sets_come_with_those_that_are_cut(data):
    found = find_patch_sets(data)
    assert set(found) == {"bricks", "noncrack_walls", "cfd"}
    assert len(found["bricks"]) == 6
    assert set(find_patch_sets(data, ["roads"])) == {"cfd"}
    with pytest.raises(ValueError, match="no test set 'brick'"):
        find_patch_sets(data, ["brick"])


def test_patches_know_their_picture_and_their_label(evaluated):
    cut, clean = evaluated["cfd"], evaluated["noncrack_walls"]
    assert 0 < len(cut.labels) <= 16
    assert set(np.unique(cut.picture)) <= set(range(4))
    assert cut.labels.max() == 1
    assert clean.labels.tolist() == [0] * 8
    assert evaluated["bricks"].labels.tolist() == [1, 1, 1, 0, 0, 0]


def test_the_report_has_interval_and_n(evaluated):
    found = patch_figures(evaluated["cfd"], "cfd", 0.5)
    assert found["group"] == "roads"
    assert found["n_images"] == 4
    assert found["n_patches"] == len(evaluated["cfd"].labels)
    low, high = found["intervals"]["accuracy"]
    assert low <= found["accuracy"] <= high
    low, high = found["intervals"]["f1"]
    assert low <= found["f1"] <= high
    assert patch_figures(evaluated["bricks"], "bricks", 0.5)["group"] == "labelled"


def test_clean_patches_have_an_accuracy_and_no_f1(evaluated):
    found = patch_figures(evaluated["noncrack_walls"], "noncrack_walls", 0.5)
    assert found["accuracy"] is not None
    assert found["intervals"]["f1"] == [None, None]


def test_a_model_of_more_kinds_is_evaluated_by_crack_where_that_is_all_there_is(data):
    kinds = DarkPatches(("cable", "crack", "joint"))
    found = evaluate_patches(kinds, find_patch_sets(data, ["cfd"])["cfd"])
    plain = evaluate_patches(DarkPatches(), find_patch_sets(data, ["cfd"])["cfd"])
    assert found.classes == ("no_crack", "crack")
    assert np.allclose(found.probabilities, plain.probabilities)


def test_a_model_that_knows_no_crack_is_refused(data):
    with pytest.raises(ValueError, match="does not know cracks, only cable, joint"):
        evaluate_patches(DarkPatches(("cable", "joint")), find_patch_sets(data, ["cfd"])["cfd"])


def test_comparison_is_paired_over_pictures(data, evaluated):
    blind = evaluate_patches(DarkPatches(below=10.0), find_patch_sets(data, ["cfd"])["cfd"])
    compared = compare_patches(evaluated["cfd"], blind, 0.5, 0.5)
    assert compared["f1"]["value"] > 0
    assert compared["accuracy"]["n_images"] == 4
    assert compared["accuracy"]["low"] <= compared["accuracy"]["value"]
    lines = patch_comparison_table("one", "other", {"cfd": compared})
    assert "one less other" in lines[0]


def test_the_table_says_patches_and_groups(evaluated):
    report = {
        "model": "dark-patches", "runtime": "test", "threshold": 0.5,
        "sets": {name: patch_figures(each, name, 0.5) for name, each in evaluated.items()},
    }  # fmt: skip
    lines = patch_table(report)
    assert "labelled:" in lines
    assert "roads:" in lines
    assert any(line.startswith("cfd") and "[" in line for line in lines)
