"""Numbers as people type them, with a comma or a point."""

from __future__ import annotations

import math

from django.utils.translation import gettext as _

from assets.errors import DomainError


def positive_number(text: str, *, field: str) -> float | None:
    """The number, None for an empty text.

    Raises:
        DomainError: ``not_a_number`` for anything that is no number above 0.
    """
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise DomainError(
            "not_a_number",
            _("“%(text)s” is no number above 0.") % {"text": text[:20]},
            _("Type a number such as 0.25."),
            field=field,
        )
    return value


def finite_number(text: str, *, field: str) -> float:
    """A number that scripts send, such as a place in a picture.

    Raises:
        DomainError: ``not_a_number``.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DomainError(
            "not_a_number",
            _("“%(text)s” is no number.") % {"text": text[:20]},
            _("Mark the place in the picture again."),
            field=field,
        )
    return value
