"""The scale from marker cards: how true it is, and what is refused in which words."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from assets.findings import say
from assets.marker_cards.families import CARD_FAMILY, FAMILIES
from assets.marker_cards.layouts import card
from inference.measure.scale import homography
from inference.measure.scale.cards import CardReading, CardRequest, read_cards
from inference.measure.scale.families import dictionary
from inference.measure.scale.markers import find_markers
from tests.inference.measure.scale.card_pictures import (
    Array,
    Print,
    plane,
    plane_and_camera,
    take,
    true_mm_per_px,
)

SIZE_PX = (1200, 900)
FOUR_WAYS = np.array([[1, 0], [0, 1], [1, 1], [1, -1]], np.float64)
SIDE_MM = 60.0
MIDDLE_MM = np.zeros((1, 2))


def one(family: str = "aruco-4x4", number: int = 7, **more: float) -> Print:
    return Print(family, number, -SIDE_MM / 2, -SIDE_MM / 2, SIDE_MM, **more)


def errors(reading: CardReading, to_px: Array, at_mm: Array) -> Array:
    """(N, 4) relative errors of the local scale in four directions."""
    assert reading.scale is not None, reading.refusals
    at_px = homography.through(to_px, at_mm)
    found = []
    for way in FOUR_WAYS:
        ways = np.repeat(way[None], len(at_px), axis=0)
        found.append(
            reading.scale.mm_per_px_along(at_px, ways)[0] / true_mm_per_px(to_px, at_px, ways) - 1
        )
    return np.stack(found, axis=1)


def three_cards_away() -> Array:
    around = np.radians(np.arange(0, 360, 45))
    return 3 * SIDE_MM * np.column_stack([np.cos(around), np.sin(around)])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("family", ["aruco-4x4", CARD_FAMILY])
def test_one_60_mm_card_at_30_degrees_gives_the_scale_at_it_and_three_widths_away(
    family: str, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng((seed, len(family)))
    to_px = plane(
        gsd=SIDE_MM / 225, size_px=SIZE_PX, tilt_deg=30,
        azimuth_deg=rng.uniform(0, 360), roll_deg=rng.uniform(0, 360),
    )  # fmt: skip
    pixels = take(
        [one(family, seed, turn_deg=0.0)], to_px, SIZE_PX,
        blur_px=rng.uniform(0.6, 1.6), noise=2.0, jpeg=int(rng.integers(70, 96)),
        seed=seed, supersample=4,
    )  # fmt: skip
    reading = read_cards(pixels, CardRequest(family, SIDE_MM))
    at_card = np.abs(errors(reading, to_px, MIDDLE_MM)).max()
    away = np.abs(errors(reading, to_px, three_cards_away())).max()
    with capsys.disabled():
        print(f" [{family}: {at_card:.4%} at the card, {away:.4%} three widths away]", end="")
    assert at_card <= 0.005 / 5
    assert away <= 0.015 / 5
    assert reading.scale is not None and reading.scale.tilt_deg == pytest.approx(30, abs=2)


def test_opencvs_own_refinements_are_further_off_than_the_edges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Why there is a fit of our own: the same markers, scale at the card, mean of the error."""
    methods = {
        "none": (cv2.aruco.CORNER_REFINE_NONE, 0.0),
        "subpix": (cv2.aruco.CORNER_REFINE_SUBPIX, 0.0),
        "apriltag - 0.5 px": (cv2.aruco.CORNER_REFINE_APRILTAG, 0.5),
    }
    off: dict[str, list[float]] = {name: [] for name in [*methods, "edges"]}
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * SIDE_MM - SIDE_MM / 2
    for seed in range(4):
        rng = np.random.default_rng(seed)
        to_px = plane(
            gsd=SIDE_MM / 205, size_px=(500, 500), tilt_deg=30, focal_px=1500,
            azimuth_deg=rng.uniform(0, 360), roll_deg=rng.uniform(0, 360),
        )  # fmt: skip
        pixels = take([one()], to_px, (500, 500), blur_px=1.0, noise=2.0, seed=seed, supersample=4)
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        truth = np.sqrt(abs(np.linalg.det(homography.jacobian_at(to_px, np.zeros(2)))))
        for name, (method, shift) in methods.items():
            parameters = cv2.aruco.DetectorParameters()
            parameters.cornerRefinementMethod = method
            found, _, _ = cv2.aruco.ArucoDetector(
                dictionary("aruco-4x4"), parameters
            ).detectMarkers(grey)
            corners = np.asarray(found[0], np.float64).reshape(4, 2) - shift
            seen = homography.from_four_points(square, corners)
            size = np.sqrt(abs(np.linalg.det(homography.jacobian_at(seen, np.zeros(2)))))
            off[name].append(abs(size / truth - 1))
        off["edges"].append(
            float(np.abs(errors(read_cards(pixels, CardRequest("aruco-4x4", SIDE_MM)), to_px,
                                MIDDLE_MM)).mean())
        )  # fmt: skip
    mean = {name: float(np.mean(values)) for name, values in off.items()}
    with capsys.disabled():
        print(" " + str({name: f"{value:.4%}" for name, value in mean.items()}), end="")
    assert mean["edges"] < min(mean[name] for name in methods)


