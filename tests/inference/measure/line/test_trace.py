"""Tracing: one crack as a person would count it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage.morphology import skeletonize

from inference.measure.line.thinning import thin
from inference.measure.line.trace import mask_of_traces, trace_cracks

Map = npt.NDArray[np.uint8]


def _paper(side: int = 512) -> Map:
    return np.zeros((side, side), np.uint8)


def _draw(picture: Map, *points: tuple[float, float], thickness: int = 5, value: int = 240) -> Map:
    corners = np.round(np.array(points) * 16).astype(np.int32)
    cv2.polylines(picture, [corners], False, value, thickness, cv2.LINE_AA, shift=4)
    return picture


def _wiggly(seed: int, steps: int = 60) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    y = 256 + np.cumsum(rng.normal(0, 4.0, steps))
    return list(zip(np.linspace(20, 490, steps), y, strict=True))


def test_a_straight_line_is_one_crack_with_its_length_and_direction() -> None:
    traces = trace_cracks(_draw(_paper(), (50, 300), (400, 100)), 0.5)
    assert len(traces) == 1
    crack = traces[0]
    assert crack.length_px == pytest.approx(np.hypot(350, 200), abs=8)
    # Rising to the right as a person sees it.
    assert crack.orientation_deg == pytest.approx(np.degrees(np.arctan2(200, 350)), abs=1)
    assert crack.confidence == pytest.approx(240 / 255, abs=0.02)
    steps = np.hypot(*np.diff(crack.centreline_px, axis=0).T)
    assert steps.min() > 1.0 and steps.max() < 4.0
    along = crack.centreline_px @ (np.array([200, 350]) / np.hypot(350, 200))
    assert np.abs(along - along.mean()).max() < 0.8


@pytest.mark.parametrize("seed", range(4))
def test_a_tortuous_crack_with_gaps_is_one(seed: int) -> None:
    picture = _draw(_paper(), *_wiggly(seed))
    for x in (120, 260, 380):
        picture[:, x : x + 6] = 0
    traces = trace_cracks(picture, 0.5)
    assert len(traces) == 1
    assert np.ptp(traces[0].centreline_px[:, 0]) > 460


def test_a_fading_crack_is_followed_below_the_threshold() -> None:
    picture = _draw(_paper(), (20, 256), (490, 256))
    picture[:, 200:300] = (picture[:, 200:300] * 0.42).astype(np.uint8)  # 0.40 of 0.94
    traces = trace_cracks(picture, 0.5)
    assert len(traces) == 1 and traces[0].length_px > 455


def test_a_t_junction_is_a_main_crack_and_a_branch() -> None:
    picture = _draw(_paper(), (20, 250), (490, 260))
    traces = trace_cracks(_draw(picture, (250, 255), (230, 450)), 0.5)
    assert [round(trace.length_px, -1) for trace in traces] == [470, 190] or len(traces) == 2
    assert traces[0].length_px > 455 and 170 < traces[1].length_px < 205
    # The branch begins at the main crack.
    ends = traces[1].centreline_px[[0, -1]]
    assert np.min(np.linalg.norm(ends - [250, 255], axis=1)) < 8


@pytest.mark.parametrize("thickness", [3, 7, 13])
@pytest.mark.parametrize("angle_deg", [30, 60, 90])
def test_a_crossing_is_two_cracks(thickness: int, angle_deg: int) -> None:
    turn = np.radians(angle_deg)
    away = 200 * np.array([np.cos(turn), np.sin(turn)])
    picture = _draw(_paper(), (56, 256), (456, 256), thickness=thickness)
    picture = _draw(picture, tuple(256 - away), tuple(256 + away), thickness=thickness)
    traces = trace_cracks(picture, 0.5)
    assert len(traces) == 2
    assert all(trace.length_px == pytest.approx(400, abs=20) for trace in traces)
    directions = sorted(trace.orientation_deg % 180 for trace in traces)
    assert abs(directions[1] - directions[0]) == pytest.approx(180 - angle_deg, abs=8) or abs(
        directions[1] - directions[0]
    ) == pytest.approx(angle_deg, abs=8)


def test_two_cracks_side_by_side_stay_two() -> None:
    picture = _draw(_paper(), (20, 200), (490, 200))
    assert len(trace_cracks(_draw(picture, (20, 220), (490, 220)), 0.5)) == 2


def test_ends_that_do_not_face_each_other_stay_two() -> None:
    picture = _draw(_paper(), (20, 250), (240, 250))
    assert len(trace_cracks(_draw(picture, (250, 262), (250, 480)), 0.5)) == 2


def test_specks_are_no_cracks() -> None:
    rng = np.random.default_rng(0)
    picture = _paper()
    for x, y in rng.uniform(10, 500, (200, 2)):
        cv2.circle(picture, (int(x), int(y)), int(rng.integers(1, 4)), 255, -1)
    assert trace_cracks(picture, 0.5) == []


def test_a_faint_scratch_is_no_crack_and_a_faint_long_line_is() -> None:
    assert trace_cracks(_draw(_paper(), (50, 50), (88, 50), value=140), 0.5) == []
    assert len(trace_cracks(_draw(_paper(), (50, 50), (160, 50), value=140), 0.5)) == 1
    assert len(trace_cracks(_draw(_paper(), (50, 50), (88, 50), value=250), 0.5)) == 1


def test_a_rough_edge_makes_no_branches() -> None:
    rng = np.random.default_rng(3)
    picture = _draw(_paper(), *_wiggly(9), thickness=11)
    noise = cv2.GaussianBlur(rng.normal(0, 1, picture.shape), (0, 0), 1.5)
    rough = np.clip(picture + 260 * noise * (picture > 0), 0, 255).astype(np.uint8)
    assert len(trace_cracks(rough, 0.5)) == 1


def test_a_closed_ring_is_one_crack() -> None:
    picture = _paper()
    cv2.circle(picture, (256, 256), 120, 255, 5, cv2.LINE_AA)
    traces = trace_cracks(picture, 0.5)
    assert len(traces) == 1
    assert traces[0].length_px == pytest.approx(2 * np.pi * 120, rel=0.03)


def test_cracks_run_to_the_edge_of_the_picture() -> None:
    traces = trace_cracks(_draw(_paper(), (-20, 100), (600, 400)), 0.5)
    assert len(traces) == 1
    x = traces[0].centreline_px[:, 0]
    assert x.min() < 5 and x.max() > 506
    assert (traces[0].centreline_px >= 0).all() and (traces[0].centreline_px <= 511).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 5), (128, 128)])
def test_odd_sizes_and_empty_maps_have_no_cracks(shape: tuple[int, int]) -> None:
    assert trace_cracks(np.zeros(shape, np.uint8), 0.5) == []
    trace_cracks(np.full(shape, 255, np.uint8), 0.5)


def test_noise_all_over_ends_in_bounded_time() -> None:
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (700, 700)), (0, 0), 2.0)
    speckled = np.where(noise > 0, 255, 0).astype(np.uint8)
    assert isinstance(trace_cracks(speckled, 0.5), list)


def test_the_same_map_gives_the_same_cracks() -> None:
    picture = _draw(_draw(_paper(), *_wiggly(5)), (250, 100), (260, 480))
    first, second = trace_cracks(picture, 0.5), trace_cracks(picture.copy(), 0.5)
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert (one.centreline_px == other.centreline_px).all()


def test_the_mask_keeps_cracks_and_drops_specks() -> None:
    picture = _draw(_paper(), (20, 256), (490, 256))
    cv2.circle(picture, (100, 100), 3, 255, -1)
    traces = trace_cracks(picture, 0.5)
    mask = mask_of_traces(picture, 0.5, traces)
    assert set(np.unique(mask)) == {0, 255} and mask.shape == picture.shape
    assert mask[100, 100] == 0 and mask[256, 250] == 255
    assert (mask[200:300] > 0).sum() == pytest.approx((picture[200:300] >= 128).sum(), rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_thinning_keeps_connections_like_a_known_thinning(seed: int) -> None:
    rng = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(rng.normal(0, 1, (200, 300)), (0, 0), 4.0) > 0.02
    mask = np.zeros((202, 302), np.uint8)
    mask[1:-1, 1:-1] = blobs
    skeleton = np.zeros(mask.size, np.uint8)
    skeleton[thin(mask)] = 1
    skeleton = skeleton.reshape(mask.shape)
    assert (skeleton <= mask).all()
    parts = cv2.connectedComponents(mask, connectivity=8)[0]
    assert cv2.connectedComponents(skeleton, connectivity=8)[0] == parts
    reference = skeletonize(mask > 0)
    assert skeleton.sum() == pytest.approx(reference.sum(), rel=0.15)


def test_thinning_asks_for_an_empty_frame() -> None:
    with pytest.raises(ValueError, match="pad it"):
        thin(np.ones((5, 5), np.uint8))


def test_a_wall_marked_all_over_has_no_crack_and_takes_no_time() -> None:
    picture = _draw(np.full((1500, 1500), 255, np.uint8), (0, 0), (10, 10))
    assert trace_cracks(picture, 0.5) == []


def test_a_blob_does_not_take_the_crack_beside_it_away() -> None:
    picture = _paper(1200)
    picture[600:, :800] = 255
    traces = trace_cracks(_draw(picture, (50, 300), (1100, 320)), 0.5)
    assert len(traces) == 1 and traces[0].length_px == pytest.approx(1050, rel=0.02)
