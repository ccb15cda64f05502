"""Who may do what: one table of roles and actions, used by pages, API and sockets alike."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from assets.models import Membership, Organisation, Role

EVERYBODY = frozenset(Role.values)

# Action -> roles. Seeing is not in the table: every member sees all of the organisation's rows.
MAY: dict[str, frozenset[str]] = {
    "asset.edit": frozenset({Role.OWNER, Role.ENGINEER, Role.ADMINISTRATOR}),
    "inspection.edit": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "photo.upload": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "photo.retry": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "crack.identify": frozenset({Role.ENGINEER, Role.ADMINISTRATOR}),
    "alert.acknowledge": frozenset({Role.OWNER, Role.ENGINEER, Role.MANAGER, Role.ADMINISTRATOR}),
    "member.edit": frozenset({Role.OWNER, Role.ADMINISTRATOR}),
}


def may(user: Any, action: str, organisation: Organisation | int) -> bool:
    """Whether ``user`` may do ``action`` in ``organisation``. KeyError for an unknown action."""
    roles = MAY[action]
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    pk = organisation if isinstance(organisation, int) else organisation.pk
    return Membership.objects.filter(user_id=user.pk, organisation_id=pk, role__in=roles).exists()


def organisations_where(user: Any, action: str) -> Any:
    """The organisations in which ``user`` may do ``action``, as a queryset."""
    mine = Membership.objects.filter(user_id=user.pk, role__in=MAY[action])
    return Organisation.objects.visible_to(user).filter(pk__in=mine.values("organisation_id"))


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: members are invited by their organisation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
