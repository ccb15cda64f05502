"""Recognising a layout; sentences for a folder without a layout, or with several."""

from __future__ import annotations

import pytest

from inference.training.data.layouts import LAYOUTS, read_layout
from tests.inference.training.data.layouts.made_up import mask, picture


def test_an_unknown_folder_lists_what_was_looked_for(tmp_path):
    picture(tmp_path / "holiday" / "a.jpg")
    with pytest.raises(ValueError, match="laid out in no known way") as error:
        read_layout(tmp_path)
    assert all(f"{name}: {each.looks_for}" in str(error.value) for name, each in LAYOUTS.items())


def test_a_folder_of_two_layouts_asks_which(tmp_path):
    picture(tmp_path / "Positive" / "a.jpg")
    picture(tmp_path / "Negative" / "a.jpg")
    picture(tmp_path / "images" / "a.jpg")
    mask(tmp_path / "masks" / "a.png")
    with pytest.raises(ValueError, match="folders or ccic"):
        read_layout(tmp_path)
    assert read_layout(tmp_path, "ccic").layout == "ccic"


def test_missing_folder_and_unknown_layout(tmp_path):
    with pytest.raises(ValueError, match=r"no folder .*nowhere"):
        read_layout(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no layout 'kitti'\. Known: folders, deepcrack"):
        read_layout(tmp_path, "kitti")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_folder_is_refused_by_every_layout(tmp_path, layout):
    with pytest.raises(ValueError) as error:
        read_layout(tmp_path, layout)
    assert str(tmp_path) in str(error.value)


def test_sites_beside_the_pictures(tmp_path):
    for name in ("a", "b"):
        picture(tmp_path / "images" / f"{name}.jpg")
        mask(tmp_path / "masks" / f"{name}.png")
    table = tmp_path / "sites.csv"
    table.write_text("photo,site\na.jpg,Pier 2\nimages/b.jpg,Hall\n", encoding="utf-8-sig")
    assert [entry.site for entry in read_layout(tmp_path).parts["all"]] == ["Pier 2", "Hall"]
    table.write_text("photo,site\na.jpg,Pier 2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"sites\.csv has no line for images/b\.jpg"):
        read_layout(tmp_path)
    table.write_text("photo;site\na.jpg;Pier 2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"sites\.csv: the first line must be photo,site"):
        read_layout(tmp_path)
    table.write_text("photo,site\na.jpg,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"sites\.csv, line 2: a photo or site is missing"):
        read_layout(tmp_path)
