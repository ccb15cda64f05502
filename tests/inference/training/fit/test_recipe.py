"""Recipes: what is read, and the sentence that a mistake gets."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import inference.training
from inference.networks.registry import FAMILIES
from inference.training.fit.recipe import read_recipe, recipe_of, with_budget
from tests.inference.training.walls import RECIPE

RECIPES = Path(inference.training.__file__).parent / "recipes"


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_house_reads(path):
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert recipe.family in FAMILIES
    assert recipe.terms.startswith("Trained on ")
    if recipe.task == "segmentation":  # these decide the threshold
        assert any(each.kind == "concrete" for each in recipe.sets)
        assert any(each.kind == "clean" for each in recipe.sets)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("batch = 4", "batches = 4"), r"unknown entry batches; known here: .*batch"),
        (('kind = "clean"', 'kind = "tidy"'), "must be concrete, clean, other or surface_kinds"),
        (("weight = 0.3", "weight = 0"), "weight must be above 0"),
        (('name = "tiny"', 'name = "tiny'), "not valid TOML"),
        (('task = "segmentation"', ""), "task"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path, change, sentence):
    path = write(tmp_path, RECIPE.replace(*change))
    with pytest.raises(ValueError, match=sentence) as error:
        read_recipe(path)
    assert str(path) in str(error.value)


def test_a_recipe_without_sets_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nothing to train on"):
        read_recipe(write(tmp_path, RECIPE.split("[sets.cracked]")[0]))


def test_a_checkpoint_of_before_says_that_it_had_no_teacher():
    of_before = {**tomllib.loads(RECIPE), "teacher": None}
    assert recipe_of(of_before, "x") == recipe_of(tomllib.loads(RECIPE), "x")
    with pytest.raises(ValueError, match="unknown entry teacher"):
        recipe_of({**of_before, "teacher": {"family": "unet", "weights": "w.pt"}}, "x")


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ValueError, match="There is no recipe"):
        read_recipe(tmp_path / "none.toml")


def test_the_command_line_may_change_the_budget(tmp_path):
    recipe = with_budget(read_recipe(write(tmp_path, RECIPE)), minutes=2.5)
    assert recipe.optimisation.minutes == 2.5
    assert recipe.optimisation.steps == 150
