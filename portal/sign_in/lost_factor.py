"""Removes the second factor of an account whose person lost it."""

from __future__ import annotations

from allauth.core import context
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import User
from assets.services.access_log import note_access
from portal.access import require_whole_account
from portal.sign_in.ledger import address_of
from portal.sign_in.letters import send_letter
from portal.sign_in.sessions import end_everything


def reset_second_factor(*, person: User, actor: User | None) -> None:
    """Removes the second factor and its recovery codes; the person is signed out everywhere.

    Args:
        actor: the keeper who does it; None for whoever runs this installation.

    Raises:
        DomainError: ``no_second_factor``, or as :func:`portal.access.require_whole_account`.
    """
    with transaction.atomic():
        # Nobody joins an organisation meanwhile: a new membership waits for this row.
        row = User.objects.select_for_update().get(pk=person.pk)
        if actor is not None:
            require_whole_account(actor, row)
        removed, _kinds = Authenticator.objects.filter(user=row).delete()
        if not removed:
            raise DomainError(
                "no_second_factor",
                _("%(email)s has no second factor.") % {"email": row.email},
                _("Nothing needs to be reset: the password alone opens the account."),
            )
        end_everything(row)
        after = {"email": row.email, "from": address_of(context.request)}
        note_access(row, "access.second_factor_reset", after, actor=actor)
    by = actor.email if actor else _("whoever runs this installation")
    send_letter(row.email, "second_factor_reset", email=row.email, by=by)
