"""Second factors: who has one, who must have one, and what the API answers without one."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Membership

OF_AN_APP = Authenticator.Type.TOTP.value
MISSING = (
    "EXISTS (SELECT 1 FROM assets_membership m JOIN assets_organisation o"
    " ON o.id = m.organisation_id WHERE m.user_id = {user_id} AND m.deactivated_at IS NULL"
    " AND o.second_factor_required)"
    " AND NOT EXISTS (SELECT 1 FROM mfa_authenticator a"
    " WHERE a.user_id = {user_id} AND a.type = %s)"
)


def has_second_factor(user: Any) -> bool:
    """Whether a second step is asked for when this person signs in."""
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def is_required_of(user: Any) -> bool:
    """Whether an organisation of this person requires a second factor."""
    mine = Membership.objects.active_of(user)
    return mine.filter(organisation__second_factor_required=True).exists()


def is_missing(user: Any) -> bool:
    """Whether this person must set up a second factor before anything else."""
    return is_required_of(user) and not has_second_factor(user)


def missing_of(user_id: str) -> RawSQL:
    """:func:`is_missing` as part of a query, of the person whose id stands in that column.

    In words of the database, because it is asked with every request.

    Args:
        user_id: table and column, a constant.
    """
    words = MISSING.format(user_id=user_id)
    return RawSQL(words, [OF_AN_APP], output_field=BooleanField())  # noqa: S611


def refusal() -> DomainError:
    """The refusal of programs without a required second factor, answered as 403."""
    return DomainError(
        "second_factor_needed",
        _("Your organisation requires a second factor, and this account has none."),
        _("Sign in with a browser, set it up in your account, then try again."),
    )