def test_the_uncertainty_of_the_fit_covers_its_error() -> None:
    pulls = []
    for seed in range(6):
        rng = np.random.default_rng(100 + seed)
        to_px = plane(
            gsd=SIDE_MM / 120, size_px=(500, 500), tilt_deg=rng.uniform(0, 45), focal_px=900,
            azimuth_deg=rng.uniform(0, 360), roll_deg=rng.uniform(0, 360),
        )  # fmt: skip
        pixels = take([one()], to_px, (500, 500), noise=4.0, jpeg=70, seed=seed, supersample=4)
        reading = read_cards(pixels, CardRequest("aruco-4x4", SIDE_MM))
        error = np.abs(errors(reading, to_px, MIDDLE_MM)).max()
        assert reading.scale is not None
        pulls.append(error / reading.scale.u_relative)
    assert max(pulls) < 2.0


def test_ink_that_spreads_does_not_shift_the_scale() -> None:
    to_px = plane(gsd=0.3, size_px=(500, 500), tilt_deg=20, roll_deg=12)
    pixels = take([one(spread_mm=0.2)], to_px, (500, 500), supersample=4)
    reading = read_cards(pixels, CardRequest("aruco-4x4", SIDE_MM))
    # Taken at its outer edges the square would be 0.4 mm, or 0.67 %, too large.
    assert np.abs(errors(reading, to_px, MIDDLE_MM)).max() < 0.001


def test_ink_that_spreads_does_not_bend_the_plane_of_a_card_seen_from_near() -> None:
    to_px = plane(gsd=0.2, size_px=(640, 640), tilt_deg=30, azimuth_deg=35, focal_px=1000)
    pixels = take([one(spread_mm=0.2)], to_px, (640, 640), supersample=4)
    reading = read_cards(pixels, CardRequest("aruco-4x4", SIDE_MM))
    # Near edges are spread by more pixels than far ones: as one shift in pixels, 1.1 % were lost.
    assert np.abs(errors(reading, to_px, three_cards_away())).max() < 0.002


def test_blur_is_measured_at_the_edges_of_the_card() -> None:
    to_px = plane(gsd=0.3, size_px=(400, 400), tilt_deg=10, roll_deg=25)
    for blur_px in (0.8, 2.0):
        pixels = take([one()], to_px, (400, 400), blur_px=blur_px, supersample=4)
        reading = read_cards(pixels, CardRequest("aruco-4x4", SIDE_MM))
        # The pixel itself adds its own width: a box of 1 px has a deviation of 0.29 px.
        assert reading.blur_px == pytest.approx(np.hypot(blur_px, 0.29), rel=0.06)


