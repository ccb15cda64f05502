"""JPEG rounding: read from the file, found again in the pixels, undone where possible."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from scipy.fft import dctn

from inference.imaging.decode import decode_picture
from inference.imaging.jpeg_rounding import (
    LUMA_OF_RGB,
    RoundedBlocks,
    as_blocks,
)
from tests.inference.imaging.test_decode import profile_of_gamma


def _file(grey: np.ndarray, quality: int, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(grey[:, :, None], 3, axis=2)).save(
        buffer, "JPEG", quality=quality, **options
    )
    return buffer.getvalue()


def _grainy(height: int, width: int) -> np.ndarray:
    # Soft enough that no value is cut off at black or white, which would move it off its step.
    noise = np.random.default_rng(3).normal(0, 1, (height, width)).astype(np.float32)
    return np.clip(128 + 60 * cv2.GaussianBlur(noise, (0, 0), 0.8), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_blocks_are_found_again_however_the_camera_was_held(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture = decode_picture(_file(_grainy(61, 86), 60, exif=exif.tobytes()))
    rounding = picture.rounding
    assert rounding is not None
    x, y = rounding.first_px
    luma = picture.pixels.astype(float) @ LUMA_OF_RGB - 128.0
    height, width = (
        (side - first) // 8 * 8 for side, first in zip(luma.shape, (y, x), strict=False)
    )
    frequencies = dctn(as_blocks(luma[y : y + height, x : x + width]), axes=(2, 3), norm="ortho")
    off = frequencies - np.rint(frequencies / rounding.steps) * rounding.steps
    # Pixels are whole numbers, so a frequency is off its step by the noise of their rounding.
    assert np.abs(off).mean() < 0.35
    assert rounding.steps.min() > 5


def test_only_a_jpeg_says_how_it_was_rounded() -> None:
    buffer = io.BytesIO()
    Image.fromarray(_grainy(40, 40)).save(buffer, "PNG")
    assert decode_picture(buffer.getvalue()).rounding is None


def test_pixels_that_a_colour_profile_changed_are_not_the_files() -> None:
    changed = decode_picture(_file(_grainy(40, 40), 80, icc_profile=profile_of_gamma(1.8)))
    assert changed.rounding is None
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode_picture(_file(_grainy(40, 40), 80, icc_profile=srgb)).rounding is not None


def test_a_file_without_luma_is_left_alone() -> None:
    buffer = io.BytesIO()
    picture = Image.fromarray(np.repeat(_grainy(40, 40)[:, :, None], 3, axis=2))
    picture.save(buffer, "JPEG", quality=80, keep_rgb=True)
    assert decode_picture(buffer.getvalue()).rounding is None


@pytest.mark.parametrize(("quality", "most"), [(60, 0.6), (80, 0.9)])
def test_what_is_likely_is_nearer_to_the_truth_and_rounds_to_the_same_file(
    quality: int, most: float
) -> None:
    rng = np.random.default_rng(8)
    x = np.arange(160.0)
    expected = np.tile(150.0 - 60.0 * np.exp(-0.5 * ((x - 75.3) / 0.9) ** 2), (80, 1))
    truth = expected + rng.normal(0, 1.5, expected.shape)
    picture = decode_picture(_file(np.rint(truth).astype(np.uint8), quality))
    assert picture.rounding is not None
    seen = as_blocks(picture.pixels.astype(float) @ LUMA_OF_RGB).reshape(-1, 8, 8)
    wanted, real = (as_blocks(each).reshape(-1, 8, 8) for each in (expected, truth))
    beside = np.abs(wanted - 150.0).max(axis=(1, 2)) < 1.0
    blocks = RoundedBlocks(seen, np.full_like(seen, 150.0), beside, picture.rounding)
    likely = blocks.likely(wanted)
    before, after = (np.abs(each - real)[~beside].mean() for each in (seen, likely))
    assert after < most * before
    apart = dctn(likely - seen, axes=(1, 2), norm="ortho")
    # Half a step, and what whole pixel values add: up to half of 8 to the mean of an even block.
    assert (np.abs(apart) <= 0.5 * picture.rounding.steps + 4.0).all()
    # An expectation that the file does not bear out changes nothing beyond the same half steps.
    apart = dctn(blocks.likely(wanted - 90.0) - seen, axes=(1, 2), norm="ortho")
    assert (np.abs(apart) <= 0.5 * picture.rounding.steps + 4.0).all()


def test_cameras_own_files_are_fine_and_messengers_are_not() -> None:
    fine = {}
    for quality in (60, 75, 90, 95):
        rounding = decode_picture(_file(_grainy(16, 16), quality)).rounding
        assert rounding is not None
        fine[quality] = rounding.is_fine
    assert fine == {60: False, 75: False, 90: False, 95: True}
