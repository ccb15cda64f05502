"""The rules for members and invited people."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from assets.constraints import refusal
from assets.errors import DomainError
from assets.models import Membership, Organisation, Role, User

# The roles that change the members; an organisation always has somebody in one of them.
KEEPERS = (Role.OWNER, Role.ADMINISTRATOR)


def lock_members(organisation_id: int) -> Organisation:
    """Holds back every other change of who belongs to the organisation until commit."""
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def is_keeper(user_id: int | None, organisation_id: int) -> bool:
    """Whether the person may change the members now; False for None."""
    mine = Membership.objects.active().filter(user_id=user_id, organisation_id=organisation_id)
    return mine.filter(role__in=KEEPERS).exists()


def check_role(role: str) -> None:
    """Raises DomainError ``invalid`` for a role that there is not."""
    if role not in Role.values:
        raise DomainError(
            "invalid",
            _("There is no role %(role)s.") % {"role": role},
            _("Choose one of: %(roles)s.") % {"roles": ", ".join(Role.values)},
            field="role",
        )


def clean_email(email: str) -> str:
    """The address as it is kept: trimmed, in lower case.

    Only ASCII: some letters outside of it have an ASCII letter as their capital, so that a database
    would take the addresses of two people for one.

    Raises:
        DomainError: ``invalid``.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise DomainError(
            "invalid",
            _("That is no e-mail address."),
            _("It reads name@example.org."),
            field="email",
        ) from None
    if not address.isascii():
        raise DomainError(
            "invalid",
            _("An address is written in the letters a to z here."),
            _("A domain with other letters has a spelling that begins with xn--; give that."),
            field="email",
        )
    return address


def check_password_is_good(password: str, user: User) -> None:
    """Raises DomainError ``invalid`` for a password that others would guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(
            "invalid", " ".join(error.messages), _("Choose another password."), field="password"
        ) from None


def create_account(*, email: str, name: str, password: str, chosen: bool = True) -> User:
    """An account for an address that has none.

    Args:
        email: as :func:`clean_email` gives it.
        chosen: whether a person thought of the password, so that it must be a good one.

    Raises:
        DomainError: ``invalid`` for the password, then ``address_taken``: who tries the address
            of somebody else with a bad password learns nothing.
    """
    user = User(email=email, name=name.strip()[:120])
    if chosen:
        check_password_is_good(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        if refusal(error).field != "email":
            raise
        raise DomainError(
            "address_taken",
            _("An account could not be made for %(email)s.") % {"email": email},
            _("If there is one already, sign in with it."),
            field="email",
        ) from None
    return user
