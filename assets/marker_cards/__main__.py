"""``python -m assets.marker_cards``: one card as PDF on standard output, drawn without OpenCV.

On standard input comes one JSON object: size, paper, number, url, asset, element, words (our texts
-> those of another language), decimal_sign. It is for processes that must not hold the memory of a
typesetter; people use ``python -m inference marker-card``.
"""

from __future__ import annotations

import json
import sys

from assets.marker_cards.printed import CardText, Language, marker_card
from assets.printed_page import as_pdf


def main() -> int:
    """Draw the card; 1 with a sentence on standard error where there is no such card."""
    asked = json.load(sys.stdin.buffer)
    text = CardText(asked["url"], asked["asset"], asked["element"])
    language = Language(asked.get("words", {}), asked.get("decimal_sign", "."))
    try:
        page = marker_card(asked["size"], asked["paper"], text, asked["number"], language)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(as_pdf(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
