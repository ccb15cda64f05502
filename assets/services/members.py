"""Changes memberships and roles."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Membership, Organisation, User
from assets.services.invitations import renew_account, revoke_open
from assets.services.ledger import Entry, append_event, append_events
from assets.services.member_rules import (
    KEEPERS,
    check_role,
    clean_email,
    create_account,
    lock_members,
)


def create_organisation(*, name: str, slug: str = "", actor: User | None = None) -> Organisation:
    """A new owner of structures, with an empty register.

    Raises:
        DomainError: ``invalid`` for an empty name, ``slug_taken`` for a slug that was given.
    """
    name = name.strip()
    if not name:
        raise DomainError(
            "invalid",
            _("The organisation needs a name."),
            _("Give the name that people know it by."),
            field="name",
        )
    wanted = slug or slugify(name)[:50] or "organisation"
    with transaction.atomic():
        if Organisation.objects.filter(slug=wanted).exists():
            if slug:
                raise DomainError(
                    "slug_taken",
                    _("Another organisation uses the short name %(slug)s.") % {"slug": slug},
                    _("Choose another."),
                    field="slug",
                )
            wanted = f"{wanted}-{secrets.token_hex(3)}"
        organisation = Organisation.objects.create(name=name[:120], slug=wanted)
        after = {"name": organisation.name, "slug": wanted}
        append_event(
            organisation=organisation,
            entry=Entry("organisation.created", "organisation", organisation.pk, after=after),
            actor=actor,
        )
    return organisation


def enrol(
    *,
    organisation: Organisation,
    email: str,
    role: str,
    name: str = "",
    password: str | None = None,
    existing_account: bool = False,
) -> tuple[Membership, str | None]:
    """Makes somebody a member without asking them: for whoever runs the server, never for a page.

    In the pages people are invited (:mod:`assets.services.invitations`) and join by themselves.

    Args:
        password: for a new account; None makes a random one.
        existing_account: whether the address may have an account already, which then joins. Its
            password ends with all that it opened, as in
            :func:`assets.services.invitations.accept_invitation`.

    Returns:
        the membership, and the password of a *new* account to hand over once; None where the
        person had an account.

    Raises:
        DomainError: ``invalid`` (address, role, password), ``account_exists``, ``already_member``.
    """
    check_role(role)
    address = clean_email(email)
    with transaction.atomic():
        lock_members(organisation.pk)
        user = User.objects.filter(email__iexact=address).first()
        given: str | None = None
        if user is None:
            given = password or secrets.token_urlsafe(12)
            user = create_account(
                email=address, name=name, password=given, chosen=password is not None
            )
        elif not existing_account:
            raise DomainError(
                "account_exists",
                _("%(email)s has an account already.") % {"email": address},
                _("Say that this account is meant, or give another address."),
                field="email",
            )
        elif Membership.objects.filter(user=user, organisation=organisation).exists():
            raise DomainError(
                "already_member",
                _("%(email)s is a member already.") % {"email": address},
                _("Change the role in the list of members instead."),
                field="email",
            )
        membership = Membership.objects.create(user=user, organisation=organisation, role=role)
        if given is None:
            renew_account(user, None)
        after = {"role": role}
        entries = [
            *revoke_open(organisation.pk, address),
            Entry("member.added", "membership", membership.pk, after=after, about=user),
        ]
        append_events(organisation=organisation, entries=entries, actor=None)
    return membership, given


def change_role(*, membership: Membership, actor: User | None, role: str) -> Membership:
    """Gives a member another role.

    Raises:
        DomainError: ``invalid``, ``last_keeper`` where nobody could change the members any more.
    """
    check_role(role)
    with transaction.atomic():
        row = _locked(membership)
        before = row.role
        if before == role:
            return row
        if role not in KEEPERS:
            _require_another_keeper(row)
        row.role = role
        row.save(update_fields=["role"])
        append_event(
            organisation=row.organisation_id,
            entry=Entry(
                "member.changed",
                "membership",
                row.pk,
                before={"role": before},
                after={"role": role},
                about=row.user,
            ),
            actor=actor,
        )
    return row


def remove_member(*, membership: Membership, actor: User | None) -> None:
    """Takes somebody out of an organisation; the account stays, and so does what they did.

    Raises:
        DomainError: ``last_keeper`` where nobody could change the members any more.
    """
    _take_out(membership, "member.removed", actor)


def leave(*, membership: Membership) -> None:
    """The person goes by themselves; their account stays, and so does what they did.

    Raises:
        DomainError: ``last_keeper`` where nobody could change the members any more.
    """
    _take_out(membership, "member.left", membership.user)


def _take_out(membership: Membership, verb: str, actor: User | None) -> None:
    with transaction.atomic():
        row = _locked(membership)
        _require_another_keeper(row)
        before = {"role": row.role}
        entries = [
            *revoke_open(row.organisation_id, row.user.email.lower()),
            Entry(verb, "membership", row.pk, before=before, about=row.user),
        ]
        row.delete()
        append_events(organisation=row.organisation_id, entries=entries, actor=actor)


def deactivate_member(
    *, membership: Membership, actor: User | None, reason: str = ""
) -> Membership:
    """Switches a membership off: its person sees nothing of the organisation until it is on again.

    The account stays, and so do its memberships elsewhere. A membership that is off stays as it is.

    Raises:
        DomainError: ``last_keeper`` where nobody could change the members any more.
    """
    with transaction.atomic():
        row = _locked(membership)
        if row.deactivated_at is not None:
            return row
        _require_another_keeper(row)
        row.deactivated_at = timezone.now()
        row.save(update_fields=["deactivated_at"])
        _note_switch(row, "member.deactivated", actor, reason)
    return row


def reactivate_member(
    *, membership: Membership, actor: User | None, reason: str = ""
) -> Membership:
    """Switches a membership on again, in the role that it had."""
    with transaction.atomic():
        row = _locked(membership)
        if row.deactivated_at is None:
            return row
        row.deactivated_at = None
        row.save(update_fields=["deactivated_at"])
        _note_switch(row, "member.reactivated", actor, reason)
    return row


def _note_switch(row: Membership, verb: str, actor: User | None, reason: str) -> None:
    after = {"role": row.role}
    append_event(
        organisation=row.organisation_id,
        entry=Entry(verb, "membership", row.pk, after=after, reason=reason.strip(), about=row.user),
        actor=actor,
    )


def _locked(membership: Membership) -> Membership:
    """The row, after a lock on the organisation: two keepers cannot remove each other at once."""
    lock_members(membership.organisation_id)
    row = Membership.objects.select_related("user").filter(pk=membership.pk).first()
    if row is None:
        raise DomainError(
            "conflict",
            _("This person is no longer a member."),
            _("Load the page again."),
        )
    return row


def _require_another_keeper(row: Membership) -> None:
    others = (
        Membership.objects.active()
        .filter(organisation_id=row.organisation_id, role__in=KEEPERS)
        .exclude(pk=row.pk)
    )
    if row.role in KEEPERS and not others.exists():
        raise DomainError(
            "last_keeper",
            _("Nobody else could change the members of this organisation."),
            _("Make somebody else owner or administrator first."),
            field="role",
        )
