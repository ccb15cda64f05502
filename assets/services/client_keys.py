"""Keys made by clients: a request with a known key and content gets the first answer.

The idea is that of the Idempotency-Key header (an Internet draft of the IETF), as a field: a form
holds it, the schema says it, and a telephone keeps it with what it has yet to send.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import ClientKey, Inspection, Photo, User

# The unreserved characters of an address (RFC 3986): a UUID is one, and so is most else.
PATTERN = "[A-Za-z0-9._~-]{8,80}"
_KEY = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class SentKey:
    """A person's key and the digest of what came with it."""

    user: User
    key: str
    content_sha256: str

    def stands_for(self) -> ClientKey | None:
        """The stored key, if the same content was sent with it; None for a new key.

        Raises:
            DomainError: ``key_used``, where this person sent something else with it. It says
                nothing of what that was.
        """
        row = ClientKey.objects.filter(user=self.user, key=self.key).first()
        if row is not None and row.content_sha256 != self.content_sha256:
            raise DomainError(
                "key_used",
                _("You have sent something else with this key before; nothing was changed."),
                _("Make a new key for what is new, and send it again."),
                field="client_key",
            )
        return row

    def keep(
        self,
        *,
        organisation: int,
        inspection: Inspection | None = None,
        photo: Photo | None = None,
    ) -> None:
        """Ties the key to the one thing that it brought, in the caller's transaction.

        Raises:
            IntegrityError: the same key came in at the same moment, and was first.
        """
        ClientKey.objects.create(
            user=self.user,
            organisation_id=organisation,
            key=self.key,
            content_sha256=self.content_sha256,
            inspection=inspection,
            photo=photo,
        )


def sent_key(key: str, *, user: User | None, kind: str, content: dict[str, Any]) -> SentKey | None:
    """The key as it was sent with ``content`` for a thing of ``kind``; None without a key.

    The content is what was *sent*, before any default is filled in: a default may be another one by
    the time it is sent again. What is empty counts as left out.

    Raises:
        DomainError: ``invalid_key``.
    """
    if not key:
        return None
    if user is None:
        raise TypeError("A key belongs to the person who sends it.")
    if not _KEY.fullmatch(key):
        raise DomainError(
            "invalid_key",
            _("This is no key: it has 8 to 80 letters, digits, or . _ ~ -"),
            _("Send a UUID, for example."),
            field="client_key",
        )
    said = {name: value for name, value in content.items() if value not in (None, "")}
    text = json.dumps({"kind": kind, **said}, sort_keys=True, default=str)
    return SentKey(user, key, hashlib.sha256(text.encode()).hexdigest())
