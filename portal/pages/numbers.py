"""Reads numbers as people type them, with a comma or a point."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.scale_range import is_too_large, read_number


def positive_number(text: str, *, field: str) -> float | None:
    """The number, None for an empty text.

    Raises:
        DomainError: ``not_a_number`` for anything that is no number above 0,
            ``number_too_large``.
    """
    text = text.strip()
    if not text:
        return None
    _refuse_too_large(text, field)
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
        DomainError: ``not_a_number``, ``number_too_large``.
    """
    _refuse_too_large(text, field)
    value = read_number(text)
    if value is None:
        raise DomainError(
            "not_a_number",
            _("“%(text)s” is no number.") % {"text": text[:20]},
            _("Mark the place in the picture again."),
            field=field,
        )
    return value


def _refuse_too_large(text: str, field: str) -> None:
    if is_too_large(text):
        raise DomainError(
            "number_too_large",
            _("This number is too large."),
            _("Type a number such as 0.25."),
            field=field,
        )
