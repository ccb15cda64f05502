"""Lines that leave the crack visible, plates beside them."""

import numpy as np
import pytest

from inference.imaging.labels import draw_labels, width_text
from inference.imaging.overlay import LINE_STYLES, dash_line, draw_overlay, screen_unit_px
from inference.surface import OnSurface
from inference.types import (
    Analysis,
    CrackMeasurement,
    CrackTrace,
    ModelInfo,
    NotMeasurable,
    Quality,
    WidthStatistics,
)

GREY = 140


def crack(
    *corners: tuple[float, float],
    mm: tuple[float, float] | None = None,
    px: float | None = 2.0,
    reason: str | None = None,
) -> CrackMeasurement:
    """A crack along these corners; ``mm`` = (p95, u)."""
    points = np.array(corners, np.float32)
    at, fine = np.linspace(0, 1, len(points)), np.linspace(0, 1, 200)
    line = np.stack([np.interp(fine, at, points[:, k]) for k in (0, 1)], 1).astype(np.float32)
    return CrackMeasurement(
        trace=CrackTrace(line, float(np.hypot(*np.diff(line, axis=0).T).sum()), 0.0, 0.9),
        width_px=None if px is None else WidthStatistics(px, px, px, 0.3),
        not_measurable=None if reason is None else NotMeasurable(reason),
        surface=None
        if mm is None
        else OnSurface(0.5, 100.0, 1.0, WidthStatistics(mm[0], mm[0], mm[0], mm[1])),
    )


def analysis(width: int, height: int, *cracks: CrackMeasurement) -> Analysis:
    model = ModelInfo("test", "0" * 64, "onnx-cpu", 0.5, "")
    quality = Quality(True, True)
    return Analysis((width, height), quality, None, model, cracks, (), 0.0, "px/Mpx", {})


def wall(height: int = 400, width: int = 600) -> np.ndarray:
    return np.full((height, width, 3), GREY, np.uint8)


def has_colour(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(pixels.astype(int) - colour).max(axis=-1) < 30


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4, None])
def test_the_crack_stays_visible_between_two_edges_of_its_colour(level):
    drawn = draw_overlay(wall(), analysis(600, 400, crack((50, 200), (550, 200))), [level])
    assert (drawn[199:202, 60:540] == GREY).all()
    edges = has_colour(drawn[:, 60:540], LINE_STYLES[level].colour)
    rows = np.flatnonzero(edges[190:211].any(axis=1)) + 190
    assert rows.min() < 198 and rows.max() > 202
    assert abs(rows.min() + rows.max() - 400) <= 1
    # The halo lies outside the edges.
    assert drawn[192:196, 60:540].min() < 90 and (drawn[190, 60:220] == GREY).all()


def test_patterns_tell_the_levels_apart_without_colour():
    shares = {}
    for level in (0, 1, 2, 3, None):
        picture = analysis(600, 400, crack((50, 200), (550, 200)))
        row = draw_overlay(wall(), picture, [level])[197, 80:520]
        shares[level] = has_colour(row, LINE_STYLES[level].colour).mean()
    assert shares[3] > 0.98 > shares[2] > shares[1] > shares[0] > shares[None] > 0.05


def test_a_wide_crack_shows_whole():
    drawn = draw_overlay(wall(), analysis(600, 400, crack((50, 200), (550, 200), px=30)), [None])
    assert (drawn[185:216, 60:540] == GREY).all()


def test_the_picture_itself_is_not_changed_and_far_pixels_neither():
    picture = wall()
    drawn = draw_overlay(picture, analysis(600, 400, crack((50, 50), (80, 60))), [3])
    assert (picture == GREY).all() and drawn is not picture
    assert (drawn[200:] == GREY).all()


def test_nothing_found_is_the_picture():
    assert np.array_equal(draw_overlay(wall(), analysis(600, 400), []), wall())


