"""Identity of areal defects: grown, shifted, in pieces, grown together, and merely near."""

from __future__ import annotations

import numpy as np
import pytest

from inference.measure.identity.areas import AreaMatch, match_areas

SIZE = (800, 600)
STAYS = np.eye(3)
NEW, DOUBT = AreaMatch(None, False), AreaMatch(None, True)


def square(x: float, y: float, side: float) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]


def match(new, known, homography=STAYS, kinds=("spalling", "spalling")):
    return match_areas(
        [(kinds[0], outline) for outline in new],
        [(kinds[1], outline, pk) for pk, outline in known],
        homography,
        size_px=SIZE,
        known_size_px=SIZE,
    )


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (square(100, 100, 100), AreaMatch(7, False)),  # as it was
        (square(60, 60, 300), AreaMatch(7, False)),  # nine times as large, and holds the old one
        (square(110, 110, 30), AreaMatch(7, False)),  # a piece of it
        (square(140, 100, 100), AreaMatch(7, False)),  # six tenths in common
        (square(170, 100, 100), DOUBT),  # three tenths
        (square(195, 100, 100), NEW),  # a registration some pixels off
        (square(260, 100, 100), NEW),
    ],
)
def test_the_share_of_the_smaller_one_tells(new, expected):
    assert match([new], [(7, square(100, 100, 100))]) == [expected]


def test_two_that_grew_together_await_a_person():
    known = [(7, square(100, 100, 80)), (8, square(220, 100, 80))]
    assert match([square(90, 90, 220)], known) == [DOUBT]


def test_pieces_of_one_known_defect_are_that_defect():
    known = [(7, square(100, 100, 80)), (7, square(220, 100, 80))]
    assert match([square(90, 90, 220)], known) == [AreaMatch(7, False)]
    pieces = [square(100, 100, 40), square(150, 150, 30)]
    assert match(pieces, [(7, square(90, 90, 120))]) == [AreaMatch(7, False)] * 2


def test_another_kind_in_the_same_place_is_another_defect():
    one = square(100, 100, 100)
    assert match([one], [(7, one)], kinds=("efflorescence", "spalling")) == [NEW]


def test_outlines_are_laid_upon_the_new_photo():
    shift = np.array([[1.0, 0, 200], [0, 1.0, 50], [0, 0, 1.0]])
    known = [(7, square(100, 100, 100))]
    assert match([square(300, 150, 100)], known, shift) == [AreaMatch(7, False)]
    assert match([square(100, 100, 100)], known, shift) == [NEW]


def test_only_what_both_photos_show_is_compared():
    # The earlier photo saw the right edge of it, which is all that it knows of the defect.
    shift = np.array([[1.0, 0, 500], [0, 1.0, 0], [0, 0, 1.0]])
    known = [(7, square(0, 100, 60))]
    assert match([[[300, 100], [560, 100], [560, 160], [300, 160]]], known, shift) == [
        AreaMatch(7, False)
    ]


def test_large_outlines_are_compared_as_well():
    found = match_areas(
        [("leakage", square(0, 0, 5000))],
        [("leakage", square(100, 100, 4700), 3)],
        STAYS,
        size_px=(6000, 6000),
        known_size_px=(6000, 6000),
    )
    assert found == [AreaMatch(3, False)]
