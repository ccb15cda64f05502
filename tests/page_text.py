"""The text of a page for comparison, without the line breaks of its template."""

from __future__ import annotations

import re


def joined(html: str) -> str:
    """The page without white space at the edges of its elements, every other run as one space."""
    return re.sub(r" ?(<[^>]*?) ?> ?", r"\1>", re.sub(r"\s+", " ", html))
