"""Another camera position: the homography says where every place of the face went."""

import cv2
import numpy as np

from inference.render.camera import encode_srgb, face_to_picture, project
from inference.render.photo import render
from inference.render.specs import CrackSpec, SceneSpec, SurfaceSpec, ViewSpec

SCENE = SceneSpec(
    360, 280, 0.5, SurfaceSpec(seed=8, pores=0.7, mottling=0.8),
    (CrackSpec(seed=2, start_mm=(90, 70), heading_deg=20, length_mm=70, width_mm=1.5),),
    margin_px=40,
)  # fmt: skip
SQUARE = ViewSpec(noise=0, jpeg_quality=None)
MOVED = ViewSpec(
    noise=0, jpeg_quality=None, shift_mm=(5, -3), rotation_deg=2, zoom=1.05, tilt_x_deg=3,
    tilt_y_deg=-2,
)  # fmt: skip


def between(a, b):
    return face_to_picture(SCENE, b) @ np.linalg.inv(face_to_picture(SCENE, a))


def test_square_on_a_place_is_its_distance_over_the_scale():
    places = np.array([[0.25, 0.25], [90.25, 70.25]])
    np.testing.assert_allclose(
        project(face_to_picture(SCENE, SQUARE), places), [[0, 0], [180, 140]], atol=1e-9
    )


def test_the_truth_moves_with_the_homography():
    first, second = render(SCENE, SQUARE).cracks[0], render(SCENE, MOVED).cracks[0]
    expected = project(between(SQUARE, MOVED), first.centreline_px.astype(float))
    gaps = np.hypot(*(expected[:, None] - second.centreline_px[None]).T).min(axis=0)
    assert gaps.max() < 0.6  # points lie a pixel apart
    assert abs(second.length_mm - first.length_mm) < 0.2
    assert 1.02 < second.length_px / first.length_px < 1.09  # nearer, so larger


def test_the_pixels_move_with_the_homography():
    first, second = render(SCENE, SQUARE).pixels, render(SCENE, MOVED).pixels
    warped = cv2.warpPerspective(first, between(SQUARE, MOVED), (360, 280), flags=cv2.INTER_CUBIC)
    inside = np.s_[40:-40, 40:-40]
    here = warped[inside].astype(float).ravel()
    there = second[inside].astype(float).ravel()
    assert np.corrcoef(here, there)[0, 1] > 0.97
    unmoved = first[inside].astype(float).ravel()
    assert np.corrcoef(unmoved, there)[0, 1] < 0.8


def test_srgb_encoding_is_the_standard_curve():
    levels = np.array([0.0, 0.002, 0.0212, 0.2140, 1.0, 3.0], np.float32)
    light = np.repeat(levels[None, :, None], 3, axis=2)
    assert (
        encode_srgb(light)[0, :, 0].tolist() == [0, 7, 39, 127, 255, 255]
        or np.abs(encode_srgb(light)[0, :, 0].astype(int) - [0, 7, 39, 127, 255, 255]).max() <= 1
    )
