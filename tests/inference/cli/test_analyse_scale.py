"""The scale on the command line: found in the photo, told with its u, refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from assets.marker_cards.families import CARD_FAMILY
from inference.__main__ import main
from inference.measure.scale.families import pattern
from inference.render.growth import series
from inference.render.photo import render
from tests.inference.measure.scale.card_pictures import Print, plane, take

SIZE_PX = (480, 360)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wall with a marker of 40 mm, 0.3 mm a pixel, seen at 20 degrees."""
    to_px = plane(gsd=0.3, size_px=SIZE_PX, tilt_deg=20, roll_deg=6)
    pixels = take([Print("aruco-5x5", 12, -20, -20, 40.0)], to_px, SIZE_PX, supersample=4)
    path = tmp_path_factory.mktemp("scale") / "wall.png"
    Image.fromarray(np.asarray(pixels)).save(path)
    return path


@pytest.fixture(scope="module")
def cracked_wall(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A rendered crack at 0.5 mm a pixel: with our credit-card-size card beside it, and without."""
    plan = series(1, 1, (640, 480), 0.5, 1)[0]
    wall = render(plan.scene, plan.view)
    cells = np.pad(pattern(CARD_FAMILY, 540), 1, constant_values=True)
    fine = np.kron(np.where(cells, 215, 25).astype(np.uint8), np.ones((27, 27), np.uint8))
    card = cv2.resize(fine, (90, 90), interpolation=cv2.INTER_AREA)  # 8 cells of 4.5 mm and white
    rows = np.flatnonzero(wall.mask.any(axis=1))
    columns = [c for c in range(20, 540) if not wall.mask[20:130, c - 15 : c + 105].any()]
    assert len(rows) and columns, "the crack leaves no room for a card"
    with_card = wall.pixels.copy()
    with_card[30:120, columns[0] : columns[0] + 90] = card[:, :, None]
    folder = tmp_path_factory.mktemp("cracked")
    paths = folder / "card.png", folder / "plain.png"
    for path, pixels in zip(paths, (with_card, wall.pixels), strict=True):
        Image.fromarray(pixels).save(path)
    return paths


def test_a_crack_beside_a_card_has_millimetres_u_and_states(
    cracked_wall: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    line = analysed(capsys, cracked_wall[0])
    assert line["scale"]["source"] == "marker_card"
    gsd = line["scale"]["gsd_mm_per_px"]
    assert gsd == pytest.approx(0.5, rel=0.01) and 0 < line["scale"]["u"] < 0.02 * gsd
    measured = [crack for crack in line["cracks"] if crack["width_mm"] is not None]
    assert measured
    for crack in measured:
        width = crack["width_mm"]
        assert width["U"] == pytest.approx(2 * width["u"], abs=2e-4)
        assert width["p95"] == pytest.approx(crack["width_px"]["p95"] * gsd, rel=0.02)
        # The scale's own uncertainty comes on top.
        assert width["u"] >= crack["width_px"]["u"] * gsd * 0.98
        assert sum(crack["states"].values()) == pytest.approx(1.0, abs=1e-3)
        assert crack["states"][crack["severity"]] == max(crack["states"].values())
        assert crack["not_measurable"] is None


def test_the_same_crack_without_a_card_says_what_to_do(
    cracked_wall: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    line = analysed(capsys, cracked_wall[1])
    assert line["scale"] is None and line["scale_refusals"] == [] and line["cracks"]
    for crack in line["cracks"]:
        assert crack["width_mm"] is None and crack["states"] is None and crack["severity"] is None
        why = crack["not_measurable"]
        assert set(why) == {"code", "values", "sentence", "remedy"} and why["code"] == "no_scale"
        assert "No scale in this picture" in why["sentence"]
        assert "marker card" in why["remedy"]


def analysed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert main(["analyse", "--no-screen", *map(str, arguments)]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_marker_gives_the_scale(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = analysed(capsys, photo, "--marker-family", "aruco-5x5", "--marker-mm", "40")
    scale = line["scale"]
    assert scale["source"] == "marker_card" and line["scale_refusals"] == []
    assert scale["gsd_mm_per_px"] == pytest.approx(0.3, rel=0.04)
    assert line["gsd_mm_per_px"] == pytest.approx(scale["gsd_mm_per_px"], rel=1e-5)
    assert scale["u"] == pytest.approx(scale["u_relative"] * scale["gsd_mm_per_px"], rel=0.01)
    assert scale["tilt_deg"] == pytest.approx(20, abs=2) and 0.5 < scale["blur_px"] < 1.5
    assert scale["markers"][0]["id"] == 12 and len(scale["markers"][0]["corners_px"]) == 4


def test_without_a_word_no_scale_is_made_up_and_a_number_is_taken(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analysed(capsys, photo)["scale"] is None
    typed = analysed(capsys, photo, "--marker-family", "apriltag-25h9", "--marker-mm", "40",
                     "--mm-per-px", "0.31")  # fmt: skip
    assert typed["scale"]["source"] == "command_line"
    assert [refused["code"] for refused in typed["scale_refusals"]] == ["card_wrong_dictionary"]
    assert "aruco-5x5" in typed["scale_refusals"][0]["remedy"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--marker-family", "aruco-8x8"], "aruco-8x8"),
        (["--camera-profile", "missing.json"], "calibrate-camera"),
    ],
)
def test_options_that_cannot_be_are_said_before_any_work(
    photo: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(photo), *arguments]) == 1
    assert words in capsys.readouterr().err


METRES, MILLIMETRES = "metres from 0.02 to 500", "millimetres from 4 to 1000"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--distance", "0"], METRES),
        (["--distance", "-2"], METRES),
        (["--distance", "0.019"], METRES),
        (["--distance", "500.1"], METRES),
        (["--marker-mm", "0"], MILLIMETRES),
        (["--marker-mm", "3.9"], MILLIMETRES),
        (["--marker-mm", "1e4"], MILLIMETRES),
        (["--ruler-mm", "nan"], "above 0"),
        (["--two-points", "1,2,3"], "five numbers"),
        (["--two-points", "1,2,300,4,1e9"], "at most 100000 mm"),
        (["--two-points", "1,2,300,4,0"], "above 0"),
    ],
)
def test_numbers_that_cannot_be_are_a_mistake_of_use(
    photo: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["analyse", str(photo), *arguments])
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert arguments[0] in told and words in told
