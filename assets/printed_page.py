"""Vector PDF pages in exact millimetres: black cells, lines and short texts.

Typst sets the page; what is where comes from here as numbers, so that a test can check them and a
name with odd characters is never read as markup.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Literal

TEMPLATE = Path(__file__).with_suffix(".typ")
PAPERS_MM = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}


@dataclass(frozen=True, slots=True)
class Cells:
    """Black cells of one size, as runs (column, row, cells to the right), from a corner."""

    x: float
    y: float
    cell: float
    runs: Sequence[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Label:
    """A text in a box, clipped to it."""

    x: float
    y: float
    width: float
    height: float
    text: str
    size: float = 9.0  # points
    align: str = "left"
    bold: bool = False


@dataclass(slots=True)
class Page:
    """What is printed where, millimetres from the top left of the paper.

    Attributes:
        lines: (x, y, x, y, thickness).
    """

    title: str
    paper: str
    blocks: list[Cells] = field(default_factory=list)
    lines: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    @property
    def size_mm(self) -> tuple[float, float]:
        """(width, height) of the paper."""
        return PAPERS_MM[self.paper]


def black_runs(white: Iterable[Iterable[bool]]) -> list[tuple[int, int, int]]:
    """The black cells of a pattern, given row by row, as runs along its rows."""
    runs = []
    for row, cells in enumerate(white):
        column = 0
        for is_white, alike in groupby(cells, key=bool):
            count = sum(1 for _ in alike)
            if not is_white:
                runs.append((column, row, count))
            column += count
    return runs


def as_pdf(page: Page) -> bytes:
    """The page as PDF; the same page gives the same bytes."""
    return _compile(page, "pdf", None)


def as_png(page: Page, dots_per_inch: float) -> bytes:
    """The page as a picture, for a look at it on a screen."""
    return _compile(page, "png", dots_per_inch)


def write_whole(data: bytes, path: Path) -> None:
    """Writes a file so that it is whole or not there."""
    part = path.with_name(path.name + ".partial")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _compile(page: Page, kind: Literal["pdf", "png"], dots_per_inch: float | None) -> bytes:
    import typst

    width, height = page.size_mm
    data = {
        "title": page.title,
        "page": [width, height],
        "blocks": [asdict(block) for block in page.blocks],
        "lines": page.lines,
        "labels": [asdict(label) for label in page.labels],
    }
    return typst.compile(
        TEMPLATE,
        format=kind,
        ppi=dots_per_inch,
        sys_inputs={"card": json.dumps(data)},
        timestamp=0,
    )