def test_drawing_by_pieces_leaves_no_seam(monkeypatch):
    line = crack((5, 100), (700, 560), (1490, 300), px=2.0)
    by_pieces = draw_overlay(wall(600, 1495), analysis(1495, 600, line), [3])
    monkeypatch.setattr("inference.imaging.overlay._PIECE_PX", 4096)
    at_once = draw_overlay(wall(600, 1495), analysis(1495, 600, line), [3])
    differs = np.abs(by_pieces.astype(int) - at_once).max(axis=2)
    touched = (at_once != GREY).any(axis=2).sum()
    assert differs.max() <= 64 and (differs > 2).sum() <= 0.02 * touched


def test_lines_partly_outside_the_picture_are_drawn():
    drawn = draw_overlay(wall(), analysis(600, 400, crack((-50, 10), (700, 390))), [3])
    assert has_colour(drawn, LINE_STYLES[3].colour).sum() > 500


def test_a_tiny_picture_is_drawn_without_a_plate():
    drawn = draw_overlay(wall(40, 40), analysis(40, 40, crack((5, 5), (35, 35))), [2])
    assert drawn.shape == (40, 40, 3) and (drawn != GREY).any()


def test_lines_grow_with_the_picture():
    assert screen_unit_px(600, 400) == 1.0 and screen_unit_px(6000, 4000) == 4.0
    drawn = draw_overlay(
        wall(2000, 3000), analysis(3000, 2000, crack((100, 1000), (2900, 1000))), [3]
    )
    touched = np.flatnonzero((drawn[:, 200] != GREY).any(axis=1))
    assert touched.max() - touched.min() >= 16


def test_dashes_have_the_length_they_are_asked_for():
    line = np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 40.0]])
    dashes = dash_line(line, 10, 5)
    lengths = [np.hypot(*np.diff(dash, axis=0).T).sum() for dash in dashes]
    assert lengths == pytest.approx([10, 10, 10, 10, 10])
    assert dashes[0][0].tolist() == [0, 0] and dashes[2][0].tolist() == [30, 0]


def boxes_of(cracks: list[CrackMeasurement], picture: np.ndarray) -> list:
    return draw_labels(picture, cracks, [3] * len(cracks), [(255, 138, 61)] * len(cracks), 1.0)


def test_plates_lie_beside_all_lines_and_never_on_each_other():
    rng = np.random.default_rng(4)
    cracks = [crack(*rng.uniform((20, 20), (980, 680), (3, 2)), mm=(0.4, 0.05)) for _ in range(14)]
    boxes = boxes_of(cracks, wall(700, 1000))
    placed = [box for box in boxes if box is not None]
    assert 3 <= len(placed) <= 14
    taken = np.zeros((700, 1000), int)
    for x0, y0, x1, y1 in placed:
        assert 0 <= x0 < x1 <= 1000 and 0 <= y0 < y1 <= 700
        taken[y0:y1, x0:x1] += 1
    assert taken.max() == 1
    for one in cracks:
        points = one.trace.centreline_px.astype(int)
        assert not taken[points[:, 1], points[:, 0]].any()


def test_the_worst_crack_gets_the_only_place():
    narrow = wall(60, 150)
    cracks = [crack((5, 55), (140, 55), mm=(0.1, 0.02)), crack((5, 57), (145, 57), mm=(2.0, 0.1))]
    colours = [LINE_STYLES[1].colour, LINE_STYLES[3].colour]
    boxes = draw_labels(narrow, cracks, [1, 3], colours, 1.0)
    assert boxes[0] is None and boxes[1] is not None


@pytest.mark.parametrize(
    ("measured", "text"),
    [
        (crack((0, 0), (9, 9), mm=(0.352, 0.041)), "0.35 ± 0.08 mm"),
        (crack((0, 0), (9, 9), mm=(3.52, 0.61)), "3.5 ± 1.2 mm"),
        (crack((0, 0), (9, 9), mm=(35.2, 8.0)), "35 ± 16 mm"),
        (crack((0, 0), (9, 9), mm=(0.2, 0.0004)), "0.20 ± 0.01 mm"),
        (crack((0, 0), (9, 9), px=11.3), "11 px"),
        (crack((0, 0), (9, 9), px=3.46), "3.5 px"),
        (crack((0, 0), (9, 9), px=None, reason="too_thin"), "too thin"),
    ],
)
def test_the_width_as_a_person_reads_it(measured, text):
    assert width_text(measured) == text
