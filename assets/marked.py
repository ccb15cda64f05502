"""Marks texts for translators in modules without Django; whoever shows a text translates it."""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """The text as it is; ``make messages`` knows the name. Nothing is translated here."""
    return message
