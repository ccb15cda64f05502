"""Pictures that repeat across a split are found; pictures that only look alike are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.training.data.duplicates import _features, _Search, same_photographs, same_pictures

DEEPCRACK = Path(__file__).parents[5] / "shared" / "data" / "segmentation" / "deepcrack_256"


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


def test_a_file_that_changes_is_looked_at_again(tmp_path):
    picture = write(tmp_path / "a.png", stones(1, 200))
    test = [write(tmp_path / "t.png", stones(2, 210))]
    assert same_pictures([picture], test) == []
    write(picture, stones(2, 210))
    assert [each.kept_out.name for each in same_pictures([picture], test)] == ["a.png"]


def test_tiny_patches_must_agree_nearly_exactly(tmp_path):
    def patch(row):
        face = np.full((16, 16), 150, np.uint8)
        face[row : row + 2] = 40
        return face + np.random.default_rng(row).integers(0, 9, (16, 16), dtype=np.uint8)

    train = [write(tmp_path / "a.png", patch(7)), write(tmp_path / "b.png", patch(8))]
    test = [write(tmp_path / "t.png", patch(7))]
    assert [each.kept_out.name for each in same_pictures(train, test)] == ["a.png"]


def test_the_quick_search_keeps_the_pair_and_drops_most_others(tmp_path):
    face = stones(3, 400)
    own = _features(write(tmp_path / "own.png", np.ascontiguousarray(np.rot90(face[60:, 60:]))))
    others = [write(tmp_path / f"{seed}.png", stones(seed, 260)) for seed in range(10, 40)]
    tested = [_features(path) for path in (*others, write(tmp_path / "t.png", face[:300, :300]))]
    similar = _Search(tested).similar_to(own)
    assert 30 in similar
    assert len(similar) <= 10


@pytest.mark.skipif(not DEEPCRACK.is_dir(), reason="the shared data is not here")
def test_the_known_repetitions_of_deepcrack_are_found():
    """Of its official split: one pair, and three series of overlapping pieces."""
    series = ("11142", "11158", "11187-", "11289-")
    sides = []
    for part, repeating in (("train", series), ("test", ("11142", "11216", "11236", "11289"))):
        every = sorted((DEEPCRACK / part / "images").iterdir())
        known = [path for path in every if path.stem.startswith(repeating)]
        sides.append((known, [path for path in every if path not in known][::40]))
    (known, others), (known_tests, other_tests) = sides
    test = [*known_tests, *other_tests]
    found = {each.kept_out for each in same_photographs([*known, *others], test)}
    assert found == set(known)
    assert len(found) == 18
    pair = [each for each in same_pictures(known, test) if each.kept_out.stem == "11158"]
    assert [each.of.stem for each in pair] == ["11216"]