def test_several_cards_hold_the_plane_farther_out_than_one() -> None:
    to_px = plane(gsd=0.5, size_px=(900, 600), tilt_deg=35, azimuth_deg=20, focal_px=1500)
    left = Print("aruco-4x4", 3, -180, -80, SIDE_MM, turn_deg=8)
    right = Print("aruco-4x4", 9, 90, 10, SIDE_MM, turn_deg=-20)
    far_mm = np.array([[120.0, 40.0], [-150.0, -50.0], [0.0, 0.0]])
    both = read_cards(take([left, right], to_px, (900, 600), supersample=4),
                      CardRequest("aruco-4x4", SIDE_MM))  # fmt: skip
    assert len(both.markers) == 2
    assert np.abs(errors(both, to_px, far_mm)).max() < 0.001


def test_our_own_card_needs_no_word_about_it_and_a_checked_ruler_makes_it_surer() -> None:
    layout = card("a5")
    prints = [
        Print(CARD_FAMILY, m.marker_id, m.left_mm, m.top_mm, layout.side_mm) for m in layout.markers
    ]
    to_px = plane(gsd=0.3, size_px=(800, 600), tilt_deg=25, roll_deg=4, centre_mm=(105, 74))
    pixels = take(prints, to_px, (800, 600), supersample=4)
    plain, checked = read_cards(pixels), read_cards(pixels, CardRequest(ruler_mm=90.0))
    assert np.abs(errors(plain, to_px, np.array([[105.0, 74.0]]))).max() < 0.0005
    assert plain.scale is not None and checked.scale is not None
    assert checked.scale.u_relative < plain.scale.u_relative < 0.005
    wrong = read_cards(pixels, CardRequest(ruler_mm=87.3))
    assert wrong.scale is None
    assert wrong.refusals[0].code == "card_wrong_print_size"
    assert (
        "97.0 %" in say(wrong.refusals[0]).sentence and "38.80 mm" in say(wrong.refusals[0]).remedy
    )
    remeasured = read_cards(pixels, CardRequest(side_mm=38.8))
    assert remeasured.scale is not None
    assert remeasured.scale.gsd_mm_per_px == pytest.approx(0.97 * plain.scale.gsd_mm_per_px)


def test_a_tag_that_its_maker_printed_the_other_way_up_gives_the_same_scale() -> None:
    scales = []
    for turn, corner in ((0.0, -30.0), (180.0, 30.0)):
        to_px = plane(gsd=0.3, size_px=(400, 400), tilt_deg=25, azimuth_deg=90, roll_deg=7)
        mark = Print(CARD_FAMILY, 11, corner, corner, SIDE_MM, turn_deg=turn)
        reading = read_cards(take([mark], to_px, (400, 400), supersample=4),
                             CardRequest(CARD_FAMILY, SIDE_MM))  # fmt: skip
        scales.append(errors(reading, to_px, MIDDLE_MM))
    assert np.abs(np.concatenate(scales)).max() < 0.001


def refusal(pixels: np.ndarray, request: CardRequest | None) -> str:
    reading = read_cards(pixels, request)
    assert reading.scale is None, reading.scale
    assert len(reading.refusals) == 1
    refused = reading.refusals[0]
    assert say(refused).sentence.endswith(".") and say(refused).remedy.endswith((".", "…"))
    return refused.code


ASKED = CardRequest("aruco-4x4", SIDE_MM)


@pytest.mark.parametrize("tilt_deg", [0.0, 30.0])
def test_a_bent_card_is_refused(tilt_deg: float) -> None:
    to_px, camera = plane_and_camera(
        gsd=0.28, size_px=(600, 500), tilt_deg=tilt_deg, azimuth_deg=20, roll_deg=15, focal_px=1400
    )
    bent = take([one()], to_px, (600, 500), bend_mm=4, camera_mm=camera, supersample=4)
    reading = read_cards(bent, ASKED, focal_px=1400)
    assert reading.scale is None and reading.refusals[0].code == "card_bent"
    flat = take([one()], to_px, (600, 500), bend_mm=0, supersample=4)
    assert read_cards(flat, ASKED, focal_px=1400).scale is not None


