"""The ChArUco board to print for a calibration."""

from __future__ import annotations

import numpy as np

from assets.printed_page import PAPERS_MM, Cells, Label, Page, black_runs
from inference.measure.scale.calibration import Board
from inference.measure.scale.families import pattern

MARGIN_MM = 8.0


def calibration_board(board: Board, paper: str) -> Page:
    """A page with the board, upright on the paper and turned where it only fits so.

    Raises:
        ValueError: where the board does not fit.
    """
    if paper not in PAPERS_MM:
        raise ValueError(f"There is no paper {paper!r}. Papers are {', '.join(PAPERS_MM)}.")
    page = Page(title=f"Hairline calibration board {board}", paper=paper)
    columns, rows = board.columns, board.rows
    turned = columns > rows
    wide, high = (rows, columns) if turned else (columns, rows)
    left = (page.size_mm[0] - wide * board.square_mm) / 2
    top = MARGIN_MM
    if left < MARGIN_MM / 2 or top + high * board.square_mm > page.size_mm[1] - 2 * MARGIN_MM:
        raise ValueError(
            f"A board of {wide * board.square_mm:g} × {high * board.square_mm:g} mm does not fit "
            f"on {paper}. Use smaller squares or fewer."
        )
    # As OpenCV lays it out: the first square black, markers in the white ones row by row.
    row, column = np.mgrid[0:rows, 0:columns]
    white = (row + column) % 2 == 1
    page.blocks.append(
        Cells(left, top, board.square_mm, black_runs(np.rot90(white, -1) if turned else white))
    )
    inset = (board.square_mm - board.marker_mm) / 2
    for number, (r, c) in enumerate(np.argwhere(white)):
        cells = pattern(board.family, number)
        x, y = (rows - 1 - r, c) if turned else (c, r)
        page.blocks.append(
            Cells(
                left + x * board.square_mm + inset,
                top + y * board.square_mm + inset,
                board.marker_mm / len(cells),
                black_runs(np.rot90(cells, -1) if turned else cells),
            )
        )
    page.labels.append(
        Label(
            left, top + high * board.square_mm + 2, wide * board.square_mm, 10,
            f"--board {board}   Print at 100 %, check that a square measures "
            f"{board.square_mm:g} mm (or give what it measures), glue it to something stiff and "
            "flat, and take 15 photos from all sides.",
        )
    )  # fmt: skip
    return page
