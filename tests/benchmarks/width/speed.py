"""Time to measure the widths of one 12-megapixel photo, beside scikit-image's own way."""

from __future__ import annotations

import time

import cv2
import numpy as np
import numpy.typing as npt
from skimage.measure import profile_line
from skimage.morphology import medial_axis

from inference.imaging.decode import decode_picture
from inference.imaging.jpeg_rounding import JpegRounding
from inference.measure.width.widths import measure_widths

COLUMNS, ROWS, CRACKS = 4000, 3000, 30
REACH_PX = 20.0
SEED = 31
# Files of cameras are finer and leave nothing to undo; this is what messengers make of them.
JPEG_QUALITY = 75


def run() -> None:
    """Prints both times, one core each."""
    cv2.setNumThreads(1)
    pixels, mask, lines = _photo()
    length_px = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines)
    jpeg = decode_picture(_jpeg(pixels))
    measure_widths(jpeg.pixels, lines[0], rounding=jpeg.rounding)  # tables that are made once
    ours_s = _measure(pixels, lines, None)
    jpeg_s = _measure(jpeg.pixels, lines, jpeg.rounding)
    started = time.process_time()
    _, distance = medial_axis(mask, return_distance=True)
    axis_s = time.process_time() - started
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float64)
    started = time.process_time()
    for line in lines:
        _profile_lines(grey, line, distance)
    profile_s = time.process_time() - started
    plain_s = axis_s + profile_s
    print(f"12 MP, {CRACKS} cracks, {length_px:.0f} px of line, one core, CPU time")
    print(f"  hairline                       {ours_s:6.2f} s")
    print(f"  medial_axis + profile_line     {plain_s:6.2f} s ({axis_s:.2f} + {profile_s:.2f})")
    print(f"  faster                         {plain_s / ours_s:6.1f} x (aim 10)")
    print(f"  hairline, from a JPEG of quality {JPEG_QUALITY}, whose rounding is undone: "
          f"{jpeg_s:.2f} s, {plain_s / jpeg_s:.1f} x")  # fmt: skip


def _measure(
    pixels: npt.NDArray[np.uint8],
    lines: list[npt.NDArray[np.float32]],
    rounding: JpegRounding | None,
) -> float:
    """Seconds of processor time for all cracks."""
    started = time.process_time()
    for number, line in enumerate(lines):
        others = lines[:number] + lines[number + 1 :]
        measure_widths(pixels, line, others, rounding=rounding)
    return time.process_time() - started


def _jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", pixels[:, :, ::-1], quality)[1].tobytes()


def _profile_lines(
    grey: npt.NDArray[np.float64], line: npt.NDArray[np.float32], distance: npt.NDArray[np.float64]
) -> list[float]:
    """Full width at half depth of a profile at every pixel of the line, and the mask's width."""
    found = []
    tangent = np.gradient(line.astype(np.float64), axis=0)
    tangent /= np.hypot(*tangent.T)[:, None]
    for (x, y), (dx, dy) in zip(line, tangent, strict=True):
        start, end = (y - REACH_PX * dx, x + REACH_PX * dy), (y + REACH_PX * dx, x - REACH_PX * dy)
        profile = profile_line(grey, start, end, linewidth=3, order=1, mode="reflect")
        dark = np.median(profile) - profile
        found.append(float((dark > 0.5 * dark.max()).sum()))
        found.append(2.0 * float(distance[round(float(y)), round(float(x))]))
    return found


def _photo() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_], list[npt.NDArray[np.float32]]]:
    """Grainy concrete with thirty gently curved cracks of 1 to 8 px; a point every pixel."""
    rng = np.random.default_rng(SEED)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (ROWS, COLUMNS)).astype(np.float32), (0, 0), 1.2)
    light = np.float32(0.4) * (1 + np.float32(0.04) * grain / grain.std())
    drawn = np.zeros((ROWS, COLUMNS), np.uint8)
    lines = []
    for number in range(CRACKS):
        length = int(rng.integers(400, 900))
        x0 = 100 + (number % 5) * 780 + rng.uniform(0, 40)
        y0 = 100 + (number // 5) * 480 + rng.uniform(0, 200)
        t = np.arange(min(length, 700), dtype=np.float64)
        line = np.stack([x0 + t, y0 + 20 * np.sin(t / 60 + number)], axis=1).astype(np.float32)
        width_px = float(np.geomspace(1.0, 8.0, CRACKS)[number])
        points = np.round((line + 0.5) * 16 - 8).astype(np.int32)
        cv2.polylines(drawn, [points], False, 255, max(1, round(width_px)), cv2.LINE_AA, 4)
        lines.append(line)
    light *= 1 - 0.9 * drawn.astype(np.float32) / 255
    light = cv2.GaussianBlur(light, (0, 0), 0.9)
    grey = np.clip(255 * light ** (1 / 2.2), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2), drawn > 127, lines
