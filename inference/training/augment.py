"""Changes that a crack survives: size, turn, light, colour, blur, noise, compression.

Own NumPy and OpenCV, in the order in which a camera would meet them: light falls on the
wall, the lens blurs, the sensor adds noise, the file loses detail. Multi-scale Retinex
comes after the light, as in the product, on the whole picture before the crop.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.retinex import even_out_picture
from inference.training.recipe import Augmentation
from inference.types import Mask, RgbImage

# After shrinking, a pixel of which this share was crack is crack: less than half, so that
# thin cracks stay connected.
SHRUNK_CRACK_SHARE = 0.4

# A small picture is not shrunk further than to this part of the crop's side; the rest would
# be reflections.
COVERED_BY_PICTURE = 0.8


def augment(
    pixels: RgbImage,
    mask: Mask,
    crop_px: int,
    settings: Augmentation,
    rng: np.random.Generator,
) -> tuple[RgbImage, Mask]:
    """One training sample.

    Args:
        pixels: (H, W, 3) uint8 RGB, a whole picture.
        mask: (H, W) uint8, 0 or 255.

    Returns:
        (crop, crop, 3) uint8 and (crop, crop) uint8, 0 or 255.
    """
    if rng.random() < settings.shadow:
        pixels = cast_shadow(pixels, rng)
    if rng.random() < settings.retinex:
        pixels = even_out_picture(pixels)
    pixels, mask = crop_scaled(pixels, mask, crop_px, settings, rng)
    pixels, mask = turn(pixels, mask, rng)
    if rng.random() < settings.groove:
        pixels = cut_groove(pixels, mask, rng)
    if rng.random() < settings.sign:
        pixels = put_up_sign(pixels, mask, rng)
    if rng.random() < settings.light:
        pixels = change_light(pixels, rng)
    if rng.random() < settings.colour:
        pixels = change_colour(pixels, rng)
    if rng.random() < settings.channel_order:
        pixels = pixels[..., rng.permutation(3)]
    if rng.random() < settings.grey:
        pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < settings.blur:
        pixels = blur(pixels, rng)
    if rng.random() < settings.noise:
        pixels = add_noise(pixels, rng)
    if rng.random() < settings.jpeg:
        pixels = compress(pixels, rng)
    return np.ascontiguousarray(pixels), np.ascontiguousarray(mask)


def crop_scaled(
    pixels: RgbImage,
    mask: Mask,
    crop_px: int,
    settings: Augmentation,
    rng: np.random.Generator,
) -> tuple[RgbImage, Mask]:
    """A square crop at a random size, sometimes rotated; reflected where the picture ends.

    Where a picture has cracks, three of four crops are centred near one.
    """
    height, width = mask.shape
    angle = float(rng.uniform(-30, 30)) if rng.random() < settings.rotate else 0.0
    smallest = COVERED_BY_PICTURE * crop_px / min(height, width)
    low, high = (max(bound, smallest) for bound in settings.scale_range)
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    half_px = crop_px / 2 / scale
    centre_x = _centre(width, half_px, rng)
    centre_y = _centre(height, half_px, rng)
    crack_y, crack_x = np.nonzero(mask)
    if len(crack_x) and rng.random() < 0.75:
        pick = rng.integers(len(crack_x))
        centre_x = crack_x[pick] + rng.uniform(-0.7, 0.7) * half_px
        centre_y = crack_y[pick] + rng.uniform(-0.7, 0.7) * half_px
        centre_x = float(
            np.clip(centre_x, min(half_px, width / 2), max(width - half_px, width / 2))
        )
        centre_y = float(
            np.clip(centre_y, min(half_px, height / 2), max(height - half_px, height / 2))
        )
    matrix = cv2.getRotationMatrix2D((centre_x, centre_y), angle, scale).astype(np.float64)
    matrix[:, 2] += (crop_px / 2 - centre_x, crop_px / 2 - centre_y)
    shrunk = scale < 0.8
    share = SHRUNK_CRACK_SHARE if shrunk else 0.5
    cut_mask = _warped(mask, matrix, crop_px, scale if shrunk else 1.0)
    return (
        _warped(pixels, matrix, crop_px, scale if shrunk else 1.0),
        np.where(cut_mask >= share * 255, np.uint8(255), np.uint8(0)),
    )


def _warped(
    pixels: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64], crop_px: int, shrink: float
) -> npt.NDArray[np.uint8]:
    """An affine cut. It samples points, so what shrinks is blurred first, or it would alias."""
    if shrink < 1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.4 / shrink), dtype=np.uint8)
    cut = cv2.warpAffine(
        pixels,
        matrix,
        (crop_px, crop_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(cut, dtype=np.uint8)


def turn(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """One of the eight quarter turns and mirrorings."""
    quarter = int(rng.integers(4))
    pixels, mask = np.rot90(pixels, quarter), np.rot90(mask, quarter)
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    return np.ascontiguousarray(pixels), np.ascontiguousarray(mask)


def cast_shadow(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """The soft-edged shadow of something with straight or bent edges."""
    height, width = pixels.shape[:2]
    corners = rng.uniform(-0.3, 1.3, (int(rng.integers(3, 7)), 2)) * (width, height)
    shade = np.zeros((height, width), dtype=np.float32)
    cv2.fillPoly(shade, [corners.astype(np.int32)], (1.0,))
    edge_px = float(np.exp(rng.uniform(np.log(0.7), np.log(0.06 * max(height, width)))))
    soft = np.asarray(cv2.GaussianBlur(shade, (0, 0), edge_px), dtype=np.float32)
    gain = 1 - soft * float(rng.uniform(0.2, 0.7))
    return np.asarray(pixels * gain[..., None], dtype=np.uint8)


def cut_groove(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A dead straight joint, edge or cable across the picture, sometimes with one bend.

    It is no crack. Left away where it would cover much of a labelled crack.
    """
    size = mask.shape[0]
    angle = float(rng.integers(2)) * np.pi / 2 + float(rng.normal(0, 0.15))
    middle = rng.uniform(0.1, 0.9, 2) * size
    reach = np.array([np.cos(angle), np.sin(angle)]) * 2 * size
    corners = [middle - reach, middle + reach]
    if rng.random() < 0.3:
        turned = angle + float(rng.uniform(0.4, 1.6))
        corners[1] = middle
        corners.append(middle + np.array([np.cos(turned), np.sin(turned)]) * 2 * size)
    width_px = int(np.exp(rng.uniform(np.log(1.5), np.log(9))))
    line = np.zeros_like(mask)
    points = np.stack(corners).round().astype(np.int32)
    cv2.polylines(line, [points], False, (255,), width_px, cv2.LINE_AA)
    if np.count_nonzero(line & mask) > 0.15 * float(np.count_nonzero(mask)):
        return pixels
    soft = cv2.GaussianBlur(line, (0, 0), float(rng.uniform(0.4, 1.5))).astype(np.float32) / 255
    soft[mask > 0] = 0
    gain = 1 - soft * float(rng.uniform(0.2, 0.75))
    return np.asarray(pixels * gain[..., None], dtype=np.uint8)


