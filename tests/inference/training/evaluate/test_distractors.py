"""False alarms by what a wall without cracks shows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from inference.training.evaluate.distractors import (
    KINDS_FILE,
    RENDERED_KINDS,
    by_kind,
    kind_of,
    rendered_walls,
)
from inference.training.evaluate.metrics import evaluate_picture

NONCRACK = Path("../shared/data/segmentation/noncrack_walls/test/images")


def clean_score(marked_px: int):
    marked = np.zeros((100, 100), np.uint8)
    marked.flat[:marked_px] = 255
    return evaluate_picture(marked, np.zeros((100, 100), np.uint8), 0.5, with_lines=False)


def test_marked_share_by_kind_worst_first():
    found = by_kind([clean_score(0), clean_score(30), clean_score(5)], ["joint", "sign", "joint"])
    assert list(found) == ["sign", "joint"]
    assert found["sign"]["marked_share"] == pytest.approx(0.003)
    assert found["joint"] == {
        "n_images": 2,
        "marked_share": pytest.approx(0.00025),
        "worst_marked_share": pytest.approx(0.0005),
        "n_images_over_0_1_percent": 0,
    }
    assert found["sign"]["n_images_over_0_1_percent"] == 1


def test_a_picture_that_nobody_looked_at_is_unnamed():
    assert kind_of("noncrack_walls", "wall_79_8") == "sign"
    assert kind_of("noncrack_walls", "wall_0_0") == "unnamed"
    assert kind_of("pier_7", "wall_79_8") == "unnamed"


@pytest.mark.skipif(not NONCRACK.is_dir(), reason="the shared data is not here")
def test_every_crack_free_test_picture_has_a_kind():
    named = tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))["noncrack_walls"]
    assert set(named) == {path.stem for path in NONCRACK.iterdir()}


@pytest.mark.parametrize("kind", RENDERED_KINDS)
def test_every_kind_can_be_rendered(kind):
    (pixels,) = rendered_walls(kind, 1)
    assert pixels.shape == (512, 512, 3)
    assert pixels.dtype == np.uint8


def test_a_rendered_kind_is_repeatable_and_shows_what_it_says():
    # The seed of a kind is its own, so a joint is compared with the same walls rendered again.
    first, again = (list(rendered_walls("joint", 2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="Kinds: plain"):
        list(rendered_walls("ufo", 1))
