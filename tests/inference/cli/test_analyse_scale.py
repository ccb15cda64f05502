"""The scale on the command line: found in the photo, told with its u, refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.__main__ import main
from tests.inference.measure.card_pictures import Print, plane, take

SIZE_PX = (480, 360)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wall with a marker of 40 mm, 0.3 mm a pixel, seen at 20 degrees."""
    to_px = plane(gsd=0.3, size_px=SIZE_PX, tilt_deg=20, roll_deg=6)
    pixels = take([Print("aruco-5x5", 12, -20, -20, 40.0)], to_px, SIZE_PX, supersample=4)
    path = tmp_path_factory.mktemp("scale") / "wall.png"
    Image.fromarray(np.asarray(pixels)).save(path)
    return path


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


@pytest.mark.parametrize(
    "arguments",
    [["--distance", "0"], ["--distance", "-2"], ["--marker-mm", "0"], ["--two-points", "1,2,3"]],
)
def test_numbers_that_cannot_be_are_a_mistake_of_use(
    photo: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["analyse", str(photo), *arguments])
    assert stopped.value.code == 2
    assert arguments[1] in capsys.readouterr().err
