"""Keeps seeds of second factors in the secret store; the user's row holds a reference.

A dump of the database alone then makes nobody's codes. Factors from before stay readable until they
are set up again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.services.secret_store import forget_secret, get_secret, put_secret

PREFIX = "second-factor."


def keep(seed: str) -> str:
    """Seals a seed and returns the name under which it lies."""
    name = PREFIX + secrets.token_hex(16)
    put_secret(name, seed)
    return name


def opened(kept: str) -> str:
    """The seed behind what :func:`keep` returned; a seed that was never sealed is itself.

    Raises:
        PermissionDenied: with a sentence, where the store cannot open it: pages and API alike
            then let nobody in.
    """
    if not kept.startswith(PREFIX):
        return kept
    try:
        seed = get_secret(kept)
    except DomainError as refusal:
        raise PermissionDenied(
            _(
                "The second factor cannot be checked, because the key of the secret store is not "
                "here. Whoever runs this installation restores it from the backup, or takes the "
                "factor off: manage.py reset_second_factor ADDRESS."
            )
        ) from refusal
    return "" if seed is None else seed.reveal()


def _names(data: Any) -> Iterator[str]:
    values = data.values() if isinstance(data, dict) else ()
    return (value for value in values if isinstance(value, str) and value.startswith(PREFIX))


@receiver(post_delete, sender=Authenticator, dispatch_uid="forget_sealed_factor")
def forget(instance: Authenticator, **_more: Any) -> None:
    """A factor that is removed leaves nothing in the store."""
    for name in _names(instance.data):
        forget_secret(name)
