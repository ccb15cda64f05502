"""Mail of this installation: whether it can be sent, and how."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from assets.models import Invitation

log = structlog.get_logger(__name__)

# Write mail down or drop it: nobody gets it.
GOES_NOWHERE = ("console.EmailBackend", "dummy.EmailBackend")


def sends_mail() -> bool:
    """Whether mail goes out, so that a link can be sent instead of shown."""
    return not settings.EMAIL_BACKEND.endswith(GOES_NOWHERE)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Sends the link to the invited address; False where the mail server did not take it."""
    context = {"invitation": invitation, "link": link}
    subject = render_to_string("email/invitation_subject.txt", context)
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string("email/invitation.txt", context),
        to=[invitation.email],
    )
    try:
        return message.send() == 1
    except Exception as error:  # noqa: BLE001  whatever the way, the link can be handed over
        log.warning("an invitation was not sent", invitation=invitation.pk, error=str(error))
        return False
