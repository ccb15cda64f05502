"""The store for secrets of other systems: encrypted, and never shown again.

AES-256-GCM with a key from outside the database (:mod:`assets.services.secret_keys`). Name and
organisation are bound into the seal: a ciphertext copied to another row does not open there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Organisation, Secret, User
from assets.services import secret_keys
from assets.services.ledger import Entry, append_event
from assets.services.secret_keys import Key

log = structlog.get_logger(__name__)

FORM = b"\x01"  # first byte of a ciphertext: 12 bytes nonce and AES-256-GCM follow
NONCE_BYTES = 12
MAX_BYTES = 64 * 1024
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")
MASK = "••••••••"


class SecretText:
    """An opened secret that shows itself to nobody but who calls :meth:`reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text. Hand it on at once; keep, log and print it nowhere."""
        return self._text

    def __repr__(self) -> str:
        return f"SecretText({MASK})"

    def __str__(self) -> str:
        return MASK

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("An opened secret is neither copied nor pickled.")


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of the store as whoever runs it may see it.

    Attributes:
        trouble: a sentence with its remedy where it does not open; empty where it does.
    """

    secret: Secret
    trouble: str


@dataclass(frozen=True, slots=True)
class Resealed:
    """The result of a rotation.

    Attributes:
        key_id: the key that seals now.
        resealed, as_before: numbers of secrets.
        lost: names of those that no key here opens; they stay as they are.
        spare: ids of keys in the environment, or in a file beside it, that seal nothing now.
    """

    key_id: str
    resealed: int
    as_before: int
    lost: tuple[str, ...]
    spare: tuple[str, ...]


def put_secret(
    name: str, text: str, *, organisation: Organisation | None = None, actor: User | None = None
) -> Secret:
    """Seals ``text`` under ``name``, in place of what was there.

    Raises:
        DomainError: ``invalid`` (name, empty, longer than 64 KB), ``secret_key_unreadable``,
            ``secret_key_unwritable``.
    """
    _check(name, text)
    with transaction.atomic():
        _enter()
        key = secret_keys.sealing_key()
        secret, is_new = Secret.objects.update_or_create(
            organisation=organisation,
            name=name,
            defaults={
                "ciphertext": _seal(text, key, name, organisation and organisation.pk),
                "key_id": key.id,
                "changed_at": timezone.now(),
                "changed_by": actor,
            },
        )
        if organisation is not None:
            entry = Entry(
                "secret.set",
                "secret",
                secret.pk,
                before=None if is_new else {"name": name},
                after={"name": name},
            )
            append_event(organisation=organisation, entry=entry, actor=actor)
    log.info("secret_set", name=name, organisation=organisation and organisation.slug)
    return secret


def get_secret(name: str, *, organisation: Organisation | None = None) -> SecretText | None:
    """The secret of this name, masked; None where none was set.

    Raises:
        DomainError: ``secret_key_missing`` where no key here opens it, ``secret_damaged`` where
            the key is here and the row was changed, ``secret_key_unreadable``.
    """
    secret = Secret.objects.filter(organisation=organisation, name=name).first()
    if secret is None:
        return None
    try:
        return _open(secret, secret_keys.all_keys())
    except DomainError as error:
        if error.code != "secret_key_missing":
            raise
        # A rotation may have come between reading the row and reading the keys.
        secret.refresh_from_db()
        return _open(secret, secret_keys.all_keys())


def forget_secret(
    name: str, *, organisation: Organisation | None = None, actor: User | None = None
) -> bool:
    """Deletes the secret of this name; whether there was one."""
    with transaction.atomic():
        secret = Secret.objects.filter(organisation=organisation, name=name).first()
        if secret is None:
            return False
        entry = Entry("secret.forgotten", "secret", secret.pk, before={"name": name})
        secret.delete()
        if organisation is not None:
            append_event(organisation=organisation, entry=entry, actor=actor)
    log.info("secret_forgotten", name=name, organisation=organisation and organisation.slug)
    return True


def masked(name: str, *, organisation: Organisation | None = None) -> str:
    """The standing of a secret for pages: whether it is set and since when, never its value."""
    changed_at = (
        Secret.objects.filter(organisation=organisation, name=name)
        .values_list("changed_at", flat=True)
        .first()
    )
    if changed_at is None:
        return _("not set")
    day = formats.date_format(timezone.localtime(changed_at), "DATE_FORMAT")
    return _("set on %(day)s") % {"day": day}


def standings() -> Iterator[Standing]:
    """Every secret of the installation, and whether it opens here."""
    known = secret_keys.all_keys()
    for secret in Secret.objects.select_related("organisation", "changed_by"):
        try:
            _open(secret, known)
        except DomainError as error:
            yield Standing(secret, f"{error.message} {error.hint}")
        else:
            yield Standing(secret, "")


def rotate() -> Resealed:
    """Seals every secret with another key than before and gives up the old ones.

    With keys in a file: a new key is put before the old one, all secrets are sealed with it, then
    what seals none leaves the file. Ended anywhere between, everything still opens, and the next
    call goes on with the key that was new then. With keys in the environment: everything is
    sealed with the first of them; taking the others out is up to whoever set them.

    Raises:
        DomainError: ``secret_key_unreadable``, ``secret_key_unwritable``.
    """
    _commit_durably()
    with transaction.atomic():
        _enter(alone=True)
        in_environment = bool(secret_keys.keys_of_environment())
        in_file = secret_keys.keys_of_file()
        if not in_environment and len(in_file) < 2:
            secret_keys.write_keys([secret_keys.new_key(), *in_file])
        key_id, resealed, as_before, lost = _reseal()
    with transaction.atomic():
        _enter(alone=True)
        used = set(Secret.objects.values_list("key_id", flat=True))
        in_file = secret_keys.keys_of_file()
        spare = [key for key in secret_keys.all_keys()[1:] if key.id not in used]
        if not in_environment:
            secret_keys.write_keys([key for key in in_file if key not in spare])
            spare = []
    return Resealed(key_id, resealed, as_before, lost, tuple(key.id for key in spare))


def _reseal() -> tuple[str, int, int, tuple[str, ...]]:
    """Seals with the first key what another one sealed; what does not open stays."""
    known = secret_keys.all_keys()
    first, count, lost = known[0], 0, []
    secrets = list(Secret.objects.all())
    for secret in secrets:
        try:
            text = _open(secret, known)
        except DomainError:
            lost.append(secret.name)
            continue
        if secret.key_id != first.id:
            secret.ciphertext = _seal(text.reveal(), first, secret.name, secret.organisation_id)
            secret.key_id = first.id
            secret.save(update_fields=["ciphertext", "key_id"])
            count += 1
    return first.id, count, len(secrets) - count - len(lost), tuple(lost)


def _commit_durably() -> None:
    """SQLite as it is set up here may lose its last commits in a power cut; the key file not."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def _enter(*, alone: bool = False) -> None:
    """Takes this transaction's place before the keys are read.

    A rotation that has begun to seal anew waits for all who write, and they for it: nothing is
    sealed with a key that is about to go. SQLite's transactions are one at a time anyway.
    """
    if connection.vendor == "postgresql":
        mode = "SHARE ROW EXCLUSIVE" if alone else "ROW EXCLUSIVE"
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Secret._meta.db_table} IN {mode} MODE")


def _bound(name: str, organisation_id: int | None) -> bytes:
    """The name and organisation to which a ciphertext is bound."""
    return f"hairline secret\0{organisation_id or ''}\0{name}".encode()


def _seal(text: str, key: Key, name: str, organisation_id: int | None) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key.bytes).encrypt(nonce, text.encode(), _bound(name, organisation_id))
    return FORM + nonce + sealed


def _open(secret: Secret, known: Sequence[Key]) -> SecretText:
    """Raises DomainError ``secret_key_missing`` or ``secret_damaged``."""
    key = next((key for key in known if key.id == secret.key_id), None)
    if key is None:
        raise DomainError(
            "secret_key_missing",
            _("The secret %(name)s was sealed with the key %(key)s, which is not here.")
            % {"name": secret.name, "key": secret.key_id},
            _(
                "Restore the file %(path)s, or the key in SECRET_STORE_KEYS, from your backup; "
                "or set the secret again: python manage.py set_secret %(name)s."
            )
            % {"path": secret_keys.key_file(), "name": secret.name},
        )
    stored = bytes(secret.ciphertext)
    nonce, sealed = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
    try:
        if stored[:1] != FORM or len(nonce) < NONCE_BYTES:
            raise InvalidTag
        bound = _bound(secret.name, secret.organisation_id)
        return SecretText(AESGCM(key.bytes).decrypt(nonce, sealed, bound).decode())
    except InvalidTag:
        raise DomainError(
            "secret_damaged",
            _("The secret %(name)s was changed or moved in the database and does not open.")
            % {"name": secret.name},
            _("Set it again: python manage.py set_secret %(name)s.") % {"name": secret.name},
        ) from None


def _check(name: str, text: str) -> None:
    if not NAME.match(name):
        raise DomainError(
            "invalid",
            _("A secret's name has small letters, digits, points, dashes and underscores."),
            _("Name it like oidc.client_secret, with 80 signs at most."),
            field="name",
        )
    if not text:
        raise DomainError(
            "invalid", _("The secret is empty."), _("Give the text to keep."), field="text"
        )
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise DomainError(
            "invalid",
            _("The secret holds bytes that are no text."),
            _("Give it in UTF-8, or encode it in base64 first."),
            field="text",
        ) from None
    if size > MAX_BYTES:
        raise DomainError(
            "invalid",
            _("The secret is longer than 64 KB."),
            _("Keep files elsewhere; here is room for passwords, keys and certificates."),
            field="text",
        )
