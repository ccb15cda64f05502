"""Marks texts for translators where Django is not known; who shows them translates them."""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """The text as it is; ``make messages`` knows the name. Nothing is translated here."""
    return message
