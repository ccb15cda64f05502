"""Checks texts for storage: PostgreSQL takes no NUL, and half of a surrogate pair is no character.

SQLite would take the first; an installation must answer alike on both.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from assets.errors import DomainError

_UNSOUND = re.compile("[\0\ud800-\udfff]")
LONGEST_REASON, LONGEST_NOTE = 2_000, 10_000  # characters


def is_sound(text: str) -> bool:
    """Whether every database can keep this text."""
    return _UNSOUND.search(text) is None


def sound_text(text: str, *, field: str, most: int = LONGEST_REASON) -> str:
    """The text without blanks around it, as it is to be kept.

    Raises:
        DomainError: ``invalid`` where it cannot be kept, or has more than ``most`` characters.
    """
    text = text.strip()
    if not is_sound(text):
        raise DomainError(
            "invalid",
            _("This text holds a character that cannot be kept (NUL, or half a character)."),
            _("Type it anew instead of pasting it."),
            field=field,
        )
    if len(text) > most:
        raise DomainError(
            "invalid",
            _("This text has %(length)d characters; the limit is %(most)d.")
            % {"length": len(text), "most": most},
            _("Shorten it."),
            field=field,
        )
    return text