def test_a_small_a_tilted_and_a_covered_card_are_refused() -> None:
    small = plane(gsd=1.8, size_px=(400, 300), roll_deg=10)
    assert refusal(take([one()], small, (400, 300)), ASKED) == "card_too_small"
    tilted = plane(gsd=0.3, size_px=(400, 400), tilt_deg=66, azimuth_deg=40)
    assert refusal(take([one()], tilted, (400, 400)), ASKED) == "card_too_tilted"
    layout = card("a5")
    prints = [
        Print(CARD_FAMILY, m.marker_id, m.left_mm, m.top_mm, layout.side_mm) for m in layout.markers
    ]
    facing = plane(gsd=0.4, size_px=(600, 450), roll_deg=3, centre_mm=(105, 74))
    covered = take(prints, facing, (600, 450), cover=(0, 0, 100, 150), supersample=4)
    assert refusal(covered, None) == "card_half_covered"


def test_a_single_marker_that_is_covered_is_refused_and_a_little_dirt_does_no_harm() -> None:
    to_px = plane(gsd=0.25, size_px=(400, 400), roll_deg=9, tilt_deg=12)
    mark = Print(CARD_FAMILY, 540, -18, -18, 36.0)  # our credit-card size, cells of 4.5 mm
    asked = CardRequest(CARD_FAMILY)
    # The left half; a corner; six cells inside, with which another family's code would fit it.
    for cover in ((-30, -30, 40, 60), (-18, 9, 9, 9), (0, -9, 13.5, 9)):
        pixels = take([mark], to_px, (400, 400), cover=cover, supersample=4)
        assert refusal(pixels, asked) == "card_not_found", cover
    dirty = take([mark], to_px, (400, 400), cover=(-9, -9, 9, 9), supersample=4)
    assert np.abs(errors(read_cards(dirty, asked), to_px, MIDDLE_MM)).max() < 0.001


def test_wrong_mirrored_and_doubled_markers_are_refused_in_words() -> None:
    to_px = plane(gsd=0.35, size_px=(700, 350), roll_deg=5)
    pixels = take([one()], to_px, (700, 350))
    assert refusal(pixels, CardRequest(CARD_FAMILY, SIDE_MM)) == "card_wrong_dictionary"
    assert refusal(pixels[:, ::-1], ASKED) == "card_mirrored"
    assert refusal(np.full((200, 300, 3), 120, np.uint8), ASKED) == "card_not_found"
    again = Print("aruco-4x4", 7, 50, -30, SIDE_MM, turn_deg=3)
    assert refusal(take([one(), again], to_px, (700, 350)), ASKED) == "card_duplicated"
    assert refusal(pixels, CardRequest("aruco-4x4")) == "card_size_unknown"
    smaller = Print("aruco-4x4", 9, 45, -30, 57.0, turn_deg=3)
    two_sizes = take([one(), smaller], to_px, (700, 350), supersample=4)
    assert refusal(two_sizes, ASKED) == "cards_not_on_one_plane"


@pytest.mark.parametrize("side_mm", [0.0, -60.0, 3.9, 1000.5, float("nan")])
def test_impossible_sizes_are_refused(side_mm: float) -> None:
    pixels = np.full((60, 60, 3), 120, np.uint8)
    assert refusal(pixels, CardRequest("aruco-4x4", side_mm)) == "card_size_invalid"


def test_every_family_is_known_to_opencv() -> None:
    for family in FAMILIES:
        assert dictionary(family).markerSize >= 4
    with pytest.raises(ValueError, match="aruco-4x4"):
        dictionary("aruco-9x9")


@pytest.mark.parametrize("shape", [(20_000, 1, 3), (1, 20_000, 3), (1, 1, 3)])
def test_a_strip_has_no_markers(shape: tuple[int, int, int]) -> None:
    """Nobody takes such a photo, but files like it come in."""
    assert find_markers(np.full(shape, 128, np.uint8), CARD_FAMILY) == []
