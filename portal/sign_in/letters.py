"""Mails about an account to its person. A lost mail undoes nothing."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from portal.mail import sends_mail

log = structlog.get_logger(__name__)


def send_letter(to: str, name: str, **context: Any) -> bool:
    """Sends ``templates/email/NAME.txt`` under ``NAME_subject.txt``.

    Returns:
        whether the mail server took it; False where this installation sends no mail.
    """
    if not sends_mail():
        return False
    subject = " ".join(render_to_string(f"email/{name}_subject.txt", context).split())
    body = render_to_string(f"email/{name}.txt", context)
    try:
        return EmailMessage(subject=subject, body=body, to=[to]).send() == 1
    except (OSError, SMTPException) as error:
        log.warning("letter_lost", letter=name, error=str(error))
        return False
