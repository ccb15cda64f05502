"""Lays one of our marker cards on the face, in exact millimetres."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from assets.marker_cards.layouts import CardLayout, card
from assets.marker_cards.printed import TOP_MM, CardText, marker_card
from assets.printed_page import PAPERS_MM, Label, Page
from inference.render.specs import CardSpec

Linear = npt.NDArray[np.float32]  # (H, W, 3), linear light

PAPER, INK = 0.80, 0.035  # reflectances of matt paper and toner
FINE = 6  # drawn so much finer than the face, then averaged
POINT_MM = 0.3528
SHEET = "a4"


def lay_card(face: Linear, spec: CardSpec, gsd_mm_per_px: float, margin_px: int) -> None:
    """Lays a card on the face (linear reflectance), in place.

    Args:
        face: (H, W, 3) raster with ``margin_px`` beyond the reference picture on each side.
        gsd_mm_per_px: of the raster.
    """
    layout = card(spec.size, spec.number)
    px_per_mm = FINE / gsd_mm_per_px
    drawn = _drawn(layout, spec, px_per_mm)
    x, y = (place / gsd_mm_per_px + margin_px for place in spec.at_mm)
    left, top = int(x), int(y)
    # One pixel of nothing around it, so that its edges are as sharp as any others.
    reach = float(np.hypot(*drawn.shape)) / FINE + 3.0
    width = height = int(reach) * FINE
    turn = np.radians(spec.turn_deg)
    cos, sin = np.cos(turn), np.sin(turn)
    offset = np.array([(x - left + 1) * FINE, (y - top + 1) * FINE])
    move = np.array([[cos, -sin, offset[0]], [sin, cos, offset[1]]])

    def on_raster(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        turned = cv2.warpAffine(picture, move, (width, height), flags=cv2.INTER_LINEAR)
        small = cv2.resize(turned, (width // FINE, height // FINE), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32)

    opacity, tone = on_raster(np.ones_like(drawn)), on_raster(drawn)
    first_row, first_column = top - 1, left - 1
    rows = slice(max(0, first_row), min(face.shape[0], first_row + opacity.shape[0]))
    columns = slice(max(0, first_column), min(face.shape[1], first_column + opacity.shape[1]))
    inner = (
        slice(rows.start - first_row, rows.stop - first_row),
        slice(columns.start - first_column, columns.stop - first_column),
    )
    there = face[rows, columns]
    there *= (1.0 - opacity[inner])[:, :, None]
    there += tone[inner][:, :, None]


def _drawn(layout: CardLayout, spec: CardSpec, px_per_mm: float) -> npt.NDArray[np.float32]:
    """The card's reflectance, square on."""
    text = CardText(spec.url or None, spec.asset, spec.element)
    page = marker_card(spec.size, SHEET, text, spec.number)
    corner = ((PAPERS_MM[SHEET][0] - layout.width_mm) / 2, TOP_MM[spec.size])
    size = tuple(round(side * px_per_mm) for side in (layout.width_mm, layout.height_mm))
    drawn = np.full((size[1], size[0]), PAPER, np.float32)

    def box(x: float, y: float, width: float, height: float) -> None:
        edges = [
            round((value - origin) * px_per_mm)
            for value, origin in zip((x, y, x + width, y + height), corner * 2, strict=True)
        ]
        x0, y0, x1, y1 = (max(0, edge) for edge in edges)
        drawn[y0:y1, x0:x1] = INK

    for block in page.blocks:
        for column, row, count in block.runs:
            box(block.x + column * block.cell, block.y + row * block.cell,
                count * block.cell, block.cell)  # fmt: skip
    for x0, y0, x1, y1, thick in page.lines:
        half = thick / 2
        box(min(x0, x1) - half, min(y0, y1), abs(x1 - x0) + thick, max(abs(y1 - y0), thick))
    for label in _of_card(page, layout, corner):
        _write(drawn, label, corner, px_per_mm)
    return drawn


def _of_card(page: Page, layout: CardLayout, corner: tuple[float, float]) -> list[Label]:
    """The labels on the card, without the advice below it."""
    return [one for one in page.labels if one.text and one.y < corner[1] + layout.height_mm]


def _write(
    drawn: npt.NDArray[np.float32], label: Label, corner: tuple[float, float], px_per_mm: float
) -> None:
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(0.12 * label.size * POINT_MM * px_per_mm))
    scale = cv2.getFontScaleFromHeight(font, round(0.7 * label.size * POINT_MM * px_per_mm))
    text = label.text.encode("ascii", "replace").decode()
    (width, height), _ = cv2.getTextSize(text, font, scale, thick)
    shrink = min(1.0, label.width * px_per_mm / max(width, 1))
    x = (label.x - corner[0]) * px_per_mm
    if label.align == "center":
        x += 0.5 * (label.width * px_per_mm - shrink * width)
    y = (label.y - corner[1]) * px_per_mm + height * 1.2
    place = (round(x), round(y))
    cv2.putText(drawn, text, place, font, scale * shrink, INK, thick, cv2.LINE_AA)
