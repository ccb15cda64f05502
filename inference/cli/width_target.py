"""``python -m inference width-target``: a page of lines of known width. Needs no database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assets.printed_page import PAPERS_MM, as_pdf, as_png, write_whole

HELP = "Make a page (PDF or PNG) with lines of known width, to print and photograph."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--paper", choices=tuple(PAPERS_MM), default="a4",
                        help="paper in the printer (default: a4)")  # fmt: skip
    parser.add_argument("--dpi", type=int, default=600, metavar="N",
                        help="dots per inch of a PNG, 72 to 1200 (default: 600)")  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE",
                        help="file to write, ending in .pdf or .png")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write the page; 1 where it could not be made or written."""
    from inference.render.width_target import width_target

    kind = args.out.suffix.lower()
    if kind not in (".pdf", ".png"):
        print(f"{args.out} must end in .pdf or .png.", file=sys.stderr)
        return 1
    if not 72 <= args.dpi <= 1200:
        print(f"--dpi is 72 to 1200, not {args.dpi}.", file=sys.stderr)
        return 1
    page = width_target(args.paper)
    data = as_pdf(page) if kind == ".pdf" else as_png(page, args.dpi)
    try:
        write_whole(data, args.out)
    except OSError as problem:
        print(f"{args.out} cannot be written: {problem.strerror}. Give another -o.",
              file=sys.stderr)  # fmt: skip
        return 1
    print(f"{args.out}: print it at 100 %, photograph it, then `make bench-width PHOTOS=…`.")
    return 0
