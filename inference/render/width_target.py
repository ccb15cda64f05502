"""The target page to print: lines of known width between the markers of a card.

Whoever photographs it and runs ``make bench-width PHOTOS=…`` sees how well widths are measured
with their own camera, distance and light. Ink is no crack: it lies on the surface, and printers
widen thin lines by a few hundredths of a millimetre, so a careful check measures the printed lines
with a magnifier first.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.marker_cards.layouts import card
from assets.marker_cards.patterns import card_pattern
from assets.printed_page import PAPERS_MM, Cells, Label, Page, black_runs

# The card whose markers stand on the page: photos of it are told by its number.
CARD_NUMBER = 8
WIDTHS_MM = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
ACROSS_LEFT_MM, ACROSS_RIGHT_MM, ACROSS_TOP_MM, ACROSS_STEP_MM = 62.0, 148.0, 12.0, 9.5
DOWN_TOP_MM, DOWN_BOTTOM_MM, DOWN_LEFT_MM, DOWN_STEP_MM = 160.0, 225.0, 32.0, 13.0


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One line: its true width and ends, millimetres from the top left of the card."""

    width_mm: float
    start_mm: tuple[float, float]
    end_mm: tuple[float, float]


def target_lines() -> tuple[TargetLine, ...]:
    """Every width once from side to side and once down the page: printers differ between them."""
    across = [
        TargetLine(width, (ACROSS_LEFT_MM, y), (ACROSS_RIGHT_MM, y))
        for width, y in (
            (width, ACROSS_TOP_MM + ACROSS_STEP_MM * number)
            for number, width in enumerate(WIDTHS_MM)
        )
    ]
    down = [
        TargetLine(width, (x, DOWN_TOP_MM), (x, DOWN_BOTTOM_MM))
        for width, x in (
            (width, DOWN_LEFT_MM + DOWN_STEP_MM * number) for number, width in enumerate(WIDTHS_MM)
        )
    ]
    return (*across, *down)


def width_target(paper: str) -> Page:
    """The page.

    Args:
        paper: ``a4`` or ``letter``.

    Raises:
        ValueError: for another paper.
    """
    if paper not in PAPERS_MM:
        raise ValueError(f"There is no paper {paper!r}. Papers are {', '.join(PAPERS_MM)}.")
    layout = card("a5", CARD_NUMBER)
    page = Page(title="Hairline width target", paper=paper)
    left = (PAPERS_MM[paper][0] - layout.width_mm) / 2
    for marker in layout.markers:
        cells = card_pattern(marker.marker_id)
        page.blocks.append(
            Cells(
                left + marker.left_mm, marker.top_mm, layout.side_mm / len(cells), black_runs(cells)
            )
        )  # fmt: skip
    for line in target_lines():
        (x0, y0), (x1, y1) = line.start_mm, line.end_mm
        page.lines.append((left + x0, y0, left + x1, y1, line.width_mm))
        name = f"{line.width_mm:g}"
        if y0 == y1:
            page.labels.append(Label(left + x1 + 0.8, y0 - 1.5, 8, 3, name, 5.5))
        else:
            page.labels.append(Label(left + x0 - 5, y1 + 2, 10, 3, name, 5.5, "center"))
    page.labels += [
        Label(left + 20, 142, layout.width_mm - 40, 5, "Hairline width target", 11, "center", True),
        Label(left + 20, 148, layout.width_mm - 40, 8,
              "Line widths in millimetres. Print at 100 % on matt paper; the black squares measure "
              f"{layout.side_mm:g} mm. Photograph the flat page whole, and from closer.",
              8, "center"),
        Label(left + 20, 235, layout.width_mm - 40, 8,
              "Printers widen thin lines: measure them with a magnifier if a hundredth counts.",
              8, "center"),
    ]  # fmt: skip
    return page
