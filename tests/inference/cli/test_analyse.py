"""The command as a person runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.cli.analyse import unique_stems
from inference.render.growth import series
from inference.render.photo import render

ROOT = Path(__file__).resolve().parents[3]


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inference", "analyse", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "HAIRLINE_MODEL"},
    )


def _lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos as they come: good, sideways, of the same name elsewhere, dark, no picture at all."""
    folder = tmp_path_factory.mktemp("photos")
    plan = series(1, 1, (640, 480), 0.5, 1)[0]
    wall = Image.fromarray(render(plan.scene, plan.view).pixels)
    (folder / "other").mkdir()
    wall.save(folder / "wall.jpg", quality=95)
    wall.crop((0, 0, 400, 300)).save(folder / "other" / "wall.png")
    sideways = wall.getexif()
    sideways[274] = 6
    wall.save(folder / "sideways.jpg", quality=95, exif=sideways)
    Image.new("RGB", (300, 200)).save(folder / "night.jpg")
    (folder / "notes.jpg").write_text("These are notes, not a photo.")
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    return _run(
        folder / "wall.jpg", folder / "notes.jpg", folder / "other" / "wall.png",
        folder / "sideways.jpg", folder / "night.jpg", folder / "missing.jpg",
        "--mm-per-px", "0.5", "--out", folder / "out",
    )  # fmt: skip


def test_one_line_a_photo_in_their_order_and_status_1(
    folder: Path, done: subprocess.CompletedProcess[str]
) -> None:
    lines = _lines(done)
    names = ["wall.jpg", "notes.jpg", "wall.png", "sideways.jpg", "night.jpg", "missing.jpg"]
    assert [Path(line["photo"]).name for line in lines] == names
    assert ["error" in line for line in lines] == [False, True, False, False, False, True]
    assert done.returncode == 1


def test_a_crack_has_all_that_was_promised(done: subprocess.CompletedProcess[str]) -> None:
    line = _lines(done)[0]
    assert line["image_size_px"] == [640, 480]
    assert line["gsd_mm_per_px"] == 0.5 and line["model"] == "trace-edge"
    assert line["regions"] == [] and line["kinds_sought"] == ["crack"], "no network sees others"
    assert line["quality"]["fit_to_detect"] is True
    assert {"decode", "searching", "measuring", "total"} <= set(line["timings_ms"])
    crack = line["cracks"][0]
    assert set(crack) == {
        "centreline_px", "length_px", "length_mm", "width_px", "width_mm", "not_measurable",
        "orientation_deg", "confidence", "severity", "states", "width_facts", "profile",
    }  # fmt: skip
    assert sum(crack["width_facts"]["mm"]["terms"].values()) > 0
    assert len(crack["profile"]["width_mm"]) == len(crack["profile"]["position_px"]) > 3
    assert all(len(point) == 2 for point in crack["centreline_px"])
    assert set(crack["width_mm"]) == set(crack["width_px"]) == {"p50", "p95", "max", "u", "U"}
    assert crack["width_mm"]["p95"] == pytest.approx(crack["width_px"]["p95"] * 0.5, abs=0.001)
    assert crack["length_mm"] == pytest.approx(crack["length_px"] * 0.5, abs=0.1)
    assert crack["severity"] in {"CS1", "CS2", "CS3"} and crack["not_measurable"] is None
    assert 0 <= crack["orientation_deg"] < 180 and 0 < crack["confidence"] <= 1


def test_what_is_no_picture_says_so_with_a_remedy(done: subprocess.CompletedProcess[str]) -> None:
    lines = _lines(done)
    for line in (lines[1], lines[5]):
        assert set(line) == {"photo", "error"}
        assert set(line["error"]) == {"code", "values", "sentence", "remedy"}
        assert line["error"]["code"] and line["error"]["sentence"] and line["error"]["remedy"]
    assert lines[1]["error"]["code"] == "not_a_picture"
    assert "missing.jpg" in lines[5]["error"]["sentence"]
    assert set(lines[5]["error"]["values"]) == {"path", "error"}


def test_a_photo_that_the_portal_rejects_is_analysed_here(
    done: subprocess.CompletedProcess[str],
) -> None:
    night = _lines(done)[4]
    assert night["quality"]["fit_to_detect"] is False
    assert night["quality"]["reasons"][0]["remedy"]
    assert "searching" in night["timings_ms"]


def test_mask_and_overlay_are_upright_and_of_the_photo_s_size(
    folder: Path, done: subprocess.CompletedProcess[str]
) -> None:
    assert done.returncode == 1
    for stem, size in (("wall", (640, 480)), ("sideways", (480, 640)), ("night", (300, 200))):
        with Image.open(folder / "out" / f"{stem}.mask.png") as mask:
            assert mask.size == size and mask.mode == "L"
            assert set(np.unique(np.asarray(mask))) <= {0, 255}
        with Image.open(folder / "out" / f"{stem}.overlay.jpg") as overlay:
            assert overlay.size == size
    with Image.open(folder / "out" / "wall.mask.png") as mask:
        assert np.asarray(mask).any()


def test_photos_of_one_name_do_not_overwrite_each_other(
    folder: Path, done: subprocess.CompletedProcess[str]
) -> None:
    first, _, second, *_ = _lines(done)
    assert Path(first["files"]["mask"]).name == "wall.mask.png"
    assert Path(second["files"]["mask"]).name == "wall-2.mask.png"
    with Image.open(folder / "out" / "wall-2.mask.png") as mask:
        assert mask.size == (400, 300)
    assert not list((folder / "out").glob("*.part"))


def test_no_progress_bar_where_standard_error_is_no_terminal(
    done: subprocess.CompletedProcess[str],
) -> None:
    assert done.stderr.startswith("Model trace-edge: Trained on")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_scale_everything_is_in_pixels(folder: Path) -> None:
    done = _run(folder / "wall.jpg")
    line = _lines(done)[0]
    assert done.returncode == 0 and line["gsd_mm_per_px"] is None
    assert line["cracks"]
    for crack in line["cracks"]:
        assert crack["width_mm"] is None and crack["length_mm"] is None
        assert crack["severity"] is None and crack["not_measurable"]["code"] == "no_scale"
    assert "files" not in line


@pytest.mark.parametrize("scale", ["0", "-0.1", "nan", "inf", "wide"])
def test_a_scale_that_is_none_is_refused_with_a_sentence(folder: Path, scale: str) -> None:
    done = _run(folder / "wall.jpg", f"--mm-per-px={scale}")
    assert done.returncode == 2 and done.stdout == ""
    assert "millimetres per pixel from 0.001 to 1000" in done.stderr


def test_an_unknown_model_names_the_known_ones(folder: Path) -> None:
    done = _run(folder / "wall.jpg", "--model", "../secret")
    assert done.returncode == 1 and done.stdout == ""
    assert "trace-edge" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_said_before_the_work(folder: Path) -> None:
    done = _run(folder / "wall.jpg", "--out", folder / "notes.jpg" / "out")
    assert done.returncode == 1 and done.stdout == ""
    assert "--out" in done.stderr and "Traceback" not in done.stderr


def test_stems_are_unique_whatever_the_names() -> None:
    names = ["a/x.jpg", "b/X.png", "c/x-2.jpg", "d/x.tif", "a/x.jpg"]
    stems = unique_stems([Path(name) for name in names])
    assert stems == ["x", "X-3", "x-2", "x-4", "x-5"]
