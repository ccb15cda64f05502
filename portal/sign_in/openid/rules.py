"""The rules by which an identity opens an account.

Nobody signs up. An account for a new person is made only behind an invitation to exactly the
address that the provider has verified, together with joining: all of it or nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import User
from assets.services.access_log import note_access
from assets.services.invitations import accept_invitation, usable_invitation
from assets.services.member_rules import clean_email
from portal.sign_in.ledger import address_of, note_failed_person
from portal.sign_in.openid.provider import PROVIDER_ID, provider_name
from portal.sign_in.sessions import end_everything


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as the provider knows them.

    Attributes:
        uid: of the issuer and the person there; no other provider can answer the same.
        email: in lower case; empty where the provider gave none.
        verified: whether the provider vouches for the address.
    """

    uid: str
    email: str
    verified: bool
    name: str

    @classmethod
    def of(cls, claims: dict[str, Any]) -> Identity:
        """Reads the claims of an ID token.

        Raises:
            DomainError: ``invalid`` for an address that is none.
        """
        given = claims.get("email")
        name = claims.get("name")
        return cls(
            uid=hashlib.sha256(f"{claims['iss']}\0{claims['sub']}".encode()).hexdigest(),
            email=clean_email(given) if isinstance(given, str) and given.strip() else "",
            # Some providers write a word where a truth value belongs.
            verified=claims.get("email_verified") in (True, "true"),
            name=name if isinstance(name, str) else "",
        )


def admit(request: HttpRequest, identity: Identity, *, invitation: str = "") -> bool:
    """Makes sure that the identity is connected to the account that it opens.

    Args:
        invitation: the secret of the invitation from which this sign-in was begun.

    Returns:
        whether the person joined by the invitation just now.

    Raises:
        DomainError: ``openid_other_address``, ``openid_unverified``, ``openid_nobody``,
            ``openid_not_invited``, or as an invitation is refused. Then nothing was written but,
            in the ledger, that a known person did not get in.
    """
    connected = SocialAccount.objects.filter(provider=PROVIDER_ID, uid=identity.uid)
    known = connected.select_related("user").first()
    if known is not None:
        _require_same_address(request, known.user, identity)
        return False
    if not identity.email or not identity.verified:
        raise _unverified(identity)
    if invitation:
        _require_invited(usable_invitation(invitation).email, identity)
    user = User.objects.filter(email__iexact=identity.email).first()
    try:
        if user is not None and user.is_active:
            _connect(request, user, identity)
            return False
        if user is None and invitation:
            _join(request, identity, invitation)
            return True
    except IntegrityError as error:
        raise DomainError(
            "conflict",
            _("Somebody else did the same at this moment."),
            _("Start again at the sign-in page."),
        ) from error
    raise _nobody(identity)


def _require_same_address(request: HttpRequest, user: User, identity: Identity) -> None:
    if identity.email in ("", user.email.lower()):
        return
    note_failed_person(request, user, "another address at the provider")
    words = {"name": provider_name(), "there": identity.email, "here": user.email}
    raise DomainError(
        "openid_other_address",
        _("Your address at %(name)s is %(there)s; your account here has another one.") % words,
        _(
            "Sign in with your password meanwhile, and ask whoever runs this installation to "
            "change the address of your account."
        ),
    )


def _connect(request: HttpRequest, user: User, identity: Identity) -> None:
    """From now on the identity opens this account, whose address it has proven.

    A password and a second factor that were set before anybody had proven the address may be those
    of whoever had the invitation's link; they end here, with what they opened.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        _remember(row, identity)
        note_access(row, "access.identity_connected", _facts(request))
        mine = EmailAddress.objects.filter(user=row, email__iexact=row.email, verified=True)
        if mine.exists():
            return
        _note_proof(row)
        end_everything(row)
        removed, _kinds = Authenticator.objects.filter(user=row).delete()
        if removed:
            after = {**_facts(request), "why": "set before the address was proven"}
            note_access(row, "access.second_factor_removed", after)
        if not row.has_usable_password():
            if removed:
                messages.warning(request, _factor_ended())
            return
        row.set_unusable_password()
        row.save(update_fields=["password"])
        note_access(row, "access.password_ended", _facts(request))
    messages.warning(
        request,
        _(
            "Your password from before no longer opens your account, because nobody had proven "
            "this address when it was set. The sign-in page says how to get a new one."
        ),
    )
    if removed:
        messages.warning(request, _factor_ended())


def _factor_ended() -> str:
    return _(
        "Your second factor was taken off, because nobody had proven this address when it was set. "
        "Set one up again in your account."
    )


def _join(request: HttpRequest, identity: Identity, invitation: str) -> None:
    """An account without a password, and its membership."""
    with transaction.atomic():
        user = User(email=identity.email, name=identity.name.strip()[:120])
        user.set_unusable_password()
        user.save()
        _remember(user, identity)
        _note_proof(user)
        membership = accept_invitation(token=invitation, user=user)
        note_access(user, "access.identity_connected", _facts(request))
    words = {"organisation": membership.organisation.name, "role": membership.get_role_display()}
    messages.success(request, _("You belong to %(organisation)s now, as %(role)s.") % words)


def _remember(user: User, identity: Identity) -> None:
    facts = {"email": identity.email}
    SocialAccount.objects.create(
        user=user, provider=PROVIDER_ID, uid=identity.uid, extra_data=facts
    )


def _note_proof(user: User) -> None:
    """The provider's word counts as proof that the person reads this mail."""
    address, _new = EmailAddress.objects.get_or_create(
        user=user, email=user.email.lower(), defaults={"primary": True}
    )
    address.set_verified()


def _facts(request: HttpRequest) -> dict[str, str]:
    return {"provider": provider_name(), "from": address_of(request)}


def _require_invited(invited: str, identity: Identity) -> None:
    if identity.email == invited:
        return
    words = {"name": provider_name(), "invited": invited, "here": identity.email}
    raise DomainError(
        "openid_not_invited",
        _("The invitation is for %(invited)s; at %(name)s you are %(here)s.") % words,
        _(
            "Sign in there with the invited address, or ask whoever invited you for an "
            "invitation to the other one."
        ),
    )


def _unverified(identity: Identity) -> DomainError:
    words = {"name": provider_name(), "email": identity.email}
    return DomainError(
        "openid_unverified",
        _("%(name)s does not say that the address %(email)s was proven to be yours.") % words
        if identity.email
        else _("%(name)s does not tell your e-mail address.") % words,
        _(
            "Have it verified there, then try again; or sign in with your password. Whoever runs "
            "the provider has to send the claims email and email_verified."
        ),
    )


def _nobody(identity: Identity) -> DomainError:
    return DomainError(
        "openid_nobody",
        _("No account here has the address %(email)s.") % {"email": identity.email},
        _("Ask an administrator of your organisation to invite you, then open the invitation."),
    )
