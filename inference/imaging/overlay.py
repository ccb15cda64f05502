"""Draws cracks on the photo, as the pages show them.

Each crack has two coloured edges with a dark halo outside and a clear gap in the middle, so
that the crack itself stays visible between them; colour and pattern say the severity. Drawn
piece by piece of the picture, so that memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from assets.severity.order import rank
from inference.imaging.labels import draw_labels
from inference.types import Analysis, CrackMeasurement, RgbImage

Rgb = tuple[int, int, int]

# --ln-halo of the design.
_HALO_RGB: Rgb = (0x0B, 0x0E, 0x0F)

_PIECE_PX = 256
_FINER = 4  # lines are drawn this many times larger, then reduced: smooth edges, exact widths


@dataclass(frozen=True, slots=True)
class LineStyle:
    """The style of one severity level; lengths in screen pixels.

    Attributes:
        colour: --ln-* of the design.
        edge_px: thickness of each of the two edges.
        dash_px: (drawn, left out) along the line; None = solid.
        halo_opacity: weaker where the pattern lets the halo stand alone.
    """

    colour: Rgb
    edge_px: float
    dash_px: tuple[float, float] | None
    halo_opacity: float


# By severity level; None = ungraded or not measurable.
LINE_STYLES: dict[int | None, LineStyle] = {
    0: LineStyle((0x86, 0xD6, 0xB0), 1.5, (2.4, 4.8), 0.62),
    1: LineStyle((0x6F, 0xB6, 0xF7), 1.5, (3.0, 4.0), 0.62),
    2: LineStyle((0xFF, 0xD4, 0x66), 1.5, (11.0, 4.5), 0.62),
    3: LineStyle((0xFF, 0x8A, 0x3D), 1.5, None, 0.78),
    4: LineStyle((0xFF, 0x5C, 0x97), 2.1, None, 0.78),
    None: LineStyle((0xE3, 0xE8, 0xEA), 1.5, (2.4, 8.0), 0.62),
}

_GAP_PX = 5.0
_HALO_PX = 1.2  # beyond each edge


def draw_overlay(pixels: RgbImage, analysis: Analysis, levels: Sequence[int | None]) -> RgbImage:
    """Draw the cracks of an analysis on its picture.

    Args:
        pixels: (H, W, 3) uint8 RGB, the analysed picture; it is not changed.
        levels: severity level of each of its cracks, 0 to 4; None = ungraded.

    Returns:
        (H, W, 3) uint8 RGB. Lines and plates are sized for looking at the whole picture.
    """
    drawn = pixels.copy()
    unit_px = screen_unit_px(pixels.shape[1], pixels.shape[0])
    # The worst last, so that it lies on top.
    for index in sorted(range(len(levels)), key=lambda i: rank(levels[i])):
        _draw_crack(drawn, analysis.cracks[index], LINE_STYLES[levels[index]], unit_px)
    colours = [LINE_STYLES[level].colour for level in levels]
    draw_labels(drawn, analysis.cracks, levels, colours, unit_px)
    return drawn


def screen_unit_px(width: int, height: int) -> float:
    """Picture pixels per screen pixel when the whole picture is shown about 1500 px large."""
    return max(1.0, max(width, height) / 1500)


def _draw_crack(drawn: RgbImage, crack: CrackMeasurement, style: LineStyle, unit_px: float) -> None:
    """Draw one crack, in place; what lies in its gap stays as it is."""
    width_px = crack.width_px.p95 if crack.width_px else 0.0
    # A wide crack shows whole between its edges.
    gap_px = max(_GAP_PX * unit_px, width_px + 2 * unit_px)
    coloured_px = gap_px + 2 * style.edge_px * unit_px
    halo_px = coloured_px + 2 * _HALO_PX * unit_px
    line = np.asarray(crack.trace.centreline_px, np.float64)
    if style.dash_px is None:
        dashes = [line]
    else:
        on_px, off_px = (length * unit_px for length in style.dash_px)
        dashes = dash_line(line, on_px, off_px)
    for x0, y0 in _pieces(line, halo_px, drawn.shape[1], drawn.shape[0]):
        window = np.s_[y0 : y0 + _PIECE_PX, x0 : x0 + _PIECE_PX]
        piece = drawn[window]
        corner = np.array([x0, y0], np.float64)
        shape = piece.shape[:2]
        outside = 255 - _covered(shape, [line - corner], gap_px, round_ends=True)
        halo = cv2.min(_covered(shape, [line - corner], halo_px, round_ends=True), outside)
        coloured = _covered(shape, [dash - corner for dash in dashes], coloured_px)
        _blend(piece, halo, _HALO_RGB, style.halo_opacity)
        _blend(piece, cv2.min(coloured, outside), style.colour, 1.0)


def dash_line(
    line: npt.NDArray[np.float64], on_px: float, off_px: float
) -> list[npt.NDArray[np.float64]]:
    """Cut a polyline, (N, 2), into pieces of ``on_px`` with ``off_px`` between them."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    position = np.concatenate([[0.0], np.cumsum(steps)])
    dashes = []
    for start in np.arange(0.0, position[-1], on_px + off_px):
        end = min(start + on_px, position[-1])
        inside = (position > start) & (position < end)
        at = np.concatenate([[start], position[inside], [end]])
        dashes.append(np.stack([np.interp(at, position, line[:, k]) for k in (0, 1)], axis=1))
    return dashes


