"""``python -m inference marker-card``: a marker card to print, as PDF. Needs no database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assets.marker_cards.layouts import NUMBERS, SIZES
from assets.marker_cards.printed import CardText, marker_card
from assets.printed_page import PAPERS_MM, as_pdf, write_whole

HELP = "Make a marker card to print (PDF). The card gives photos a scale; its QR code opens a page."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--size", choices=SIZES, default=SIZES[0],
                        help="size of the card; the scale of a5 holds farther from the card "
                        "(default: a5)")  # fmt: skip
    parser.add_argument("--paper", choices=tuple(PAPERS_MM), default="a4",
                        help="paper in the printer (default: a4)")  # fmt: skip
    parser.add_argument("--url", metavar="ADDRESS",
                        help="page that the QR code opens (default: no QR code)")  # fmt: skip
    parser.add_argument("--asset", default="", metavar="NAME", help="asset, for the card")
    parser.add_argument("--element", default="", metavar="NAME", help="element, for the card")
    parser.add_argument("--number", type=int, default=1, metavar="N",
                        help=f"number of the card, {NUMBERS[0]} to {NUMBERS[-1]}; cards in one "
                        "photo need different numbers (default: 1)")  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, metavar="FILE",
                        help="PDF to write, or - for standard output (default: "
                        "hairline-card-SIZE-NUMBER.pdf in this folder)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write the card; 1 where it could not be made or written."""
    try:
        text = CardText(args.url, args.asset, args.element)
        data = as_pdf(marker_card(args.size, args.paper, text, args.number))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    out = args.out or Path(f"hairline-card-{args.size}-{args.number}.pdf")
    if str(out) == "-":
        sys.stdout.buffer.write(data)
        return 0
    try:
        write_whole(data, out)
    except OSError as problem:
        print(f"{out} cannot be written: {problem.strerror}. Give another -o.",
              file=sys.stderr)  # fmt: skip
        return 1
    print(
        f"{out}: print it at 100 %, then lay a ruler on the printed one: it says what to do where "
        "they differ."
    )
    return 0
