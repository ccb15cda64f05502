"""The sets of a recipe: read by layout, checked, split, free of repetitions."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.training.data.datasets import Labelled, Pair
from inference.training.data.gather import gather, load_split, save_split
from inference.training.fit.recipe import DataSet, Recipe
from tests.inference.training.walls import draw_wall, write_walls


def recipe(*sets: DataSet, task: str = "segmentation", share: float = 0.25) -> Recipe:
    return Recipe(
        name="tiny",
        task=task,
        family="mobilenet_unet",
        terms="Trained on made-up walls.",
        sets=sets,
        seed=3,
        validation_share=share,
    )


def names(entries) -> list[str]:
    return [entry.image.name for entry in entries]


def test_a_folder_anywhere_in_any_layout(tmp_path):
    own = tmp_path / "elsewhere"
    write_walls(own, "train", 8, cracked=True)
    for part, name in (("train/images", "train_img"), ("train/masks", "train_lab")):
        (own / part).rename(own / name)
    each = DataSet("own", 1.0, path=str(own), on_duplicates="refuse")
    data = gather(recipe(each), tmp_path / "data", tmp_path / "rendered")
    assert len(data.training["own"]) == 6
    assert len(data.validation["own"]) == 2
    assert all(isinstance(entry, Pair) for entry in data.training["own"])


def test_the_layout_s_own_validation_part_is_taken(tmp_path):
    write_walls(tmp_path / "segmentation" / "own", "train", 5, cracked=True)
    write_walls(tmp_path / "segmentation" / "own", "validation", 3, cracked=True, seed=50)
    data = gather(recipe(DataSet("own", 1.0)), tmp_path, tmp_path / "rendered")
    assert (len(data.training["own"]), len(data.validation["own"])) == (5, 3)


def test_class_folders_for_classification(tmp_path):
    for kind, cracked in (("crack", True), ("no_crack", False)):
        folder = tmp_path / "classification" / "own" / "train" / kind
        folder.mkdir(parents=True)
        for number in range(4):
            pixels, _ = draw_wall(number + 10 * cracked, 96, cracked=cracked)
            cv2.imwrite(str(folder / f"{number}.jpg"), pixels)
    each = recipe(DataSet("own", 1.0), task="classification")
    data = gather(each, tmp_path, tmp_path / "rendered")
    entries = (*data.training["own"], *data.validation["own"])
    assert all(isinstance(entry, Labelled) for entry in entries)
    assert sorted(entry.label for entry in entries) == ["crack"] * 4 + ["no_crack"] * 4
    # the two classes have files of the same names
    save_split(data, tmp_path / "split.json")
    assert load_split(tmp_path / "split.json", each, tmp_path, tmp_path / "rendered") == data
    masks_wanted = recipe(DataSet("own", 1.0, path="classification/own"))
    with pytest.raises(ValueError, match="not where they are"):
        gather(masks_wanted, tmp_path, tmp_path / "rendered")


def test_a_split_of_bare_file_names_is_still_read(tmp_path):
    write_walls(tmp_path / "segmentation" / "own", "train", 5, cracked=True)
    (tmp_path / "split.json").write_text(
        '{"training": {"own": ["wall_03.jpg"]}, "validation": {"own": []}, "left_out": []}',
        encoding="utf-8",
    )
    each = recipe(DataSet("own", 1.0))
    data = load_split(tmp_path / "split.json", each, tmp_path, tmp_path / "rendered")
    assert names(data.training["own"]) == ["wall_03.jpg"]


def test_sites_stay_together(tmp_path):
    own = tmp_path / "segmentation" / "own"
    write_walls(own, "train", 8, cracked=True)
    lines = ["photo,site", *(f"wall_{n:02d}.jpg,pier {n % 4}" for n in range(8))]
    (own / "sites.csv").write_text("\n".join(lines), encoding="utf-8")
    data = gather(recipe(DataSet("own", 1.0)), tmp_path, tmp_path / "rendered")
    sides = [{e.site for e in part["own"]} for part in (data.training, data.validation)]
    assert sides[1]
    assert not sides[0] & sides[1]


@pytest.fixture
def repeating(tmp_path):
    """A set whose picture wall_02 of eight is a test picture too, turned."""
    own = tmp_path / "segmentation" / "own"
    write_walls(own, "train", 8, cracked=True)
    write_walls(own, "test", 2, cracked=True, seed=100)
    picture = cv2.imread(str(own / "train" / "images" / "wall_02.jpg"))
    cv2.imwrite(str(own / "test" / "images" / "wall_01.jpg"), np.rot90(picture))
    return tmp_path


def test_repetitions_are_left_out_where_the_recipe_says_so(repeating):
    data = gather(recipe(DataSet("own", 1.0)), repeating, repeating / "rendered")
    assert "wall_02.jpg" not in names((*data.training["own"], *data.validation["own"]))
    assert [each.kept_out.name for each in data.left_out] == ["wall_02.jpg"]


def test_repetitions_are_refused_in_a_person_s_data(repeating):
    each = recipe(DataSet("own", 1.0, on_duplicates="refuse"))
    with pytest.raises(ValueError, match=r"1 pictures of .*own repeat .*wall_02\.jpg") as error:
        gather(each, repeating, repeating / "rendered")
    assert "sites.csv" in str(error.value)
    assert "wall_01.jpg (thumbnails correlate at" in str(error.value)


def test_repetitions_between_training_and_validation_are_refused_too(tmp_path):
    own = tmp_path / "segmentation" / "own"
    write_walls(own, "train", 5, cracked=True)
    write_walls(own, "validation", 3, cracked=True, seed=50)
    again = own / "validation" / "images" / "wall_02.jpg"
    again.write_bytes((own / "train" / "images" / "wall_04.jpg").read_bytes())
    each = DataSet("own", 1.0, on_duplicates="refuse")
    with pytest.raises(ValueError, match=r"train/images/wall_04\.jpg and .*images/wall_02\.jpg"):
        gather(recipe(each), tmp_path, tmp_path / "rendered")


def test_a_person_s_data_must_not_repeat_the_test_pictures_of_another_set(tmp_path):
    write_walls(tmp_path / "segmentation" / "old", "test", 2, cracked=True, seed=100)
    own = tmp_path / "own"
    write_walls(own, "train", 5, cracked=True)
    old = tmp_path / "segmentation" / "old" / "test" / "images" / "wall_00.jpg"
    (own / "train" / "images" / "wall_03.jpg").write_bytes(old.read_bytes())
    each = DataSet("own", 1.0, path="own", on_duplicates="refuse")
    with pytest.raises(ValueError, match=r"wall_03\.jpg and .*old/test/images/wall_00\.jpg"):
        gather(recipe(each), tmp_path, tmp_path / "rendered")


def spoil(folder: Path, how: str) -> None:
    images, masks = folder / "train" / "images", folder / "train" / "masks"
    if how == "broken picture":
        data = (images / "wall_01.jpg").read_bytes()
        (images / "wall_01.jpg").write_bytes(data[: len(data) // 2])
    elif how == "other size":
        cv2.imwrite(str(masks / "wall_01.png"), np.zeros((50, 96), np.uint8))
    elif how == "no cracks":
        for mask in masks.iterdir():
            cv2.imwrite(str(mask), np.zeros((96, 96), np.uint8))
    elif how == "inverted":
        for mask in masks.iterdir():
            cv2.imwrite(str(mask), 255 - cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE))
    elif how == "empty":
        for image in images.iterdir():
            image.unlink()


@pytest.mark.parametrize(
    ("how", "kind", "sentence"),
    [
        ("broken picture", "other", r"wall_01\.jpg cannot be read as a picture"),
        ("other size", "other", r"wall_01\.png is 96x50 px.*wall_01\.jpg is 96x96"),
        ("no cracks", "concrete", r"No mask in .*own marks a crack.*kind"),
        ("inverted", "other", "seem to be inverted"),
        ("empty", "other", r"no pictures in .*images"),
        ("nothing", "clean", r"wall_00\.png marks a crack in wall_00\.jpg, but its set"),
    ],
)
def test_a_mistake_is_found_before_the_training(tmp_path, how, kind, sentence):
    write_walls(tmp_path / "segmentation" / "own", "train", 5, cracked=True)
    spoil(tmp_path / "segmentation" / "own", how)
    each = DataSet("own", 1.0, kind=kind)
    with pytest.raises(ValueError, match=sentence):
        gather(recipe(each), tmp_path, tmp_path / "rendered")


def test_a_set_of_tests_only_leaves_nothing_to_train_on(tmp_path):
    write_walls(tmp_path / "segmentation" / "own", "test", 5, cracked=True)
    with pytest.raises(ValueError, match=r"own leaves nothing to train on"):
        gather(recipe(DataSet("own", 1.0)), tmp_path, tmp_path / "rendered")
