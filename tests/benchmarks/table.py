"""Rows of figures, printed as a table and kept as JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what, how much, of what n, beside whom."""

    what: str
    value: str
    peer: str = ""
    note: str = ""


def show(title: str, rows: list[Row]) -> None:
    """Prints the rows under a title, columns aligned."""
    columns = [("figure", [r.what for r in rows]), ("value", [r.value for r in rows])]
    if any(r.peer for r in rows):
        columns.append(("peer", [r.peer for r in rows]))
    columns.append(("how", [r.note for r in rows]))
    widths = [max(len(head), *(len(c) for c in cells)) for head, cells in columns]
    print(f"\n## {title}\n")
    print("  ".join(h.ljust(w) for (h, _), w in zip(columns, widths, strict=True)).rstrip())
    print("  ".join("-" * w for w in widths))
    for index in range(len(rows)):
        cells = [cells[index] for _, cells in columns]
        print("  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip())
