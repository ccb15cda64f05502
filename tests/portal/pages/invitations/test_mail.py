"""Invitations by mail: where the link goes, what it proves, and a mail server that fails."""

from __future__ import annotations

import socket

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from assets.models import Invitation, Organisation, User
from tests.portal.pages.invitations.links import JOIN, LINK, NEW, link_of
from tests.processes import free_port

pytestmark = pytest.mark.django_db


def test_with_mail_the_link_goes_to_the_address_and_is_not_shown(
    client: Client, ada: User, settings: object
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    client.force_login(ada)
    answer = client.post(
        "/members/invite/", {"email": "nora@example.org", "role": "owner"}, follow=True
    )
    html = answer.content.decode()
    assert "An invitation was sent to nora@example.org." in html
    assert "/invitations/" not in html.replace("/members/invitations/", "")
    (message,) = mail.outbox
    assert message.to == ["nora@example.org"]
    assert message.subject == "Invitation to Rhine Bridges on Hairline"
    invitation = Invitation.objects.get()
    assert f"{invitation.expires_at:%Y, %H:%M} UTC" in message.body
    assert "Owner" in message.body
    link = LINK.search(message.body)
    assert link is not None

    person = Client()
    person.post(link[1], NEW)
    address = EmailAddress.objects.get(user__email="nora@example.org")
    assert (address.verified, address.primary) == (True, True)


def test_mail_proves_the_address_of_an_account_too(
    client: Client, ada: User, otto: User, organisation: Organisation
) -> None:
    link = link_of(organisation, ada, otto.email)
    Invitation.objects.update(mailed_at=timezone.now())
    EmailAddress.objects.create(user=otto, email=otto.email, primary=True, verified=False)
    client.force_login(otto)
    client.post(link, JOIN)
    assert EmailAddress.objects.get(user=otto).verified


def test_a_mail_server_that_is_away_costs_only_the_mail(
    client: Client, ada: User, settings: object
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()  # type: ignore[attr-defined]
    client.force_login(ada)
    answer = client.post("/members/invite/", {"email": "nora@example.org", "role": "owner"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "The mail server did not take the invitation." in html
    link = LINK.search(html)
    assert link is not None
    assert Invitation.objects.get().mailed_at is None
    assert Client().get(link[1]).status_code == 200


def test_a_mail_server_that_says_nothing_is_not_waited_for_long(
    client: Client, ada: User, settings: object
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()  # type: ignore[attr-defined]
        settings.EMAIL_TIMEOUT = 0.2  # type: ignore[attr-defined]
        client.force_login(ada)
        answer = client.post("/members/invite/", {"email": "nora@example.org", "role": "owner"})
    assert "The mail server did not take the invitation." in answer.content.decode()
