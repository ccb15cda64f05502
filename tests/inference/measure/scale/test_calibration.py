"""Calibration: a rendered camera is found again, and photos that cannot tell are refused."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from assets.findings import say
from assets.printed_page import as_png
from inference.__main__ import main
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale.calibration import (
    Board,
    View,
    calibrate,
    look_at_board,
    parse_board,
)
from inference.measure.scale.profiles import CameraProfile, file_name_of, load_profile
from inference.render.calibration_board import calibration_board

BOARD = Board()
SIZE = (960, 720)
MATRIX = np.array([[820.0, 0, 486], [0, 824.0, 352], [0, 0, 1]])
DISTORTION = np.array([-0.12, 0.05, 0.001, -0.0015, 0.0])
EXIF = PhotoMetadata(camera_make="Maker", camera_model="Model 1", focal_length_mm=24.0)
DPI = 60
# Lean about two axes and roll, degrees; shift as a share of the picture; distance, mm.
POSES = [
    (0, 0, 0, 0, 0, 330), (30, 0, 5, 0, 0, 340), (-32, 8, 0, 0, 0, 350), (0, 33, -8, 0, 0, 340),
    (5, -31, 0, 0, 0, 350), (20, 20, 90, 0, 0, 420), (-25, 20, 3, 0.22, 0.2, 520),
    (12, -25, 0, -0.22, 0.2, 520), (-10, 18, 0, 0.22, -0.2, 520), (18, 5, 0, -0.22, -0.2, 520),
]  # fmt: skip


@pytest.fixture(scope="module")
def printed() -> np.ndarray:
    png = as_png(calibration_board(BOARD, "a4"), DPI)
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def photo(printed: np.ndarray, pose: tuple[float, ...]) -> np.ndarray:
    """The page, its long side lying flat, through a camera with distortion."""
    page = np.rot90(printed)
    height, width = page.shape
    ax, ay, az = np.radians(pose[:3])
    turn = cv2.Rodrigues(np.array([ax, 0, 0]))[0] @ cv2.Rodrigues(np.array([0, ay, 0]))[0]
    turn = cv2.Rodrigues(np.array([0, 0, az]))[0] @ turn
    place = np.array([pose[3] * pose[5], pose[4] * pose[5], pose[5]])
    columns, rows = np.meshgrid(np.arange(SIZE[0], dtype=float), np.arange(SIZE[1], dtype=float))
    seen = np.column_stack([columns.ravel(), rows.ravel()]).reshape(-1, 1, 2)
    rays = cv2.undistortPoints(seen, MATRIX, DISTORTION).reshape(-1, 2)
    to_plane = np.linalg.inv(np.column_stack([turn[:, 0], turn[:, 1], place]))
    at = np.column_stack([rays, np.ones(len(rays))]) @ to_plane.T
    at = at[:, :2] / at[:, 2:] * DPI / 25.4
    x = (at[:, 0] + width / 2 - 0.5).reshape(SIZE[::-1]).astype(np.float32)
    y = (at[:, 1] + height / 2 - 0.5).reshape(SIZE[::-1]).astype(np.float32)
    grey = cv2.remap(page, x, y, cv2.INTER_LINEAR, borderValue=255)
    noise = np.random.default_rng(3).normal(0, 1.5, grey.shape)
    grey = np.clip(cv2.GaussianBlur(grey, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)


@pytest.fixture(scope="module")
def views(printed: np.ndarray) -> list[View]:
    seen = [look_at_board(f"{n}.jpg", photo(printed, pose), EXIF, BOARD)
            for n, pose in enumerate(POSES)]  # fmt: skip
    assert all(isinstance(view, View) for view in seen), seen
    return [view for view in seen if isinstance(view, View)]


def codes(found) -> list[str]:
    assert not isinstance(found, CameraProfile)
    assert all(say(f).sentence.endswith(".") and say(f).remedy.endswith(".") for f in found)
    return [finding.code for finding in found]


def test_the_printed_board_is_the_one_that_is_looked_for(printed: np.ndarray) -> None:
    whole = cv2.cvtColor(printed, cv2.COLOR_GRAY2RGB)
    view = look_at_board("page.png", whole, EXIF, BOARD)
    assert isinstance(view, View) and len(view.seen_px) == 9 * 6
    # Squares measure what they should on the page.
    apart = np.linalg.norm(view.seen_px[1] - view.seen_px[0])
    wanted = np.linalg.norm(view.board_mm[1] - view.board_mm[0]) * DPI / 25.4
    assert apart == pytest.approx(wanted, rel=0.01)


def test_a_rendered_camera_is_found_again(views: list[View]) -> None:
    found = calibrate(views, BOARD, "2026-11-22")
    assert isinstance(found, CameraProfile), found
    assert found.focal_px == pytest.approx((820, 824), rel=0.006)
    assert found.centre_px == pytest.approx((486, 352), abs=5)
    assert abs(found.focal_px[0] - 820) < 4 * found.u_focal_relative * 820 + 1
    assert found.reprojection_px < 0.5 and found.views == len(POSES)
    # What counts is where points go: the corners' distortion to a pixel.
    lens = found.lens(1, SIZE)
    corners = np.array([[20.0, 20], [940, 20], [20, 700], [940, 700]])
    true = cv2.undistortPoints(corners.reshape(-1, 1, 2), MATRIX, DISTORTION, P=MATRIX)
    moved = np.linalg.norm(lens.undistorted(corners) - true.reshape(-1, 2), axis=1)
    assert moved.max() < 6.0 < np.linalg.norm(corners - true.reshape(-1, 2), axis=1).min()
    assert (found.camera_model, found.focal_length_mm, found.board) == (
        "Model 1", 24.0, "10x7:25:18:aruco-5x5")  # fmt: skip


def test_too_few_and_too_similar_views_are_refused_with_what_is_missing(views: list[View]) -> None:
    assert codes(calibrate(views[:2], BOARD, "")) == ["views_too_few"]
    assert codes(calibrate([], BOARD, "")) == ["views_too_few"]
    assert "views_too_few" in codes(calibrate(views[:5], BOARD, ""))
    same = [views[1]] * 10
    assert "views_too_similar" in codes(calibrate(same, BOARD, ""))
    middle_only = [*views[:5], *views[:5]]
    assert "views_too_similar" in codes(calibrate(middle_only, BOARD, ""))


def test_a_board_that_never_leans_is_refused(printed: np.ndarray) -> None:
    straight_on = [(0, 0, roll, x, y, 420) for roll in (0, 90, 180)
                   for x, y in ((0.1, 0.1), (-0.1, 0.1), (0, -0.1))]  # fmt: skip
    seen = [look_at_board(f"{n}.jpg", photo(printed, pose), EXIF, BOARD)
            for n, pose in enumerate(straight_on)]  # fmt: skip
    found = calibrate([view for view in seen if isinstance(view, View)], BOARD, "")
    assert "views_not_leaning" in codes(found)
    missing = next(finding for finding in found if finding.code == "views_not_leaning")  # type: ignore[union-attr]
    assert "In 0 photos" in say(missing).sentence and "30° to 45°" in say(missing).remedy


def test_photos_of_two_cameras_are_refused(views: list[View]) -> None:
    for changed in (
        replace(EXIF, camera_model="Model 2"), replace(EXIF, focal_length_mm=35.0),
        replace(EXIF, lens_model="50 mm"),
    ):  # fmt: skip
        mixed = [*views[:-1], replace(views[-1], exif=changed)]
        assert codes(calibrate(mixed, BOARD, "")) == ["not_one_camera"]


def test_a_photo_without_the_board_says_so() -> None:
    found = look_at_board("wall.jpg", np.full((200, 300, 3), 120, np.uint8), EXIF, BOARD)
    assert not isinstance(found, View) and "wall.jpg shows 0 corners" in say(found).sentence


@pytest.mark.parametrize("text", ["10x7", "axb:1:2", "10x7:26:30", "2x2:26:19", "10x7:26:19:no"])
def test_impossible_boards_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\d|family|smaller"):
        parse_board(text)
    assert parse_board("8x6:30:22.5:aruco-4x4") == Board(8, 6, 30.0, 22.5, "aruco-4x4")


def test_the_command_makes_a_profile_or_says_what_is_missing(
    printed: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photos = []
    exif = Image.Exif()
    exif.update({0x010F: "Maker", 0x0110: "Model 1"})
    exif.get_ifd(0x8769).update({0x920A: 24.0, 0xA434: "EF 24 mm f/2.8"})
    for number, pose in enumerate(POSES):
        path = tmp_path / f"{number}.jpg"
        Image.fromarray(photo(printed, pose)).save(path, quality=93, exif=exif)
        photos.append(str(path))
    out = tmp_path / "profile.json"
    assert main(["calibrate-camera", *photos, "-o", str(out)]) == 0
    assert load_profile(out).camera_model == "Model 1"
    # Without a word where to: where the worker looks, by body, lens and focal length.
    folder = tmp_path / "profiles"
    monkeypatch.setenv("CAMERA_PROFILES", str(folder))
    assert main(["calibrate-camera", *photos]) == 0
    (kept,) = folder.iterdir()
    assert kept.name == "maker-model-1-ef-24-mm-f-2.8-24mm-960x720.json"
    assert load_profile(kept).focal_px == pytest.approx(load_profile(out).focal_px, rel=1e-4)
    assert load_profile(kept).lens_model == "EF 24 mm f/2.8"
    with pytest.raises(ValueError, match="-o"):
        file_name_of(replace(load_profile(out), camera_model=None))
    out.unlink()
    (tmp_path / "notes.jpg").write_text("no photo")
    few = [*photos[:3], str(tmp_path / "notes.jpg"), str(tmp_path / "missing.jpg")]
    assert main(["calibrate-camera", *few, "-o", str(out)]) == 1
    told = capsys.readouterr().err
    assert "3 photos show the board" in told and "notes.jpg" in told and "missing.jpg" in told
    assert not out.exists()
    assert main(["calibrate-camera", "-o", str(out)]) == 1
    board = tmp_path / "board.pdf"
    assert main(["calibrate-camera", "--print-board", "--paper", "letter", "-o", str(board)]) == 0
    assert board.read_bytes().startswith(b"%PDF-")
    too_large = ["calibrate-camera", "--print-board", "--board", "10x7:60:40", "-o", str(board)]
    assert main(too_large) == 1 and "does not fit" in capsys.readouterr().err