def _pieces(
    line: npt.NDArray[np.float64], reach_px: float, width: int, height: int
) -> list[tuple[int, int]]:
    """Top-left pixels of the picture's pieces that the stroke may touch."""
    reach = np.array([[dx, dy] for dx in (-1, 1) for dy in (-1, 1)]) * reach_px
    corners = (line[:, None, :] + reach[None]).reshape(-1, 2)
    # Between two far points the line passes pieces that hold neither.
    for first, second in pairwise(line):
        count = int(np.hypot(*(second - first)) // (_PIECE_PX / 2))
        if count:
            between = np.linspace(first, second, count + 2)[1:-1]
            corners = np.vstack([corners, (between[:, None] + reach[None]).reshape(-1, 2)])
    corners = np.clip(corners, 0, (width - 1, height - 1))
    cells = np.unique(corners.astype(int) // _PIECE_PX, axis=0) * _PIECE_PX
    return [(int(x), int(y)) for x, y in cells]


def _covered(
    shape: tuple[int, ...],
    lines: Sequence[npt.NDArray[np.float64]],
    thickness_px: float,
    *,
    round_ends: bool = False,
) -> npt.NDArray[np.uint8]:
    """(h, w) how much of each pixel thick lines cover, 0 to 255; ends straight, as dashes need.

    cv2's own antialiased lines have whole-pixel widths, which differ with the direction.
    """
    finer = np.zeros((shape[0] * _FINER, shape[1] * _FINER), np.uint8)
    # cv2 fills the pixels on the outline as well: half a pixel more on either side.
    half = thickness_px * _FINER / 2 - 0.5
    limit = np.array([finer.shape[1], finer.shape[0]])
    for line in lines:
        points = (line + 0.5) * _FINER - 0.5
        if (points.max(axis=0) + half < 0).any() or (points.min(axis=0) - half > limit).any():
            continue
        outline, discs = _ribbon(points, half)
        cv2.fillPoly(finer, [np.round(outline).astype(np.int32)], 255)
        for x, y in [*discs, *(points[[0, -1]] if round_ends else ())]:
            cv2.circle(finer, (round(float(x)), round(float(y))), round(half), 255, -1)
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(finer, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ribbon(
    points: npt.NDArray[np.float64], half: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The outline of a line of thickness 2 * ``half``, (2N, 2), and where it needs discs, (M, 2).

    Where the line bends more tightly than it is thick, the outline crosses itself and leaves a
    hole, or a wedge stays open outside the bend: a disc covers both.
    """
    along = np.diff(points, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    along = along / length[:, None]
    at_points = np.vstack([along[:1], along[:-1] + along[1:], along[-1:]])
    at_points /= np.maximum(np.hypot(at_points[:, 0], at_points[:, 1]), 1e-9)[:, None]
    across = np.stack([-at_points[:, 1], at_points[:, 0]], axis=1) * half
    outline = np.vstack([points + across, (points - across)[::-1]])
    turn = np.arccos(np.clip(np.einsum("ij,ij->i", along[:-1], along[1:]), -1, 1))
    tight = (turn > np.radians(8)) | (turn * 2 * half > length[1:])
    return outline, points[1:-1][tight]


def _blend(piece: RgbImage, coverage: cv2.typing.MatLike, colour: Rgb, opacity: float) -> None:
    """Mix a colour into a piece of the picture, in place, where the coverage is not 0."""
    x, y, width, height = cv2.boundingRect(coverage)
    if not width:
        return
    window = np.s_[y : y + height, x : x + width]
    alpha = (coverage[window].astype(np.float32) * (opacity / 255))[..., None]
    under = piece[window].astype(np.float32)
    piece[window] = np.clip(under + (np.array(colour, np.float32) - under) * alpha + 0.5, 0, 255)
