"""A training without a recipe: sensible for any folder, and its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.training.fit.defaults import Wishes, default_recipe
from inference.training.fit.recipe import read_recipe
from inference.training.fit.report.recipe_text import recipe_text
from tests.inference.training.walls import write_walls


@pytest.fixture
def bridge(tmp_path) -> Path:
    write_walls(tmp_path / "bridge", "train", 9, cracked=True, side=40)
    return tmp_path / "bridge"


def test_one_folder_becomes_one_set(bridge):
    recipe = default_recipe(Wishes("segmentation", "mobilenet_unet", [bridge]))
    (only,) = recipe.sets
    assert recipe.name == "mobilenet-unet-bridge"
    assert only.layout == "folders"
    assert Path(only.path) == bridge.resolve()
    assert only.kind == "concrete"
    assert only.weight == 3.0
    assert only.on_duplicates == "refuse"
    assert recipe.optimisation.patience > 0
    # Nothing was pretrained, so nothing learns at the slow rate.
    assert recipe.optimisation.rate_encoder == recipe.optimisation.rate_decoder


def test_a_folder_of_tasks_becomes_its_sets_and_clean_ones_are_known(tmp_path):
    write_walls(tmp_path / "segmentation" / "pier", "train", 4, cracked=True, side=40)
    write_walls(tmp_path / "segmentation" / "plain", "train", 4, cracked=False, side=40)
    recipe = default_recipe(Wishes("segmentation", "unet", [tmp_path]))
    assert {each.name: each.kind for each in recipe.sets} == {"pier": "concrete", "plain": "clean"}


def test_folders_of_one_name_stay_apart(bridge, tmp_path):
    write_walls(tmp_path / "other" / "bridge", "train", 4, cracked=True, side=40)
    folders = [bridge, tmp_path / "other" / "bridge"]
    recipe = default_recipe(Wishes("segmentation", "unet", folders))
    assert [each.name for each in recipe.sets] == ["bridge", "bridge_again1"]


def test_the_recipe_can_be_written_and_read(bridge, tmp_path):
    recipe = default_recipe(Wishes("segmentation", "segformer", [bridge], terms='mine "own"'))
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(recipe), encoding="utf-8")
    assert read_recipe(path) == recipe


@pytest.mark.parametrize(
    ("task", "family", "sentence"),
    [
        ("segmentation", "resnet50", "does classification, not segmentation"),
        ("segmentation", "nosuchnet", "There is no network family"),
        ("classification", "resnet50", "holds pictures for segmentation, not for classification"),
    ],
)
def test_a_wish_that_does_not_fit_is_named(bridge, task, family, sentence):
    with pytest.raises(ValueError, match=sentence):
        default_recipe(Wishes(task, family, [bridge]))
