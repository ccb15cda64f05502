"""Widths from JPEG files of middling quality, which make thin cracks wider and lighter."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inference.imaging.decode import decode_picture
from inference.measure.line.ridge import follow_darkness
from inference.measure.width.rounded_away import PIECE_STATIONS, PIECES, _pieces
from inference.measure.width.widths import measure_widths
from tests.inference.measure.width.strips import draw_strip

QUALITY, SEEDS = 65, range(8)


def _jpeg(pixels: npt.NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _median_px(width_px: float, seed: int, quality: int | None, *, told: bool = False) -> float:
    """Of a crack whose picture was never a JPEG (quality None), or was, and that told or not."""
    strip = draw_strip(width_px, blur_px=0.8, floor=0.09, seed=seed)
    picture = decode_picture(_jpeg(strip.pixels, quality or QUALITY))
    pixels = strip.pixels if quality is None else picture.pixels
    line = follow_darkness(pixels, strip.line)
    widths, _, _ = measure_widths(pixels, line, rounding=picture.rounding if told else None)
    assert widths is not None
    return widths.p50


@pytest.mark.parametrize("width_px", [0.7, 2.5, 5.0, 9.0])
def test_most_of_what_jpeg_adds_to_a_width_is_taken_off_again(width_px: float) -> None:
    untouched = np.array([_median_px(width_px, seed, None) for seed in SEEDS])
    blind = np.array([_median_px(width_px, seed, QUALITY) for seed in SEEDS])
    told = np.array([_median_px(width_px, seed, QUALITY, told=True) for seed in SEEDS])
    assert (blind - untouched).mean() > 0.05
    assert np.abs(told - untouched).mean() < 0.6 * np.abs(blind - untouched).mean()


def test_the_budget_names_what_the_correction_leaves() -> None:
    strip = draw_strip(3.0, blur_px=0.8, floor=0.09, seed=1)
    terms = {}
    for quality in (QUALITY, 96):
        picture = decode_picture(_jpeg(strip.pixels, quality))
        widths, _, _ = measure_widths(picture.pixels, strip.line, rounding=picture.rounding)
        assert widths is not None and widths.terms is not None
        assert widths.u == pytest.approx(widths.terms.combined)
        terms[quality] = widths.terms.rounding
    # A file as fine as a camera's is left as it is.
    assert 0.005 < terms[QUALITY] < 0.1 and terms[96] == 0.0


def test_a_crack_at_the_pictures_edge_is_measured_all_the_same() -> None:
    strip = draw_strip(2.0, size=(47, 45), seed=4)
    picture = decode_picture(_jpeg(strip.pixels, QUALITY))
    for rounding in (None, picture.rounding):
        widths, _, why = measure_widths(picture.pixels, strip.line, rounding=rounding)
        assert (widths is None) == (why is not None)


def test_a_long_crack_is_asked_at_few_places() -> None:
    seen = np.ones(6000, bool)
    seen[:3000:2] = False
    pieces = _pieces(seen)
    assert len(pieces) == PIECES
    assert all(len(piece) <= 1.1 * PIECE_STATIONS and seen[piece].mean() > 0.5 for piece in pieces)
    assert pieces[-1][-1] - pieces[0][0] > 2500


def test_the_few_measured_stations_of_a_crack_are_asked_where_there_are_no_others() -> None:
    seen = np.zeros(200, bool)
    seen[3:9] = True
    assert [piece[0] for piece in _pieces(seen)] == [0]
    assert _pieces(np.zeros(50, bool)) == []
