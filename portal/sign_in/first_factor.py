"""Ends other sessions and API tokens when a second factor is set up."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from assets.models import User
from portal.sign_in.sessions import end_everything_else


@receiver(post_save, sender=Authenticator, dispatch_uid="end_what_lacked_the_factor")
def end_what_lacked_it(instance: Authenticator, created: bool, **_more: Any) -> None:
    """Ends the person's other sessions and API tokens, together with the factor or not at all.

    Sessions and tokens do not say by which steps they were opened. Because none from before goes
    on, each one that there is was opened with the factor, or set it up.
    """
    if not created or instance.type != Authenticator.Type.TOTP:
        return
    with transaction.atomic():
        # Who asks for a token holds this row from the last question about the factor on.
        end_everything_else(User.objects.select_for_update().get(pk=instance.user_id))
