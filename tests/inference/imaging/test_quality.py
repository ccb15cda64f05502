"""Rendered walls pass; what nobody could search or measure is refused with its sentence."""

import cv2
import numpy as np
import pytest

from assets.findings import say
from inference.imaging.quality import assess_quality


def wall(height: int = 512, width: int = 512, *, grain: float = 9.0, seed: int = 1) -> np.ndarray:
    """Light concrete: cloudy, grainy, pored, with a crack of 3 px."""
    rng = np.random.default_rng(seed)
    clouds = cv2.resize(rng.normal(0, 12, (9, 9)), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 0.8)
    level = 165 + clouds + grain * fine / fine.std()
    for x, y in rng.integers(0, (width, height), (height * width // 4000, 2)):
        cv2.circle(level, (int(x), int(y)), int(rng.integers(1, 4)), 95.0, -1)
    steps = np.linspace(0, 1, 40)
    points = np.stack([steps * width, height * (0.5 + 0.1 * np.sin(9 * steps))], 1)
    cv2.polylines(level, [points.astype(np.int32)], False, 55.0, 3, cv2.LINE_AA)
    level = cv2.GaussianBlur(level, (0, 0), 0.7)
    return np.repeat(np.clip(level, 0, 255)[..., None], 3, 2).astype(np.uint8)


def blurred(pixels: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), sigma_px)


def codes(quality) -> list[str]:
    return [finding.code for finding in quality.reasons]


@pytest.mark.parametrize("size", [(128, 128), (256, 256), (512, 700), (1100, 1300), (200, 6500)])
@pytest.mark.parametrize("grain", [3.0, 9.0])
def test_a_sharp_wall_passes_both(size, grain):
    quality = assess_quality(wall(*size, grain=grain))
    assert quality.fit_to_detect and quality.fit_to_measure and quality.reasons == ()


def test_a_smooth_white_wall_with_one_fine_crack_passes():
    smooth = wall(grain=1.0)
    smooth[:] = 225
    cv2.line(smooth, (0, 100), (511, 140), (120, 120, 120), 2, cv2.LINE_AA)
    assert assess_quality(smooth).fit_to_detect


@pytest.mark.parametrize("sigma_px", [6, 8, 12, 20])
@pytest.mark.parametrize("jpeg_quality", [None, 85])
def test_a_heavily_blurred_wall_is_rejected(sigma_px, jpeg_quality):
    picture = blurred(wall(), sigma_px)
    if jpeg_quality:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    quality = assess_quality(picture)
    assert not quality.fit_to_detect and not quality.fit_to_measure
    assert codes(quality)[0] in {"blurred", "low_contrast"}


def test_the_sentence_names_the_width_the_limit_and_the_remedy():
    finding = say(*assess_quality(blurred(wall(), 6)).reasons)
    width_px = float(finding.sentence.split("are ")[1].split(" px")[0])
    assert 8 < width_px < 25
    assert finding.sentence == f"Blurred: edges are {width_px:.1f} px wide; 8 px is the limit."
    assert finding.remedy == "Hold the phone against the pier or add light."


def test_a_little_blur_is_searched_but_not_measured():
    quality = assess_quality(blurred(wall(), 2.5))
    assert quality.fit_to_detect and not quality.fit_to_measure
    assert (
        codes(quality) == ["blurred"] and "4.5 px is the limit" in say(quality.reasons[0]).sentence
    )


def test_the_measured_edge_grows_with_the_blur():
    edge = wall(grain=0.5)
    edge[:, :256], edge[:, 256:] = 70, 180
    for sigma_px in (1.5, 3.0, 5.0):
        measured = assess_quality(blurred(edge, sigma_px)).metrics["edge_width_px"]
        assert measured == pytest.approx(2.563 * sigma_px, rel=0.15)


def test_a_moving_hand_spoils_widths():
    streak = np.zeros((21, 21), np.float32)
    streak[10] = 1 / 21
    quality = assess_quality(cv2.filter2D(wall(), -1, streak))
    assert not quality.fit_to_measure and "blurred" in codes(quality)


def test_noise_does_not_make_a_blurred_wall_sharp():
    rng = np.random.default_rng(0)
    noisy = blurred(wall(), 6) + rng.normal(0, 2, (512, 512, 1))
    assert not assess_quality(np.clip(noisy, 0, 255).astype(np.uint8)).fit_to_detect


def test_half_in_focus_is_searched():
    picture = wall(1200, 1600)
    picture[:, 800:] = blurred(picture[:, 800:], 8)
    assert assess_quality(picture).fit_to_detect


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (np.zeros((512, 512, 3), np.uint8), "too_dark"),
        (np.full((512, 512, 3), 255, np.uint8), "too_bright"),
        (np.full((512, 512, 3), 128, np.uint8), "low_contrast"),
        ((wall() * 0.1).astype(np.uint8), "too_dark"),
        (np.clip(wall() * 4.0, 0, 255).astype(np.uint8), "too_bright"),
        ((wall() * 0.1 + 180).astype(np.uint8), "low_contrast"),
        (wall(127, 600), "too_small"),
        (np.full((1, 1, 3), 128, np.uint8), "too_small"),
    ],
)
def test_what_nobody_could_search_is_rejected(picture, code):
    quality = assess_quality(picture)
    assert not quality.fit_to_detect and not quality.fit_to_measure
    assert code in codes(quality)
    for finding in map(say, quality.reasons):
        assert finding.sentence.endswith(".") and finding.remedy.endswith(".")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda p: (p * 0.3).astype(np.uint8), "too_dark"),
        (lambda p: noisy(p, 40), "noisy"),
        (lambda p: squeezed(p, 8), "compressed"),
    ],
)
def test_what_can_be_searched_but_not_measured(spoil, code):
    quality = assess_quality(spoil(wall(grain=3.0)))
    assert quality.fit_to_detect and not quality.fit_to_measure
    assert code in codes(quality)


def noisy(pixels: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(2).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def squeezed(pixels: np.ndarray, jpeg_quality: int) -> np.ndarray:
    """Through a JPEG, and then off its 8-px grid, as a turned photo may be."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[3:, 5:])


def test_the_same_wall_larger_gets_the_same_answers():
    for factor in (1, 3):
        sharp = wall(400 * factor, 500 * factor)
        assert assess_quality(sharp).fit_to_measure
        assert not assess_quality(blurred(sharp, 7)).fit_to_detect
