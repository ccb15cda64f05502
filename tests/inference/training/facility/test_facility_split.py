"""A facility's photos: whole sites are held back, repeats are left out, doubts are said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.training.data.datasets import Dataset, Pair
from inference.training.facility.split import split_facility
from tests.inference.training.walls import draw_wall


def photos(folder, sites, *, cracked=lambda number: True, same=()):
    """A data set of one photo for each entry of ``sites``; those in ``same`` repeat number 0."""
    pairs = []
    for number, site in enumerate(sites):
        seed = 0 if number in same else number
        pixels, mask = draw_wall(seed, 160, cracked=cracked(number))
        rng = np.random.default_rng(seed)
        for _ in range(25):  # something to tell the walls apart by
            centre = tuple(int(v) for v in rng.integers(0, 160, 2))
            cv2.circle(
                pixels, centre, int(rng.integers(2, 14)), rng.integers(0, 255, 3).tolist(), -1
            )
        image, truth = folder / f"p{number:02d}.png", folder / f"p{number:02d}.mask.png"
        cv2.imwrite(str(image), pixels[..., ::-1])
        cv2.imwrite(str(truth), mask)
        pairs.append(Pair(image, truth, site=site))
    return Dataset("folders", "segmentation", {"all": tuple(pairs)}, ("crack",))


def test_whole_sites_are_held_back(tmp_path):
    dataset = photos(tmp_path, [f"pier {n // 3}" for n in range(18)])
    split = split_facility(dataset, tmp_path / "small", seed=1)
    sites = [{pair.site for pair in part} for part in (
        split.training, split.validation, split.held_out
    )]  # fmt: skip
    assert split.by == "site"
    assert not sites[0] & sites[1] | sites[0] & sites[2] | sites[1] & sites[2]
    assert set.union(*sites) == {f"pier {n}" for n in range(6)}
    assert len(split.held_out) >= 4
    assert not split.left_out
    assert split == split_facility(dataset, tmp_path / "small", seed=1)


def test_one_site_is_split_by_photo_and_that_is_said(tmp_path):
    dataset = photos(tmp_path, ["hall"] * 10)
    split = split_facility(dataset, tmp_path / "small", seed=0)
    assert split.by == "photo"
    assert len(split.training) >= 5
    assert len(split.held_out) >= 2
    assert any("too few to hold one back" in note for note in split.notes)
    assert any("the gain is uncertain" in note for note in split.notes)


def test_photos_that_repeat_a_held_out_one_do_not_train(tmp_path):
    dataset = photos(tmp_path, [None] * 12, same=range(6))
    split = split_facility(dataset, tmp_path / "small", seed=0)
    repeats = {f"p{n:02d}" for n in range(6)}
    if repeats & {pair.stem for pair in split.held_out}:
        assert not repeats & {pair.stem for pair in (*split.training, *split.validation)}
        assert split.left_out
        assert any("left out" in note for note in split.notes)
    else:
        assert not split.left_out


def test_cracks_are_wanted_in_every_part(tmp_path):
    few = photos(tmp_path, [f"s{n}" for n in range(12)], cracked=lambda n: n in (2, 5, 9))
    split = split_facility(few, tmp_path / "small", seed=0)
    for part in (split.training, split.validation, split.held_out):
        assert {pair.stem for pair in part} & {"p02", "p05", "p09"}


def test_too_few_photos_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 6 reviewed photos, there are 4"):
        split_facility(photos(tmp_path, ["a"] * 4), tmp_path / "small", seed=0)


def test_no_cracks_are_refused(tmp_path):
    clean = photos(tmp_path, ["a", "b", "c", "d", "e", "f"], cracked=lambda n: False)
    with pytest.raises(ValueError, match="Too few photos with cracks"):
        split_facility(clean, tmp_path / "small", seed=0)
