"""Matching of new lines with known cracks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from inference.measure.identity.matching import match_cracks, share_on_known
from inference.measure.identity.registration import map_points

SIZE = (1000, 800)
TURNED = np.array([[0.98, -0.1, 40.0], [0.1, 0.98, -30.0], [0.0, 0.0, 1.0]])


def _line(*points: tuple[float, float]) -> npt.NDArray[np.float32]:
    return np.array(points, np.float32)


def _seen_again(line: npt.NDArray[np.float32], off_px: float = 2.0) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(0)
    points = map_points(line, TURNED)
    return (points + rng.uniform(-off_px, off_px, points.shape)).astype(np.float32)


KNOWN = [
    _line((100, 100), (300, 140), (500, 120)),
    _line((100, 300), (600, 350)),
    _line((700, 100), (720, 700)),
]


def test_cracks_keep_their_identity_in_any_order() -> None:
    new = [_seen_again(KNOWN[2]), _seen_again(KNOWN[0])]
    found = match_cracks(new, KNOWN, TURNED, size_px=SIZE)
    assert [(match.new_index, match.known_index) for match in found] == [(0, 2), (1, 0)]
    assert all(match.overlap > 0.95 for match in found)


def test_a_crack_that_grew_is_the_same() -> None:
    grown = np.concatenate([_seen_again(KNOWN[1]), _seen_again(_line((800, 380), (900, 420)))])
    found = match_cracks([grown], KNOWN, TURNED, size_px=SIZE)
    assert [(match.known_index, match.overlap > 0.9) for match in found] == [(1, True)]


def test_a_crack_seen_in_part_is_the_same() -> None:
    part = _seen_again(_line((300, 320), (500, 340)))
    found = match_cracks([part], KNOWN, TURNED, size_px=SIZE)
    assert [match.known_index for match in found] == [1]


def test_a_crossing_is_no_overlap() -> None:
    crossing = _seen_again(_line((350, 250), (360, 420)))
    assert match_cracks([crossing], KNOWN, TURNED, size_px=SIZE) == []


def test_a_new_crack_beside_a_known_one_is_new() -> None:
    beside = _seen_again(KNOWN[1] + np.array([0, 25], np.float32))
    assert match_cracks([beside], KNOWN, TURNED, size_px=SIZE) == []


def test_matches_are_one_to_one_and_a_piece_is_known_all_the_same() -> None:
    whole, piece = (
        _seen_again(_line((100, 300), (400, 330))),
        _seen_again(_line((420, 332), KNOWN[1][-1])),
    )
    found = match_cracks([piece, whole], KNOWN, TURNED, size_px=SIZE)
    assert [(match.new_index, match.known_index) for match in found] == [(1, 1)]
    share = share_on_known([piece, whole], KNOWN, TURNED, size_px=SIZE)
    assert (share > 0.9).all()


def test_a_known_crack_that_runs_out_of_the_picture_is_compared_as_far_as_seen() -> None:
    long = _line((500, 400), (3000, 420))
    new = _seen_again(_line((500, 400), (900, 403.2)))
    found = match_cracks([new], [long], TURNED, size_px=SIZE)
    assert len(found) == 1 and found[0].overlap > 0.95


@pytest.mark.parametrize(("new", "known"), [([], KNOWN), (KNOWN, []), ([], [])])
def test_nothing_matches_nothing(new: list, known: list) -> None:  # type: ignore[type-arg]
    assert match_cracks(new, known, TURNED, size_px=SIZE) == []
    assert (share_on_known(new, known, TURNED) == 0).all()


def test_a_given_tolerance_counts() -> None:
    beside = KNOWN[1] + np.array([0, 25], np.float32)
    assert match_cracks([beside], KNOWN, np.eye(3), 10.0) == []
    assert len(match_cracks([beside], KNOWN, np.eye(3), 30.0)) == 1
