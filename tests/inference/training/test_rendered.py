"""Rendered training sets: as many as asked for, resumable, clean where clean was asked for."""

from __future__ import annotations

import pytest

from inference.training import rendered
from inference.training.datasets import pair_by_stem, read_pair
from inference.training.recipe import DataSet


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
