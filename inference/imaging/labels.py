"""Labels on a photo: symbol of the severity, number of the crack, width.

A label stands beside its line, never on it. Labels do not overlap: the worst crack gets its place
first, and a crack without a free place gets no label.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, floor, log10, pi, sin

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from assets.severity.order import rank
from inference.types import CrackMeasurement, RgbImage, WidthStatistics

Rgb = tuple[int, int, int]
Box = tuple[int, int, int, int]  # x0, y0, x1, y1

_PLATE_RGB: Rgb = (14, 18, 19)
_NUMBER_RGB: Rgb = (255, 255, 255)
_WIDTH_RGB: Rgb = (0xC9, 0xD2, 0xD3)
_PLATE_OPACITY = 0.9

# In screen pixels.
_TEXT_PX = 13.0
_HEIGHT_PX = 26.0
_PADDING_PX = 7.0
_SYMBOL_PX = 15.0
_DISTANCE_PX = 12.0  # from the middle of the line to the plate
_CELL_PX = 6.0  # of the grid that remembers where lines and plates are


def draw_labels(
    drawn: RgbImage,
    cracks: Sequence[CrackMeasurement],
    levels: Sequence[int | None],
    colours: Sequence[Rgb],
    unit_px: float,
) -> list[Box | None]:
    """Draw a plate for each crack that has room for one, in place.

    Args:
        drawn: (H, W, 3) uint8 RGB, changed.
        cracks, levels, colours: of each crack, in the order that numbers them from 1.
        unit_px: picture pixels per screen pixel.

    Returns:
        Where each plate lies, None for those without.
    """
    height, width = drawn.shape[:2]
    taken = _Taken(width, height, _CELL_PX * unit_px)
    for crack in cracks:
        taken.add_line(crack.trace.centreline_px)
    boxes: list[Box | None] = [None] * len(cracks)
    order = sorted(
        range(len(cracks)), key=lambda i: (rank(levels[i]), cracks[i].trace.length_px), reverse=True
    )
    for index in order:
        plate = _plate(index + 1, cracks[index], levels[index], colours[index], unit_px)
        box = _find_place(cracks[index], plate.size, taken, unit_px)
        if box is None:
            continue
        taken.add_box(box)
        boxes[index] = box
        window = np.s_[box[1] : box[3], box[0] : box[2]]
        under = Image.fromarray(drawn[window])
        drawn[window] = np.asarray(
            Image.composite(plate.convert("RGB"), under, plate.getchannel("A"))
        )
    return boxes


def width_text(crack: CrackMeasurement) -> str:
    """The width as a person reads it: ``0.35 ± 0.08 mm``, ``11 px``, or why there is none.

    The 95th percentile with its expanded uncertainty, k = 2; the decimals follow it.
    """
    if crack.width_mm is not None:
        return f"{_with_uncertainty(crack.width_mm)} mm"
    if crack.width_px is not None:
        value = crack.width_px.p95
        return f"{value:.1f} px" if value < 9.95 else f"{value:.0f} px"
    if crack.not_measurable is not None:
        return crack.not_measurable.code.replace("_", " ")
    return "not measured"


def _with_uncertainty(width: WidthStatistics) -> str:
    """``p95 ± U``, rounded to two significant digits of U at most, two decimals at most."""
    decimals = 2 if width.U <= 0 else min(2, max(0, 1 - floor(log10(width.U))))
    return f"{width.p95:.{decimals}f} ± {max(width.U, 10**-decimals):.{decimals}f}"


class _Taken:
    """Which cells of a coarse grid over the picture hold a line or a plate already."""

    def __init__(self, width: int, height: int, cell_px: float) -> None:
        self.size = (width, height)
        self._cell_px = cell_px
        self._cells = np.zeros((int(height / cell_px) + 1, int(width / cell_px) + 1), np.bool_)

    def add_line(self, line: npt.NDArray[np.float32]) -> None:
        steps = np.hypot(*np.diff(line, axis=0).T)
        position = np.concatenate([[0.0], np.cumsum(steps)])
        at = np.arange(0.0, position[-1] + self._cell_px, self._cell_px / 2)
        columns, rows = (
            np.clip(np.interp(at, position, line[:, k]) / self._cell_px, 0, limit - 1).astype(int)
            for k, limit in ((0, self._cells.shape[1]), (1, self._cells.shape[0]))
        )
        self._cells[rows, columns] = True

    def add_box(self, box: Box) -> None:
        self._cells[self._window(box)] = True

    def is_free(self, box: Box) -> bool:
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= self.size[0] and box[3] <= self.size[1]
        return inside and not self._cells[self._window(box)].any()

    def _window(self, box: Box) -> tuple[slice, slice]:
        x0, y0, x1, y1 = (int(edge / self._cell_px) for edge in box)
        return slice(y0, y1 + 1), slice(x0, x1 + 1)


def _find_place(
    crack: CrackMeasurement, size: tuple[int, int], taken: _Taken, unit_px: float
) -> Box | None:
    """A free box for a plate of ``size`` beside the crack, its middle first."""
    line = crack.trace.centreline_px
    half_crack_px = crack.width_px.p95 / 2 if crack.width_px else 0.0
    away_px = _DISTANCE_PX * unit_px + half_crack_px
    width, height = size
    for part in (0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95):
        x, y = line[round(part * (len(line) - 1))]
        for left, top in (
            (x + away_px, y - height / 2),
            (x - away_px - width, y - height / 2),
            (x - width / 2, y - away_px - height),
            (x - width / 2, y + away_px),
            (x + away_px, y - away_px - height),
            (x - away_px - width, y + away_px),
        ):
            x0, y0 = round(float(left)), round(float(top))
            box = (x0, y0, x0 + width, y0 + height)
            if taken.is_free(box):
                return box
    return None


def _plate(
    number: int, crack: CrackMeasurement, severity: int | None, colour: Rgb, unit_px: float
) -> Image.Image:
    """One plate as RGBA, its corners transparent."""
    font = ImageFont.load_default(_TEXT_PX * unit_px)
    small = ImageFont.load_default(_SYMBOL_PX * 0.62 * unit_px)
    padding, symbol = _PADDING_PX * unit_px, _SYMBOL_PX * unit_px
    number_text, text = str(number), width_text(crack)
    text_x = 2.1 * padding + symbol
    width_x = text_x + font.getlength(number_text) + padding
    size = (round(width_x + font.getlength(text) + 1.3 * padding), round(_HEIGHT_PX * unit_px))
    plate = Image.new("RGBA", size, (*_PLATE_RGB, 0))
    draw = ImageDraw.Draw(plate)
    draw.rounded_rectangle(
        (0, 0, size[0] - 1, size[1] - 1),
        radius=5 * unit_px,
        fill=(*_PLATE_RGB, round(255 * _PLATE_OPACITY)),
        outline=(*colour, 255),
        width=max(1, round(unit_px)),
    )
    middle = size[1] / 2
    centre = (padding + symbol / 2, middle)
    _draw_symbol(draw, centre, symbol / 2, severity, colour, unit_px)
    if severity is not None:
        below = symbol * 0.08 if severity == 3 else 0.0  # a triangle's room is low
        ink = colour if severity == 0 else _PLATE_RGB  # a ring is not filled
        draw.text((centre[0], middle + below), str(severity), fill=ink, font=small, anchor="mm")
    # Drawn twice, a third of a pixel apart: the built-in font has one weight.
    for shift in (0.0, 0.35 * unit_px):
        draw.text((text_x + shift, middle), number_text, fill=_NUMBER_RGB, font=font, anchor="lm")
    draw.text((width_x, middle), text, fill=_WIDTH_RGB, font=font, anchor="lm")
    return plate


def _draw_symbol(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    severity: int | None,
    colour: Rgb,
    unit_px: float,
) -> None:
    """The shape of a level: ring, disc, diamond, triangle, octagon; none: a square with a slash."""
    x, y = centre
    line_px = max(1, round(1.3 * unit_px))
    if severity == 0:
        r = radius * 0.95
        draw.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=line_px)
    elif severity == 1:
        r = radius * 0.95
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif severity == 2:
        draw.polygon(_regular(centre, radius * 1.12, 4, 0.0), fill=colour)
    elif severity == 3:
        draw.polygon(_regular((x, y + radius * 0.2), radius * 1.2, 3, -pi / 2), fill=colour)
    elif severity == 4:
        draw.polygon(_regular(centre, radius * 1.05, 8, pi / 8), fill=colour)
    else:
        r = radius * 0.75
        draw.rectangle((x - r, y - r, x + r, y + r), outline=colour, width=line_px)
        draw.line((x - r, y + r, x + r, y - r), fill=colour, width=line_px)


def _regular(
    centre: tuple[float, float], radius: float, corners: int, turned: float
) -> list[tuple[float, float]]:
    return [
        (
            centre[0] + radius * cos(turned + 2 * pi * corner / corners),
            centre[1] + radius * sin(turned + 2 * pi * corner / corners),
        )
        for corner in range(corners)
    ]
