"""The texts of every form that asks for a new password."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext as _


def _rules() -> str:
    return _("At least %(n)d characters, not a common password, not like your name or address.") % {
        "n": settings.PASSWORD_LENGTH_MIN
    }


PASSWORD_RULES = lazy(_rules, str)()  # in the reader's language


def require_same(first: str | None, again: str) -> None:
    """Raises ValidationError where the second typing differs from the first, if there is one."""
    if first and first != again:
        raise ValidationError(_("The two differ. Type the same password twice."))
