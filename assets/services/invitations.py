"""Invites people to an organisation, and lets them join.

An invitation is a link with a secret, of which only the hash is kept. Making one looks at nobody's
account and makes none: whether the address has an account shows only to the person who opens the
link. It holds while whoever sent it may still change the members.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Invitation, Membership, Organisation, User
from assets.services.ledger import Entry, append_events
from assets.services.member_rules import (
    check_password_is_good,
    check_role,
    clean_email,
    create_account,
    is_keeper,
    lock_members,
)

# The password of ``user`` ends without a new one, before it does: what it opened has to end too.
password_ends = Signal()


def invite(
    *, organisation: Organisation, actor: User, email: str, role: str
) -> tuple[Invitation, str]:
    """Asks the address to join; an open invitation to it ends, so that one link holds at a time.

    Returns:
        the invitation, and the secret of its link, which cannot be had again.

    Raises:
        DomainError: ``invalid`` (address, role), ``yourself``, ``already_member``,
            ``switched_off`` where the membership is to be switched on again instead.
    """
    check_role(role)
    address = clean_email(email)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        lock_members(organisation.pk)
        _require_no_member(organisation, actor, address)
        entries = revoke_open(organisation.pk, address)
        invitation = Invitation.objects.create(
            organisation=organisation,
            email=address,
            role=role,
            token_sha256=_digest(token),
            invited_by=actor,
            expires_at=timezone.now() + dt.timedelta(days=settings.INVITATION_DAYS),
        )
        entries.append(_entry("member.invited", invitation))
        append_events(organisation=organisation, entries=entries, actor=actor)
    return invitation, token


def note_mailed(*, invitation: Invitation) -> None:
    """The link went to the address itself and was shown to nobody: who has it reads its mail."""
    invitation.mailed_at = timezone.now()
    invitation.save(update_fields=["mailed_at"])


def revoke_invitation(*, invitation: Invitation, actor: User) -> None:
    """Withdraws an open invitation; its link opens nothing from now on.

    Raises:
        DomainError: ``conflict`` where it was accepted or withdrawn meanwhile.
    """
    with transaction.atomic():
        lock_members(invitation.organisation_id)
        entries = revoke_open(invitation.organisation_id, invitation.email, pk=invitation.pk)
        if not entries:
            raise DomainError(
                "conflict",
                _("This invitation is no longer open."),
                _("Load the page again to see what became of it."),
            )
        append_events(organisation=invitation.organisation_id, entries=entries, actor=actor)


def revoke_open(organisation_id: int, email: str, **narrower: int) -> list[Entry]:
    """Ends the open invitation to the address, if there is one; the entries to write of it.

    Call it with the members locked.
    """
    still_open = Invitation.objects.filter(
        organisation_id=organisation_id,
        email=email,
        accepted_at__isnull=True,
        revoked_at__isnull=True,
        **narrower,
    )
    ended = list(still_open)
    still_open.update(revoked_at=timezone.now())
    return [_entry("invitation.revoked", invitation) for invitation in ended]


def usable_invitation(token: str) -> Invitation:
    """The invitation behind a link, with its organisation, where it can be accepted now.

    Raises:
        DomainError: ``unknown``, ``used``, ``revoked``, ``expired``, or ``void`` where whoever
            sent it may not change the members any more.
    """
    rows = Invitation.objects.select_related("organisation")
    found = rows.filter(token_sha256=_digest(token)).first()
    if found is None:
        raise DomainError(
            "unknown",
            _("This is no invitation."),
            _("Open the link exactly as you got it, or ask for a new one."),
        )
    if found.accepted_at is not None:
        raise DomainError(
            "used",
            _("This invitation was used already."),
            _("Sign in with your account. If it was not you, tell whoever invited you."),
        )
    if found.revoked_at is not None:
        raise DomainError(
            "revoked",
            _("This invitation was withdrawn."),
            _("A newer one may have come after it; if not, ask whoever invited you."),
        )
    if found.expires_at <= timezone.now():
        raise DomainError(
            "expired",
            _("This invitation has expired."),
            _("Ask whoever invited you for a new link."),
        )
    if not is_keeper(found.invited_by_id, found.organisation_id):
        raise DomainError(
            "void",
            _("This invitation holds no longer: whoever sent it may not invite any more."),
            _("Ask an owner or administrator of the organisation for a new link."),
        )
    return found


def accept_invitation(*, token: str, user: User, password: str | None = None) -> Membership:
    """The person joins with the account that they have, which from now on is theirs alone.

    Whoever could give the person a password so far, such as the keeper of another organisation,
    may know it, and may have prepared the account for the day on which it opens this one. Nothing
    of that survives, because the stored password changes with each joining, to a new one or to
    none: sessions, sign-ins that wait for their second step and links for a new password are bound
    to the stored password; API tokens are revoked by whoever hears of the change. A second factor
    that somebody else knows opens nothing without the password, and an identity of the provider
    was connected by the address itself.

    Args:
        password: the new one; None where another way opens the account. An old one ends then.

    Raises:
        DomainError: as :func:`usable_invitation`; ``other_person`` where the account has another
            address, ``already_member``, ``switched_off``; ``invalid`` for the password,
            ``same_password``; ``conflict`` where the password changed since ``user`` was read.
    """
    with transaction.atomic():
        invitation = _locked(token)
        row = User.objects.select_for_update().get(pk=user.pk)
        require_invited(invitation, row)
        _require_no_membership(invitation, row)
        if row.password != user.password:
            raise DomainError(
                "conflict",
                _("The password of this account was changed meanwhile."),
                _("Sign in again, then open the invitation again."),
            )
        return _join(invitation, row, lambda: renew_account(row, password))


def require_invited(invitation: Invitation, user: User) -> None:
    """Only the account with the invited address joins by it.

    Raises:
        DomainError: ``other_person``.
    """
    if user.is_active and user.email.strip().lower() == invitation.email:
        return
    words = {"invited": invitation.email, "here": user.email}
    raise DomainError(
        "other_person",
        _("The invitation is for %(invited)s; you are signed in as %(here)s.") % words,
        _("Sign out, then open it with the account of that address or as a new person."),
    )


def accept_as_new(*, token: str, name: str, password: str) -> Membership:
    """The person joins with an account made here, which has the invited address.

    Raises:
        DomainError: as :func:`usable_invitation`; ``invalid`` for the password,
            ``address_taken`` where the address has an account, which stays as it is.
    """
    with transaction.atomic():
        invitation = _locked(token)
        user = create_account(email=invitation.email, name=name, password=password)
        return _join(invitation, user)


def renew_account(user: User, password: str | None) -> None:
    """What opened the account so far opens it no longer; see :func:`accept_invitation`.

    Raises:
        DomainError: ``invalid`` for the password, ``same_password``.
    """
    if password is None:
        password_ends.send(sender=User, user=user)
        user.set_unusable_password()
    else:
        check_password_is_good(password, user)
        if user.check_password(password):
            raise DomainError(
                "same_password",
                _("This is the password that you have."),
                _("Choose a new one: somebody else may know this one."),
                field="password",
            )
        user.set_password(password)
    user.save(update_fields=["password"])


def _join(
    invitation: Invitation, user: User, renew: Callable[[], None] | None = None
) -> Membership:
    membership = Membership.objects.create(
        user=user, organisation=invitation.organisation, role=invitation.role
    )
    if renew is not None:
        renew()  # after the membership, so that this organisation's ledger tells of it too
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    after = {"role": invitation.role, "invitation": invitation.pk}
    entry = Entry("member.joined", "membership", membership.pk, after=after, about=user)
    append_events(organisation=invitation.organisation_id, entries=[entry], actor=user)
    return membership


def _locked(token: str) -> Invitation:
    """The usable invitation, read again once nobody else can change the members."""
    lock_members(usable_invitation(token).organisation_id)
    return usable_invitation(token)


def _require_no_member(organisation: Organisation, actor: User, address: str) -> None:
    """The inviter sees the list of members, so that this tells nothing new."""
    if actor.email.lower() == address:
        raise DomainError(
            "yourself",
            _("That is your own address."),
            _("You belong to this organisation; invite somebody else."),
            field="email",
        )
    members = Membership.objects.filter(organisation=organisation)
    found = members.filter(user__email__iexact=address).first()
    if found is None:
        return
    if found.deactivated_at is not None:
        raise DomainError(
            "switched_off",
            _("%(email)s is a member who was switched off.") % {"email": address},
            _("Switch the person on again in the list of members instead."),
            field="email",
        )
    raise DomainError(
        "already_member",
        _("%(email)s is a member already.") % {"email": address},
        _("Change the role in the list of members instead."),
        field="email",
    )


def _require_no_membership(invitation: Invitation, user: User) -> None:
    """Nobody comes back by an old link: neither who was switched off, nor into another role."""
    words = {"organisation": invitation.organisation.name}
    found = Membership.objects.filter(organisation=invitation.organisation_id, user=user).first()
    if found is None:
        return
    if found.deactivated_at is not None:
        raise DomainError(
            "switched_off",
            _("You were switched off in %(organisation)s.") % words,
            _("Ask an owner or administrator there to switch you on again."),
        )
    raise DomainError(
        "already_member",
        _("You belong to %(organisation)s already.") % words,
        _("Your role can be changed by an owner or administrator there."),
    )


def _entry(verb: str, invitation: Invitation) -> Entry:
    said = "after" if verb == "member.invited" else "before"
    facts: dict[str, Any] = {said: {"role": invitation.role}}
    return Entry(verb, "invitation", invitation.pk, about=invitation.email, **facts)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
