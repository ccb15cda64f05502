"""Pictures that repeat across a split are found; pictures that only look alike are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.training.duplicates import same_photographs, same_pictures


def stones(seed: int, side: int) -> np.ndarray:
    """A face with plenty of distinct blobs, (side, side) grey."""
    rng = np.random.default_rng(seed)
    face = np.full((side, side), 128, np.uint8)
    for _ in range(side * side // 400):
        x, y, radius = (int(v) for v in rng.integers((0, 0, 3), (side, side, 14)))
        cv2.circle(face, (x, y), radius, int(rng.integers(30, 230)), -1)
    return cv2.GaussianBlur(face, (0, 0), 1.0)


def write(path, picture):
    cv2.imwrite(str(path), picture)
    return path


@pytest.mark.parametrize("turn", ["same", "rot90", "mirrored", "brighter"])
def test_the_same_picture_is_found_however_turned(tmp_path, turn):
    face = stones(1, 200)
    changed = {
        "same": face,
        "rot90": np.rot90(face),
        "mirrored": face[:, ::-1],
        "brighter": np.clip(face * 0.6 + 80, 0, 255).astype(np.uint8),
    }[turn]
    train = [write(tmp_path / "a.jpg", changed), write(tmp_path / "b.jpg", stones(2, 200))]
    found = same_pictures(train, [write(tmp_path / "t.jpg", face)])
    assert [each.kept_out.name for each in found] == ["a.jpg"]


def test_another_piece_of_the_photograph_is_found(tmp_path):
    face = stones(3, 400)
    piece, other = face[:260, :260], cv2.resize(np.rot90(face[80:340, 80:340]), (220, 240))
    train = [write(tmp_path / "a.jpg", other), write(tmp_path / "b.jpg", stones(4, 260))]
    test = [write(tmp_path / "t.jpg", piece), write(tmp_path / "u.jpg", stones(5, 260))]
    assert same_pictures(train, test) == []
    found = same_photographs(train, test)
    assert [(each.kept_out.name, each.of.name) for each in found] == [("a.jpg", "t.jpg")]
    assert "features" in found[0].how


def test_nothing_to_compare_is_no_duplicate(tmp_path):
    blank = write(tmp_path / "blank.jpg", np.full((64, 64), 128, np.uint8))
    assert same_pictures([], [blank]) == []
    assert same_pictures([blank], []) == []
    assert same_photographs([blank], [blank]) == []
