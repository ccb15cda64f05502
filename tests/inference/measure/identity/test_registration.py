"""The same face is found again, another one never."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.measure.identity.registration import (
    Features,
    extract_features,
    is_plausible,
    map_points,
    register,
)
from tests.inference.measure.identity.faces import draw_face, photograph_again


@pytest.mark.parametrize(
    ("turn_deg", "zoom", "shift"),
    [
        (0.0, 1.0, (0.0, 0.0)),
        (10.0, 1.0, (0.1, 0.0)),
        (-10.0, 1.15, (0.0, -0.1)),
        (5.0, 0.85, (0.15, 0.1)),
        (0.0, 1.0, (0.4, 0.2)),
        (90.0, 1.0, (0.0, 0.0)),
    ],
)
def test_a_second_photo_of_a_face_lies_on_the_first(
    turn_deg: float, zoom: float, shift: tuple[float, float]
) -> None:
    face = draw_face(1)
    again, truth = photograph_again(face, 2, turn_deg=turn_deg, zoom=zoom, shift=shift)
    found = register(extract_features(face), extract_features(again))
    assert found is not None
    grid = np.stack(np.meshgrid([200, 400, 600], [150, 300, 450]), -1).reshape(-1, 2)
    distance = np.hypot(*(map_points(grid, found.homography) - map_points(grid, truth)).T)
    seen = map_points(grid, truth)
    inside = ((seen > 0) & (seen < [800, 600])).all(axis=1)
    assert distance[inside].max() < 2.5
    assert found.inliers >= 25 and found.residual_px < 3


def test_the_overlap_is_the_share_that_both_show() -> None:
    face = draw_face(3)
    again, _ = photograph_again(face, 4, shift=(0.25, 0.0))
    found = register(extract_features(face), extract_features(again))
    assert found is not None and found.overlap == pytest.approx(0.75, abs=0.02)


def test_other_faces_do_not_fit() -> None:
    faces = [extract_features(draw_face(seed)) for seed in range(10, 14)]
    for i, first in enumerate(faces):
        for j, second in enumerate(faces):
            assert i == j or register(first, second) is None


def test_the_same_date_stamp_on_two_faces_is_no_match() -> None:
    stamped = []
    for seed in (20, 21):
        face = draw_face(seed)
        cv2.rectangle(face, (10, 560), (300, 595), (0, 0, 0), -1)
        cv2.putText(face, "2026-05-04 10:22:31 CAM7", (14, 586), 0, 0.65, (255, 255, 255), 2)
        stamped.append(extract_features(face))
    assert register(stamped[0], stamped[1]) is None


def test_pictures_of_another_size_lie_on_each_other() -> None:
    face = draw_face(5, (1000, 700))
    smaller = cv2.resize(face, (2400, 1680), interpolation=cv2.INTER_CUBIC)
    found = register(extract_features(face), extract_features(smaller))
    assert found is not None
    corner = map_points(np.array([[500.0, 350.0]]), found.homography)[0]
    assert corner == pytest.approx([1200.9, 840.9], abs=3)


def test_features_survive_their_bytes_and_are_small() -> None:
    features = extract_features(draw_face(6))
    kept = features.to_bytes()
    assert len(kept) < 150_000
    again = Features.from_bytes(kept)
    assert (again.points == features.points).all()
    assert (again.descriptors == features.descriptors).all()
    assert again.image_size_px == (800, 600)


@pytest.mark.parametrize("data", [b"", b"no features", b"PK\x03\x04 broken"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        Features.from_bytes(data)


@pytest.mark.parametrize("shape", [(1, 1), (30, 30), (600, 800)])
def test_a_blank_picture_has_no_features_and_fits_nothing(shape: tuple[int, int]) -> None:
    blank = extract_features(np.full((*shape, 3), 128, np.uint8))
    assert len(blank.points) == 0 and blank.descriptors.shape == (0, 32)
    assert register(blank, extract_features(draw_face(7))) is None
    assert register(blank, Features.from_bytes(blank.to_bytes())) is None


def test_mirrors_folds_and_extreme_zooms_are_implausible() -> None:
    size = (800, 600)
    assert is_plausible(np.eye(3), size)
    assert not is_plausible(np.diag([-1.0, 1.0, 1.0]), size)
    assert not is_plausible(np.diag([3.0, 3.0, 1.0]), size)
    assert not is_plausible(np.diag([2.0, 1.0, 1.0]), size)
    tilted = np.eye(3)
    tilted[2, 0] = 1e-4
    assert is_plausible(tilted, size)
    tilted[2, 0] = 2e-3
    assert not is_plausible(tilted, size)
    assert not is_plausible(np.full((3, 3), np.nan), size)
