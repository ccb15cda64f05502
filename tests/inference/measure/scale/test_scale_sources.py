"""Sources of the scale besides cards: which one wins, and what is refused."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assets.findings import say
from inference.imaging.exif import PhotoMetadata, read_metadata
from inference.measure.scale import (
    CameraProfile,
    CardRequest,
    PlaneScale,
    ScaleInputs,
    TwoPoints,
    load_profile,
    resolve_scale,
    to_millimetres,
    widths_to_mm,
)
from inference.measure.scale.camera import focal_length
from inference.measure.scale.lens import to_stored, to_upright
from inference.measure.scale.profiles import save_profile
from inference.types import WidthProfile, WidthStatistics
from tests.inference.measure.scale.card_pictures import Print, plane, take

WALL = np.full((300, 400, 3), 120, np.uint8)
CAMERA = PhotoMetadata(
    camera_make="DJI", camera_model="FC6310", focal_length_mm=8.8, focal_length_35mm=24.0,
    camera_size_px=(400, 300),
)  # fmt: skip
PROFILE = CameraProfile(
    "DJI", "FC6310", None, 8.8, (400, 300), (260.0, 262.0), (203.0, 148.0),
    (-0.1, 0.02, 0.001, -0.001, 0.0), 0.002, 0.5, (0.01,) * 5, 0.3, 12, "10x7:26:19", "2026-11-22",
)  # fmt: skip


def codes(result) -> list[str]:
    return [refused.code for refused in result.refusals]


def test_two_points_beat_the_number_and_the_number_beats_the_camera() -> None:
    points = TwoPoints((10, 10), (210, 10), 100.0)
    all_three = ScaleInputs(two_points=points, mm_per_px=0.51, distance_m=0.14)
    found = resolve_scale(WALL, CAMERA, all_three)
    assert found.source == "two_points" and codes(found) == []
    assert found.scale is not None and found.scale.gsd_mm_per_px == pytest.approx(0.5)
    typed = resolve_scale(WALL, CAMERA, replace(all_three, two_points=None))
    assert typed.source == "photo" and typed.scale is not None and typed.scale.u_relative == 0.02
    from_camera = resolve_scale(WALL, CAMERA, ScaleInputs(distance_m=0.14))
    assert from_camera.source == "camera_distance"
    nothing = resolve_scale(WALL, CAMERA)
    assert (nothing.scale, nothing.source, nothing.refusals) == (None, "none", ())


def test_a_card_beats_all_and_what_contradicts_it_is_said() -> None:
    to_px = plane(gsd=0.4, size_px=(400, 300), roll_deg=8, tilt_deg=15)
    pixels = take([Print("aruco-4x4", 5, -25, -25, 50.0)], to_px, (400, 300), supersample=4)
    inputs = ScaleInputs(card=CardRequest("aruco-4x4", 50.0), mm_per_px=0.6)
    found = resolve_scale(pixels, PhotoMetadata(), inputs)
    assert found.source == "marker_card" and codes(found) == ["scales_disagree"]
    assert (
        "marker card" in say(found.refusals[0]).sentence
        and "0.6 mm/px" in say(found.refusals[0]).sentence
    )
    assert found.blur_px is not None and len(found.markers) == 1
    without = resolve_scale(WALL, PhotoMetadata(), inputs)
    assert without.source == "photo" and codes(without) == ["card_not_found"]


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (TwoPoints((10, 10), (210, 10), 0.0), "two_points_no_length"),
        (TwoPoints((10, 10), (210, 10), -3.0), "two_points_no_length"),
        (TwoPoints((10, 10), (210, 10), 1e6), "two_points_no_length"),
        (TwoPoints((10, 10), (210, 10), 0.1), "scale_impossible"),
        (TwoPoints((10, 10), (30, 10), 10.0), "two_points_too_close"),
        (TwoPoints((10, 10), (410, 10), 10.0), "two_points_outside"),
        (TwoPoints((10, math.nan), (210, 10), 10.0), "two_points_no_length"),
    ],
)
def test_impossible_points_are_refused(points: TwoPoints, code: str) -> None:
    found = resolve_scale(WALL, CAMERA, ScaleInputs(look_for_cards=False, two_points=points))
    assert found.scale is None and codes(found) == [code]


@pytest.mark.parametrize("distance_m", [0.0, -2.0, math.nan, math.inf])
def test_impossible_distances_are_refused(distance_m: float) -> None:
    found = resolve_scale(WALL, CAMERA, ScaleInputs(look_for_cards=False, distance_m=distance_m))
    assert found.scale is None and codes(found) == ["distance_impossible"]


@pytest.mark.parametrize("mm_per_px", [0.0, -0.5, math.nan, math.inf, 2000.0])
def test_impossible_numbers_are_refused(mm_per_px: float) -> None:
    found = resolve_scale(WALL, CAMERA, ScaleInputs(look_for_cards=False, mm_per_px=mm_per_px))
    assert found.scale is None and codes(found) == ["scale_impossible"]
    assert say(found.why_none).sentence.endswith("So widths are in pixels and ungraded.")


def test_the_camera_gives_distance_over_focal_length() -> None:
    found = resolve_scale(WALL, CAMERA, ScaleInputs(look_for_cards=False, distance_m=2.0))
    # 13.2 mm over 400 px: 8.8 mm are 266.7 px, a little more when focused at 2 m.
    assert found.scale is not None
    assert found.scale.gsd_mm_per_px == pytest.approx((2000 - 8.8) / (8.8 * 400 / 13.2))
    assert 0.02 < found.scale.u_relative < 0.06
    surer = resolve_scale(
        WALL, CAMERA, ScaleInputs(look_for_cards=False, distance_m=2.0, distance_u_m=0.005)
    )
    assert surer.scale is not None and surer.scale.u_relative < found.scale.u_relative


@pytest.mark.parametrize(
    ("exif", "code", "words"),
    [
        (replace(CAMERA, focal_length_35mm=50.0), "focal_length_contradiction", "contradicts"),
        (replace(CAMERA, pixel_pitch_mm=0.005), "focal_length_contradiction", "contradicts"),
        (replace(CAMERA, camera_size_px=(4000, 3000)), "picture_resized", "4000 × 3000"),
        (replace(CAMERA, digital_zoom=2.0), "digital_zoom", "2 × digital zoom"),
        (PhotoMetadata(camera_make="X", camera_model="Y"), "camera_unknown", "(X Y)"),
    ],
)
def test_a_camera_that_cannot_be_believed_gives_no_scale(
    exif: PhotoMetadata, code: str, words: str
) -> None:
    found = resolve_scale(WALL, exif, ScaleInputs(look_for_cards=False, distance_m=2.0))
    assert found.scale is None and codes(found) == [code]
    assert words in say(found.refusals[0]).sentence


def test_a_phone_is_measured_by_its_35_mm_equivalent() -> None:
    phone = PhotoMetadata(focal_length_mm=5.7, focal_length_35mm=26.0)
    focal, why = focal_length(phone, (400, 300))
    assert focal is not None and why == ()
    assert focal.px == pytest.approx(26 * 500 / math.hypot(36, 24))
    assert focal.u_relative > 0.02


def test_the_drones_range_finder_gives_the_distance_unless_a_person_contradicts_it() -> None:
    drone = replace(CAMERA, range_m=4.0)
    found = resolve_scale(WALL, drone, ScaleInputs(look_for_cards=False))
    assert found.source == "camera_distance" and found.scale is not None
    assert found.scale.u_relative > 0.02  # 0.2 m of 4 m
    other = resolve_scale(WALL, drone, ScaleInputs(look_for_cards=False, distance_m=9.0))
    assert other.scale is None and codes(other) == ["distance_contradiction"]
    near = resolve_scale(WALL, drone, ScaleInputs(look_for_cards=False, distance_m=4.1))
    assert near.scale is not None


def test_a_profile_undoes_the_distortion_and_is_used_only_where_it_fits() -> None:
    inputs = ScaleInputs(look_for_cards=False, distance_m=0.5)
    found = resolve_scale(WALL, CAMERA, inputs, [PROFILE])
    assert isinstance(found.scale, PlaneScale) and codes(found) == []
    middle, corner = np.array([[203.0, 148.0]]), np.array([[5.0, 5.0]])
    outward = np.array([[1.0, 1.0]])
    at_middle = found.scale.mm_per_px_along(middle, outward)[0][0]
    assert at_middle == pytest.approx(500 / 261, rel=0.01)
    # Barrel distortion shows the corners smaller: a pixel there covers more.
    assert found.scale.mm_per_px_along(corner, outward)[0][0] > 1.1 * at_middle
    for changed, code in (
        ({"lens_model": "other"}, None),
        ({"focal_length_mm": 9.9, "focal_length_35mm": None}, "profile_other_focal_length"),
    ):
        result = resolve_scale(WALL, replace(CAMERA, **changed), inputs, [PROFILE])
        assert codes(result) == ([] if code is None else [code])
    other_size = replace(CAMERA, camera_size_px=None)
    small = resolve_scale(WALL[:150, :200], other_size, inputs, [PROFILE])
    assert "profile_other_size" in codes(small)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_profile_holds_for_photos_taken_upright_or_upside_down(orientation: int) -> None:
    upright = (300, 400) if orientation >= 5 else (400, 300)
    points = np.array([[10.0, 20.0], [250.0, 280.0], [150.5, 99.0]])
    stored = to_stored(points, orientation, upright)
    assert np.allclose(to_upright(stored, orientation, upright), points)
    # As the decoder turns it: a mark in the stored picture lands where to_upright says.
    stored_picture = np.zeros((300, 400), np.uint8)
    stored_picture[40, 30] = 255
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored_picture).save(buffer, "PNG", exif=exif)
    from inference.imaging.decode import decode_picture

    pixels = decode_picture(buffer.getvalue()).pixels
    y, x = np.unravel_index(int(pixels[..., 0].argmax()), pixels.shape[:2])
    assert np.allclose(to_upright(np.array([[30.0, 40.0]]), orientation, upright), [[x, y]])
    lens = PROFILE.lens(orientation, upright)
    assert np.allclose(lens.distorted(lens.undistorted(points)), points, atol=1e-4)


def test_profiles_are_kept_whole_and_anything_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    save_profile(PROFILE, path)
    assert load_profile(path) == PROFILE
    assert [p.name for p in tmp_path.iterdir()] == ["camera.json"]
    held = json.loads(path.read_text())
    for change in ({"kind": "x"}, {"version": 2}, {"focal_px": [1.0]}, {"focal_px": [0, 1]},
                   {"distortion": None}, {"image_size_px": ["a", 2]}):  # fmt: skip
        path.write_text(json.dumps(held | change))
        with pytest.raises(ValueError, match="calibrate-camera"):
            load_profile(path)
    path.write_text("{")
    with pytest.raises(ValueError, match="not a camera profile"):
        load_profile(path)
    with pytest.raises(ValueError, match="cannot be read"):
        load_profile(tmp_path / "missing.json")


def jpeg_with(photo: dict, base: dict | None = None, xmp: str = "") -> PhotoMetadata:
    exif = Image.Exif()
    exif.update(base or {})
    exif.get_ifd(0x8769).update(photo)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif, xmp=xmp.encode())
    return read_metadata(Image.open(buffer))


def test_exif_gives_pitch_zoom_size_and_range() -> None:
    drone = (
        '<rdf:Description drone-dji:LRFStatus="Normal" drone-dji:LRFTargetDistance="3.456" '
        'exif:FocalLength="880/100"/>'
    )
    read = jpeg_with(
        {0x920A: 8.8, 0xA20E: 4145.45, 0xA210: 3, 0xA404: 1.0, 0xA002: 5472, 0xA003: 3648},
        {},
        drone,
    )
    assert read.focal_length_mm == pytest.approx(8.8)
    assert read.pixel_pitch_mm == pytest.approx(10 / 4145.45, rel=1e-4)
    assert (read.digital_zoom, read.camera_size_px) == (1.0, (5472, 3648))
    assert read.range_m == 3.456
    as_element = "<drone-dji:LRFTargetDistance>+12.5</drone-dji:LRFTargetDistance>"
    assert jpeg_with({}, xmp=as_element).range_m == 12.5
    for no_echo in (
        drone.replace("Normal", "TooFar"), drone.replace("3.456", "0.000"),
        drone.replace("3.456", "-1"), drone.replace("3.456", "1e9"), drone.replace("3.456", "x"),
    ):  # fmt: skip
        assert jpeg_with({}, xmp=no_echo).range_m is None


@pytest.mark.parametrize(
    ("photo", "base", "xmp"),
    [
        ({0x920A: 24.0}, {0x920A: 35.0}, ""),
        ({0x920A: 24.0}, {}, '<x exif:FocalLength="35/1"/>'),
        ({0x920A: 24.0, 0xA432: (70.0, 200.0, 2.8, 2.8)}, {}, ""),
    ],
)
def test_two_focal_lengths_are_none_with_a_sentence(photo: dict, base: dict, xmp: str) -> None:
    read = jpeg_with(photo, base, xmp)
    assert read.focal_length_mm is None
    assert [finding.code for finding in read.findings] == ["focal_length_contradiction"]
    assert "24 mm" in say(read.findings[0]).sentence
    found = resolve_scale(WALL, read, ScaleInputs(look_for_cards=False, distance_m=2.0))
    assert found.scale is None and codes(found) == ["focal_length_contradiction"]


def test_widths_take_the_scale_at_their_place_along_their_direction() -> None:
    # A plane whose scale doubles from left to right: x_px = 1000 x / (500 + x), and so on.
    to_px = np.array([[2.0, 0, 0], [0, 2.0, 0], [0.002, 0, 1.0]])
    scale = PlaneScale(0.5, 0.0, "marker_card", plane_to_px=to_px, image_size_px=(1000, 1000))
    line = np.column_stack([np.linspace(50, 500, 91), np.full(91, 100.0)]).astype(np.float32)
    at = np.arange(0, 450, 10, dtype=np.float32)
    width_mm = 0.8
    px_per_mm = (
        1
        / scale.mm_per_px_along(
            np.column_stack([50 + at, np.full(len(at), 100.0)]), np.tile([0.0, 1.0], (len(at), 1))
        )[0]
    )
    profile = WidthProfile(at, (width_mm * px_per_mm).astype(np.float32), np.full(len(at), 0.05))
    in_mm = widths_to_mm(profile, line, scale)
    assert np.allclose(in_mm.width_mm, width_mm, rtol=1e-4)
    assert in_mm.mm_per_px[-1] > 1.5 * in_mm.mm_per_px[0]
    assert (in_mm.u_mm >= 0.05 * in_mm.mm_per_px).all()
    p50, p95 = np.percentile(profile.width_px, (50, 95))
    in_px = WidthStatistics(float(p50), float(p95), float(profile.width_px.max()), 0.05)
    on_surface = to_millimetres(in_px, 450.0, scale, centreline=line, profile=profile)
    found, length_mm = on_surface.width_mm, on_surface.length_mm
    assert found is not None and on_surface.profile is not None
    assert (on_surface.profile.width_mm == in_mm.width_mm).all()
    assert on_surface.mm_per_px == pytest.approx(scale.at(line[45].astype(float))[0])
    assert (found.p50, found.p95, found.max) == pytest.approx((0.8, 0.8, 0.8), rel=1e-3)
    ends = scale.to_plane_mm(line[[0, -1]].astype(float))
    assert length_mm == pytest.approx(float(np.hypot(*(ends[1] - ends[0]))), rel=1e-4)
    back = scale.to_picture_px(ends)
    assert np.allclose(back, line[[0, -1]], atol=1e-6)


def test_the_seen_area_is_that_of_the_plane_and_none_at_the_horizon() -> None:
    facing = PlaneScale(0.5, 0.0, plane_to_px=np.diag([2.0, 2.0, 1.0]))
    assert facing.seen_area_mm2((400, 300)) == pytest.approx(200 * 150)
    steep = PlaneScale(0.5, 0.0, plane_to_px=np.array([[2.0, 0, 0], [0, 2.0, 0], [0.01, 0, 1.0]]))
    assert steep.seen_area_mm2((400, 300)) is None
