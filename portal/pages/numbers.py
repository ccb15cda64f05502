"""Numbers as people type them, with a comma or a point."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.scale_range import read_number


def positive_number(text: str, *, field: str) -> float | None:
    """The number, None for an empty text.

    Raises:
        DomainError: ``not_a_number`` for anything that is no number above 0.
    """
    text = text.strip()
    if not text:
        return None
    value = read_number(text)
    if value is None or value <= 0:
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
    value = read_number(text)
    if value is None:
        raise DomainError(
            "not_a_number",
            _("“%(text)s” is no number.") % {"text": text[:20]},
            _("Mark the place in the picture again."),
            field=field,
        )
    return value
