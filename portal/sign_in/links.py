"""Links that set a new password: they work once, for a day, while nothing else changes."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import Q
from django.urls import reverse

from assets.models import Membership, User
from assets.services.access_log import note_access
from assets.services.member_rules import KEEPERS
from portal.access import require_whole_account
from portal.sign_in.ledger import address_of
from portal.sign_in.letters import send_letter


class NewPasswordTokens(PasswordResetTokenGenerator):
    """Tokens that die with the password, with a sign-in, and with each change of who belongs where.

    The keeper of one organisation must not keep a link to somebody who joins another one, nor one
    that outlasts the keeper's own office. Unlike allauth's generator it writes no row for the
    address: an unverified one would keep the person from setting up a second factor.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        mine = Membership.objects.filter(user_id=user.pk)
        keepers = Q(organisation__in=mine.values("organisation"), role__in=KEEPERS)
        places = (
            Membership.objects.filter(Q(user_id=user.pk) | keepers)
            .order_by("pk")
            .values_list("pk", "role", "deactivated_at", "user__is_active")
        )
        state = [f"{pk}:{role}:{since is None}:{active}" for pk, role, since, active in places]
        rank = f"{user.is_staff}:{user.is_superuser}"
        return "|".join([super()._make_hash_value(user, timestamp), rank, *state])


def make_new_password_link(*, person: User, actor: User | None, site: str) -> tuple[str, bool]:
    """A link by which ``person`` sets a new password; an existing second factor is still asked for.

    Args:
        actor: the keeper who makes it; None for whoever runs this installation.
        site: scheme and host of this installation, such as ``https://hairline.example.org``.

    Returns:
        the link to hand over, and whether it was sent to the person instead.

    Raises:
        DomainError: as :func:`portal.access.require_whole_account`.
    """
    # The token is made before the question: who joins an organisation in between makes it void.
    token = NewPasswordTokens().make_token(person)
    if actor is not None:
        require_whole_account(actor, person)
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(person), "key": token},
    )
    link = f"{site.rstrip('/')}{path}"
    after = {"email": person.email, "from": address_of(context.request)}
    note_access(person, "access.new_password_link_made", after, actor=actor)
    return link, send_letter(person.email, "new_password", password_reset_url=link)