def put_up_sign(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A plate with a rim and writing, or writing alone, where no crack is."""
    size = mask.shape[0]
    half = rng.uniform(0.06, 0.3, 2) * size
    centre = rng.uniform(0, 1, 2) * size
    x0, y0, x1, y1 = np.clip([*(centre - half), *(centre + half)], 0, size).astype(int).tolist()
    if mask[y0:y1, x0:x1].any():
        return pixels
    sign = pixels.copy()
    plate, ink = (tuple(map(int, rng.integers(0, 256, 3))) for _ in range(2))
    stroke_px = int(rng.integers(1, 6))
    shape = int(rng.integers(3))
    if shape == 1:
        cv2.rectangle(sign, (x0, y0), (x1, y1), plate, -1)
        cv2.rectangle(sign, (x0, y0), (x1, y1), ink, stroke_px)
    elif shape == 2:
        middle, axes = ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, (y1 - y0) // 2)
        cv2.ellipse(sign, middle, axes, 0.0, 0.0, 360.0, plate, -1, cv2.LINE_AA)
        cv2.ellipse(sign, middle, axes, 0.0, 0.0, 360.0, ink, stroke_px, cv2.LINE_AA)
    text = "".join(chr(int(c)) for c in rng.integers(33, 127, int(rng.integers(1, 7))))
    height = float(rng.uniform(0.5, 3.0))
    cv2.putText(
        sign,
        text,
        (x0, (y0 + y1) // 2),
        int(rng.integers(0, 8)),
        height,
        ink,
        stroke_px,
        cv2.LINE_AA,
    )
    sign[mask > 0] = pixels[mask > 0]
    opacity = float(rng.uniform(0.4, 1.0))
    return np.asarray(cv2.addWeighted(sign, opacity, pixels, 1 - opacity, 0), dtype=np.uint8)


def change_light(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Brightness, contrast and gamma by one lookup table."""
    level = np.arange(256) / 255
    level = level ** float(np.exp(rng.uniform(-0.45, 0.45)))
    contrast = float(rng.uniform(0.55, 1.4))
    middle = float(pixels.mean()) / 255
    level = (level - middle) * contrast + middle + float(rng.uniform(-0.15, 0.15))
    return np.asarray(cv2.LUT(pixels, _table(level)), dtype=np.uint8)


def change_colour(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """White balance and saturation."""
    gains = rng.uniform(0.85, 1.15, 3)
    tables = np.stack([_table(np.arange(256) / 255 * gain) for gain in gains], axis=-1)
    balanced = cv2.LUT(pixels, tables[None])
    grey = cv2.cvtColor(cv2.cvtColor(balanced, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    saturation = float(rng.uniform(0.3, 1.4))
    return np.asarray(cv2.addWeighted(balanced, saturation, grey, 1 - saturation, 0), np.uint8)


def blur(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Out of focus, or moved."""
    if rng.random() < 0.7:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.6))), np.uint8)
    length_px = int(rng.integers(3, 8))
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2] = 1 / length_px
    middle = (length_px - 1) / 2
    rotation = cv2.getRotationMatrix2D((middle, middle), float(rng.uniform(0, 180)), 1.0)
    turned = cv2.warpAffine(kernel, rotation, (length_px, length_px)).astype(np.float32)
    return np.asarray(cv2.filter2D(pixels, -1, turned / max(float(turned.sum()), 1e-6)), np.uint8)


def add_noise(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Sensor noise, grey or per channel, fine or with the grain of a small sensor."""
    height, width = pixels.shape[:2]
    channels = 1 if rng.random() < 0.5 else 3
    noise = rng.standard_normal((height, width, channels), dtype=np.float32)
    if rng.random() < 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8).reshape(height, width, channels) * 2.5
    noise *= float(rng.uniform(2, 14))
    return np.asarray(np.clip(pixels + noise, 0, 255), dtype=np.uint8)


def compress(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """JPEG and back."""
    quality = int(rng.integers(35, 95))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _centre(size: int, half_px: float, rng: np.random.Generator) -> float:
    if 2 * half_px >= size:
        return size / 2
    return float(rng.uniform(half_px, size - half_px))


def _table(level: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.clip(level * 255 + 0.5, 0, 255).astype(np.uint8)
