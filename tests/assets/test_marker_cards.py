"""The printed card: exact millimetres, measured on the page by the code that reads photos of it."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from assets.marker_cards.families import CARD_FAMILY, FAMILIES
from assets.marker_cards.layouts import NUMBERS, SIZES, card
from assets.marker_cards.patterns import CELLS, card_pattern
from assets.marker_cards.printed import CardText, marker_card
from assets.printed_page import as_pdf, as_png
from inference.measure.scale.cards import read_cards
from inference.measure.scale.families import dictionary, pattern

TEXT = CardText("https://hairline.example.org/assets/12/", "Alte Brücke #3 *Süd*", "Pfeiler 2")
ROOT = Path(__file__).resolve().parents[2]
DPI = 150
MM_PER_DOT = 25.4 / DPI


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_measures_itself(size: str, paper: str) -> None:
    page = marker_card(size, paper, TEXT)
    # A rasteriser rounds the edges of its pixels; a lens never shows them so hard.
    reading = read_cards(cv2.GaussianBlur(pixels_of(as_png(page, DPI)), (0, 0), 0.8))
    assert reading.scale is not None, reading.refusals
    assert reading.scale.gsd_mm_per_px == pytest.approx(MM_PER_DOT, rel=1e-3)
    assert reading.scale.tilt_deg < 3.0  # of which the cosine is 0.9986
    assert len(reading.markers) == len(card(size).markers)
    # The numbers on the page are exact: each marker's cells make up its side.
    for block in page.blocks[: len(card(size).markers)]:
        assert CELLS * block.cell == card(size).side_mm


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils are not installed")
@pytest.mark.parametrize(("size", "paper"), [("a5", "letter"), ("credit-card", "a4")])
def test_the_pdf_as_another_program_draws_it(size: str, paper: str, tmp_path: Path) -> None:
    (tmp_path / "card.pdf").write_bytes(as_pdf(marker_card(size, paper, TEXT, 3)))
    subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "card.pdf", "card"],
        cwd=tmp_path, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    pixels = pixels_of((tmp_path / "card.png").read_bytes())
    reading = read_cards(pixels)
    assert reading.scale is not None, reading.refusals
    assert reading.scale.gsd_mm_per_px == pytest.approx(MM_PER_DOT, rel=2e-4)
    # The ruler: its outermost strokes are as far apart as it says.
    layout = card(size, 3)
    left = (marker_card(size, paper, TEXT).size_mm[0] - layout.width_mm) / 2
    top = 0.0 if size == "a5" else 25.0
    row = int((top + layout.ruler_top_mm + 1.0) / MM_PER_DOT)
    begin = int((left + layout.ruler_left_mm - 2) / MM_PER_DOT)
    end = int((left + layout.ruler_left_mm + layout.ruler_mm + 2) / MM_PER_DOT)
    ink = 1.0 - pixels[row, begin:end].mean(axis=1) / 255.0
    dark = np.flatnonzero(ink > 0.4)
    assert (dark[-1] - dark[0] + 1) * MM_PER_DOT == pytest.approx(layout.ruler_mm, abs=0.15)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(pixels[..., ::-1].copy())
    assert text == TEXT.url


def test_the_pdf_is_vector_has_the_papers_size_and_is_the_same_every_time() -> None:
    page = marker_card("a5", "a4", TEXT)
    pdf = as_pdf(page)
    assert pdf.startswith(b"%PDF-") and b"/Subtype/Image" not in pdf.replace(b" ", b"")
    box = re.search(rb"/MediaBox\s*\[\s*([\d. ]+)\]", pdf)
    assert box is not None
    numbers = [float(number) for number in box[1].split()]
    assert numbers == pytest.approx([0, 0, 210 / 25.4 * 72, 297 / 25.4 * 72], abs=0.01)
    assert pdf == as_pdf(page)


def test_no_two_cards_share_a_marker_and_nothing_lies_on_a_quiet_zone() -> None:
    numbers = [m.marker_id for size in SIZES for n in NUMBERS for m in card(size, n).markers]
    assert len(numbers) == len(set(numbers)) and max(numbers) < 587
    for size in SIZES:
        layout = card(size)
        cell = layout.side_mm / CELLS
        for marker in layout.markers:
            x, y = marker.left_mm, marker.top_mm
            assert min(x, y) >= cell
            assert x + layout.side_mm + cell <= layout.width_mm
            assert y + layout.side_mm + cell <= layout.height_mm
            for left, top, width, height in (
                (layout.ruler_left_mm, layout.ruler_top_mm, layout.ruler_mm, 4.0),
                (layout.qr_left_mm, layout.qr_top_mm, layout.qr_mm, layout.qr_mm),
            ):
                apart_x = max(left - (x + layout.side_mm), x - (left + width))
                apart_y = max(top - (y + layout.side_mm), y - (top + height))
                assert max(apart_x, apart_y) >= cell


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a5", "a4", CardText("assets/12")), "Give it whole"),
        (("credit-card", "a4", CardText("https://x.example/" + "a" * 400)), "shorter address"),
        (("a5", "a4", CardText(), 9), "numbered 1 to 8"),
        (("a6", "a4", CardText()), "Sizes are a5"),
        (("a5", "a3", CardText()), "Papers are a4"),
    ],
)
def test_what_cannot_be_printed_is_refused_in_words(arguments: tuple, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        marker_card(*arguments)


def test_names_are_never_markup() -> None:
    page = marker_card("a5", "a4", CardText(None, '#panic("x") $1/0$ [', "<label> \\ @ref"))
    assert json.dumps(page.labels[0].text) and as_pdf(page).startswith(b"%PDF-")


def test_the_patterns_are_those_that_opencv_finds() -> None:
    markers = len(dictionary(CARD_FAMILY).bytesList)
    for number in range(markers):
        assert np.array_equal(card_pattern(number), pattern(CARD_FAMILY, number)), number
    assert len(card_pattern(0)) == CELLS
    for number in (-1, markers):
        with pytest.raises(ValueError, match=f"markers 0 to {markers - 1}, not {number}"):
            card_pattern(number)


def test_opencv_knows_every_family() -> None:
    assert CARD_FAMILY in FAMILIES
    for family in FAMILIES:
        assert len(dictionary(family).bytesList) > 0
    with pytest.raises(ValueError, match="Known are aruco-4x4"):
        dictionary("aruco-3x3")


def test_a_card_is_drawn_without_opencv_numpy_or_django() -> None:
    code = """
import sys
from assets.marker_cards.__main__ import main
code = main()
never = ("cv2", "numpy", "django", "inference", "portal")
print(code, *[name for name in never if name in sys.modules], file=sys.stderr)
"""
    asked = {"size": "a5", "paper": "a4", "number": 3, "url": TEXT.url, "asset": TEXT.asset,
             "element": TEXT.element}  # fmt: skip
    drawn = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(asked).encode(), cwd=ROOT, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert drawn.stderr.decode().split() == ["0"]
    assert drawn.stdout == as_pdf(marker_card("a5", "a4", TEXT, 3)), "the very same card"


def test_the_process_that_draws_says_why_there_is_no_card() -> None:
    asked = {"size": "a5", "paper": "a4", "number": 9, "url": None, "asset": "", "element": ""}
    refused = subprocess.run(
        [sys.executable, "-m", "assets.marker_cards"],
        input=json.dumps(asked).encode(), cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"numbered 1 to 8" in refused.stderr and b"Traceback" not in refused.stderr
