"""The rights of each role: one table of roles and actions for pages, API and sockets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from assets.models import Membership, Organisation, Role, User
from assets.services.visit_scale import GIVEN

EVERYBODY = frozenset(Role.values)

# Action -> roles. Seeing is not in the table: every member sees all of the organisation's rows.
MAY: dict[str, frozenset[Any]] = {
    "asset.edit": frozenset({Role.OWNER, Role.ENGINEER, Role.ADMINISTRATOR}),
    "inspection.edit": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "photo.upload": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "photo.scale": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "photo.retry": frozenset({Role.OWNER, Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR}),
    "photo.review": frozenset({Role.ENGINEER, Role.ADMINISTRATOR}),
    "defect.identify": frozenset({Role.ENGINEER, Role.ADMINISTRATOR}),
    "alert.acknowledge": frozenset({Role.OWNER, Role.ENGINEER, Role.MANAGER, Role.ADMINISTRATOR}),
    "member.edit": frozenset({Role.OWNER, Role.ADMINISTRATOR}),
    "ledger.erase": frozenset({Role.OWNER, Role.ADMINISTRATOR}),
}

# What a role may not do, in a sentence.
REFUSALS: dict[str, Promise] = {
    "asset.edit": gettext_lazy("Your role may look at assets but not change them."),
    "inspection.edit": gettext_lazy("Your role may look at inspections but not change them."),
    "photo.upload": gettext_lazy("Your role may look at photos but not add any."),
    "photo.scale": gettext_lazy("Your role may look at photos but not change their scale."),
    "photo.retry": gettext_lazy("Your role may look at photos but not have one analysed again."),
    "photo.review": gettext_lazy("Only an engineer settles the review of a photo."),
    "defect.identify": gettext_lazy("Only an engineer decides which defect was seen where."),
    "alert.acknowledge": gettext_lazy("Your role may read alerts but not acknowledge them."),
    "member.edit": gettext_lazy("Your role may see the members but not change them."),
    "ledger.erase": gettext_lazy("Only an owner or administrator erases a name from the ledger."),
}

# What helps where a keeper may not act on somebody's account.
_REMEDY = gettext_lazy(
    "The person uses “Forgotten” on the sign-in page where this installation sends mail; else "
    "whoever runs it uses “manage.py new_password_link ADDRESS” or “manage.py "
    "reset_second_factor ADDRESS”."
)


def may(user: Any, action: str, organisation: Organisation | int) -> bool:
    """Whether ``user`` may do ``action`` in ``organisation``. KeyError for an unknown action."""
    roles = MAY[action]
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    pk = organisation if isinstance(organisation, int) else organisation.pk
    return Membership.objects.active_of(user).filter(organisation_id=pk, role__in=roles).exists()


def require(user: Any, action: str, organisation: Organisation | int) -> None:
    """Lets pass who may.

    Raises:
        PermissionDenied: with a sentence. Ask only after ``visible_to``: what a person cannot
            see is not found, never forbidden.
    """
    if not may(user, action, organisation):
        raise PermissionDenied(str(REFUSALS[action]))


def actions_of_edit(changed: Iterable[str]) -> list[str]:
    """The actions that a person must be allowed, to change these fields of a visit.

    The scale of a visit is that of its photos, so changing it needs ``photo.scale``.
    """
    actions = {"photo.scale" if name in GIVEN else "inspection.edit" for name in changed}
    return sorted(actions or {"inspection.edit"})


def organisations_where(user: Any, action: str) -> Any:
    """The organisations in which ``user`` may do ``action``, as a queryset."""
    mine = Membership.objects.active_of(user).filter(role__in=MAY[action])
    return Organisation.objects.visible_to(user).filter(pk__in=mine.values("organisation_id"))


def require_whole_account(actor: Any, person: User) -> None:
    """Refuses actors who may not act on a whole account: new password, reset of the second factor.

    An account opens every organisation that its person belongs to, so the keeper of one must not
    get hold of the way into another. Memberships that are switched off count: they may come back.

    Raises:
        DomainError: ``own_account``, ``account_of_operator`` or ``account_elsewhere``, with the
            remedy.
    """
    if person.pk == actor.pk:
        raise DomainError(
            "own_account",
            _("This is your own account."),
            _("Change your password and your second factor on the page of your account."),
        )
    if person.is_staff or person.is_superuser:
        raise DomainError(
            "account_of_operator",
            _("This account belongs to whoever runs this installation."),
            _REMEDY,
        )
    theirs = set(Membership.objects.filter(user=person).values_list("organisation_id", flat=True))
    mine = Membership.objects.active_of(actor).filter(role__in=MAY["member.edit"])
    if not theirs or theirs - set(mine.values_list("organisation_id", flat=True)):
        raise DomainError(
            "account_elsewhere",
            _("This person's account opens another organisation too, which is not in your care."),
            _REMEDY,
        )
