"""Rendered training sets: as many as asked for, resumable, clean where clean was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.render.surface_kinds import SURFACE_KINDS
from inference.training.data import rendered
from inference.training.data.datasets import pair_by_stem, read_pair
from inference.training.data.layouts import read_layout
from inference.training.fit.recipe import DataSet, read_recipe
from inference.training.fit.tasks import find_task

RECIPES = Path(rendered.__file__).parents[1] / "recipes"


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(rendered, "SIDE_PX", 128)


def test_a_set_is_rendered_once_and_goes_on(tmp_path):
    rendered.render_set(DataSet("a", 1.0, rendered=2, first_seed=5), tmp_path)
    first = tmp_path / "images" / "000005.png"
    before = first.stat().st_mtime_ns
    rendered.render_set(DataSet("a", 1.0, rendered=3, first_seed=5), tmp_path)
    pairs = pair_by_stem(tmp_path / "images", tmp_path / "masks")
    assert [pair.stem for pair in pairs] == ["000005", "000006", "000007"]
    assert first.stat().st_mtime_ns == before
    for pair in pairs:
        pixels, mask = read_pair(pair)
        assert pixels.shape == (128, 128, 3)
        assert mask.shape == (128, 128)


def test_clean_sets_have_no_cracks(tmp_path):
    rendered.render_set(DataSet("b", 1.0, kind="clean", rendered=3, first_seed=9), tmp_path)
    for pair in pair_by_stem(tmp_path / "images", tmp_path / "masks"):
        assert not read_pair(pair)[1].any()


@pytest.mark.torch
def test_surface_kinds_are_rendered_into_folders_that_training_reads(tmp_path):
    pytest.importorskip("torch")
    recipe = read_recipe(RECIPES / "surface-kinds.toml")
    (kinds,) = recipe.sets
    rendered.render_set(replace(kinds, rendered=1), tmp_path / kinds.name / "train")
    found = read_layout(tmp_path / kinds.name, "folders").parts["train"]
    assert {entry.label for entry in found} == set(SURFACE_KINDS) == set(recipe.classes)
    assert recipe.classes[0] == SURFACE_KINDS[0]  # what is left where nothing is seen
    settled = find_task("classification").settle(recipe, {kinds.name: found})
    picture, truth = find_task("classification").sample(settled, found[0], np.random.default_rng(0))
    assert picture.shape == (3, 160, 160)
    assert settled.classes[int(truth[0])] == found[0].label


def test_surface_kinds_are_always_rendered():
    with pytest.raises(ValueError, match="surface_kinds are rendered: say how many"):
        DataSet("kinds", 1.0, kind="surface_kinds")
