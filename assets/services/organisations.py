"""Changes what an organisation requires of its members."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Organisation, User
from assets.services.ledger import Entry, append_event


def require_second_factor(
    *, organisation: Organisation, actor: User, required: bool, actor_has_one: bool
) -> Organisation:
    """Has every member sign in with a second factor, or no longer.

    Args:
        actor_has_one: whether ``actor`` has a second factor; without one the actor would be the
            first to be locked out.

    Raises:
        DomainError: ``second_factor_first``.
    """
    if required and not actor_has_one:
        raise DomainError(
            "second_factor_first",
            _("You have no second factor yourself."),
            _("Set one up in your account first; then require it of everybody."),
        )
    with transaction.atomic():
        row = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        before = row.second_factor_required
        if before == required:
            return row
        row.second_factor_required = required
        row.save(update_fields=["second_factor_required"])
        entry = Entry(
            "organisation.second_factor_required",
            "organisation",
            row.pk,
            before={"required": before},
            after={"required": required},
        )
        append_event(organisation=row, entry=entry, actor=actor)
    return row
