"""The printable target page, and a simulated photo of it measured line by line."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from assets.printed_page import PAPERS_MM, as_png
from inference.__main__ import main
from inference.measure.scale.cards import read_cards
from inference.render.width_target import WIDTHS_MM, target_lines, width_target
from tests.benchmarks.width.photos import measure_target


@pytest.mark.parametrize("paper", sorted(PAPERS_MM))
def test_every_width_stands_on_the_paper_both_ways(paper: str) -> None:
    page = width_target(paper)
    wide, high = page.size_mm
    assert [line[4] for line in page.lines] == [*WIDTHS_MM, *WIDTHS_MM]
    for x0, y0, x1, y1, _ in page.lines:
        assert min(x0, x1) > 5 and max(x0, x1) < wide - 5
        assert min(y0, y1) > 5 and max(y0, y1) < high - 5
    assert sum(line.start_mm[0] == line.end_mm[0] for line in target_lines()) == len(WIDTHS_MM)


def test_a_photo_of_the_page_is_measured_to_a_fiftieth_of_a_millimetre() -> None:
    drawn = cv2.imdecode(np.frombuffer(as_png(width_target("a4"), 400), np.uint8), 0)
    light = cv2.GaussianBlur(0.06 + 0.8 * drawn.astype(np.float32) / 255, (0, 0), 1.6)
    tilted = np.array([[0.63, 0.03, 30], [-0.02, 0.61, 45], [8e-6, 5e-6, 1]])
    seen = cv2.warpPerspective(light, tilted, (2050, 2750), flags=cv2.INTER_AREA, borderValue=0.5)
    rng = np.random.default_rng(0)
    seen = np.clip(seen + 0.004 * rng.normal(size=seen.shape), 0.001, 1).astype(np.float32)
    srgb = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    pixels = np.repeat(np.round(255 * srgb).astype(np.uint8)[:, :, None], 3, axis=2)
    scale = read_cards(pixels).scale
    assert scale is not None
    lines = measure_target(pixels, scale)
    measured = [(each.line.width_mm, each.width_mm) for each in lines if each.width_mm is not None]
    assert len(measured) >= 20
    error_mm = np.array([widths.p50 - truth for truth, widths in measured])
    assert np.abs(error_mm).mean() < 0.02
    assert np.mean([abs(w.p50 - truth) <= w.U for truth, w in measured]) > 0.85


def test_the_command_writes_what_the_ending_says(tmp_path, capsys) -> None:
    assert main(["width-target", "-o", str(tmp_path / "page.pdf")]) == 0
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    assert main(["width-target", "-o", str(tmp_path / "page.png"), "--dpi", "100"]) == 0
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert main(["width-target", "-o", str(tmp_path / "page.doc")]) == 1
    assert ".pdf or .png" in capsys.readouterr().err
    assert main(["width-target", "-o", str(tmp_path / "missing" / "page.pdf")]) == 1
    assert "cannot be written" in capsys.readouterr().err
