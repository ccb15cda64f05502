"""The camera: where a place on the face lies in the picture, and what optics and sensor do."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.specs import SceneSpec, ViewSpec
from inference.types import RgbImage

Linear = npt.NDArray[np.float32]  # (H, W, 3), linear light
Homography = npt.NDArray[np.float64]  # (3, 3)

FOCAL_LENGTH_PER_WIDTH = 1.2  # a 43 mm lens on 35 mm film: between a phone and a drone
ENCODE_LEVELS = 16384


def face_to_picture(scene: SceneSpec, view: ViewSpec) -> Homography:
    """The homography from millimetres on the face to pixels of the picture (pinhole camera)."""
    width_mm, height_mm = scene.size_mm
    focal_px = FOCAL_LENGTH_PER_WIDTH * max(scene.width_px, scene.height_px)
    distance_mm = focal_px * scene.gsd_mm_per_px / view.zoom
    centre = np.array([[1, 0, -width_mm / 2 - view.shift_mm[0]],
                       [0, 1, -height_mm / 2 - view.shift_mm[1]],
                       [0, 0, 1.0]])  # fmt: skip
    rx, ry, rz = np.radians([view.tilt_x_deg, view.tilt_y_deg, view.rotation_deg])
    tilt_x = np.array([[1, 0, 0], [0, np.cos(rx), -np.sin(rx)], [0, np.sin(rx), np.cos(rx)]])
    tilt_y = np.array([[np.cos(ry), 0, np.sin(ry)], [0, 1, 0], [-np.sin(ry), 0, np.cos(ry)]])
    roll = np.array([[np.cos(rz), -np.sin(rz), 0], [np.sin(rz), np.cos(rz), 0], [0, 0, 1]])
    rotation = roll @ tilt_x @ tilt_y
    # Points of the face have Z = 0: the third column of the rotation drops out.
    pose = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, distance_mm]])
    # A place at the reference picture's corner is the corner of pixel (0, 0), not its centre.
    intrinsics = np.array([[focal_px, 0, scene.width_px / 2 - 0.5],
                           [0, focal_px, scene.height_px / 2 - 0.5],
                           [0, 0, 1.0]])  # fmt: skip
    homography = intrinsics @ pose @ centre
    return homography / homography[2, 2]


def raster_to_picture(scene: SceneSpec, view: ViewSpec) -> Homography:
    """The homography from pixels of the face's raster (with its margin) to the picture."""
    gsd, margin = scene.gsd_mm_per_px, scene.margin_px
    to_mm = np.array([[gsd, 0, (0.5 - margin) * gsd], [0, gsd, (0.5 - margin) * gsd], [0, 0, 1.0]])
    return face_to_picture(scene, view) @ to_mm


def project(homography: Homography, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, 2) points through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return mapped[:, :2] / mapped[:, 2:]


def look(raster: Linear, scene: SceneSpec, view: ViewSpec) -> Linear:
    """The face's raster as this camera sees it."""
    homography = raster_to_picture(scene, view)
    margin, width, height = scene.margin_px, scene.width_px, scene.height_px
    shifted = np.array([[1, 0, -margin], [0, 1, -margin], [0, 0, 1.0]])
    if np.allclose(homography, shifted, atol=1e-9):
        return np.ascontiguousarray(raster[margin : margin + height, margin : margin + width])
    seen = cv2.warpPerspective(
        raster,
        homography,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(seen, np.float32)


def expose(light: Linear, view: ViewSpec) -> RgbImage:
    """Optics, sensor and sRGB encoding of a picture in linear light; ``light`` is used up."""
    rng = np.random.default_rng((view.seed, 9))
    light *= np.asarray(view.white_balance, np.float32) * np.float32(view.exposure)
    if view.blur_sigma_px > 0:
        cv2.GaussianBlur(light, (0, 0), view.blur_sigma_px, dst=light)
    if view.motion_blur_px >= 1:
        shaken = cv2.filter2D(light, -1, _motion_kernel(view.motion_blur_px, rng))
        light = np.asarray(shaken, np.float32)
    if view.sharpening > 0:
        soft = cv2.GaussianBlur(light, (0, 0), 1.4)
        light += np.float32(view.sharpening) * (light - soft)
    if view.noise > 0:
        _add_noise(light, view, rng)
    return encode_srgb(light)


def encode_srgb(light: Linear) -> RgbImage:
    """Linear light 0..1 to sRGB uint8 (IEC 61966-2-1)."""
    linear = np.linspace(0, 1, ENCODE_LEVELS)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.round(255 * curve).astype(np.uint8)
    pixels = np.empty(light.shape, np.uint8)
    rows = max(1, 4_000_000 // max(1, light.shape[1]))
    for top in range(0, light.shape[0], rows):
        band = light[top : top + rows] * np.float32(ENCODE_LEVELS - 1)
        index = np.clip(band, 0, ENCODE_LEVELS - 1).astype(np.uint16)
        np.take(table, index, out=pixels[top : top + rows], mode="clip")
    return pixels


def through_jpeg(pixels: RgbImage, quality: int) -> RgbImage:
    """The picture after JPEG compression."""
    _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(decoded, np.uint8)[:, :, ::-1])


def _motion_kernel(length_px: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    size = 2 * int(length_px) + 3
    kernel = np.zeros((size, size), np.float32)
    angle, half = rng.uniform(0, np.pi), length_px / 2
    middle = size // 2
    for t in np.linspace(-half, half, 8 * size):
        x, y = middle + t * np.cos(angle), middle + t * np.sin(angle)
        left, top = int(x), int(y)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            weight = (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
            kernel[top + dy, left + dx] += weight
    return kernel / kernel.sum()


def _add_noise(light: Linear, view: ViewSpec, rng: np.random.Generator) -> None:
    """Shot noise (grows with the root of the light) and a floor of read noise, in bands of rows."""
    # The sRGB curve has slope 1 near mid grey, so 1/255 there is 1/255 of linear light.
    sigma = np.float32(view.noise / 255)
    height, width, _ = light.shape
    rows = max(1, 1_000_000 // width)
    for top in range(0, height, rows):
        band = light[top : top + rows]
        level = np.sqrt(np.clip(band.mean(axis=2), 0, 1) / np.float32(0.21) + np.float32(0.05))
        grain = rng.standard_normal(band.shape[:2], dtype=np.float32)
        band += (sigma * level * grain)[:, :, None]
        if view.chroma_noise > 0:
            colour = rng.standard_normal(band.shape, dtype=np.float32)
            band += (sigma * np.float32(view.chroma_noise)) * level[:, :, None] * colour
