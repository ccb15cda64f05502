"""Reads whole numbers from addresses, headers and forms.

``"²".isdigit()`` is true and ``int("²")`` an error; so is ``int`` of more than 4300 digits, and a
number beyond 64 bits is one that neither database can be asked for. All of these are no number.
"""

from __future__ import annotations

LARGEST = 2**63 - 1  # of a row's id
MOST_DIGITS = 19


def whole_number(text: str, *, most: int = LARGEST) -> int | None:
    """The number from 0 to ``most`` that plain digits write; None for every other text."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= most else None
