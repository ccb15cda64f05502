"""The keys that encrypt secrets: from a file in the data folder or the environment.

A key is 32 random bytes in base64, as ``secrets.token_urlsafe(32)`` gives it. The first key seals,
all of them open. The file holds one key a line.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from assets.errors import DomainError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Its id may be shown and stored; its bytes show in no text that Python makes."""

    id: str
    bytes: bytes = field(repr=False)

    def text(self) -> str:
        """As it stands in the file or in the environment."""
        return base64.urlsafe_b64encode(self.bytes).decode().rstrip("=")


def new_key() -> Key:
    """A key that nobody has had before."""
    return _key(secrets.token_bytes(KEY_BYTES))


def _key(content: bytes) -> Key:
    return Key(hashlib.sha256(b"hairline secret key\0" + content).hexdigest()[:12], content)


def read_key(text: str, where: str) -> Key:
    """The key that ``text`` stands for.

    Raises:
        DomainError: ``secret_key_unreadable``; the sentence names ``where``, never the text.
    """
    try:
        padded = text.strip() + "=" * (-len(text.strip()) % 4)
        content = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != KEY_BYTES:
        raise DomainError(
            "secret_key_unreadable",
            _("A key in %(where)s cannot be read.") % {"where": where},
            _("A key is 32 random bytes in base64; restore what stood there from your backup."),
        )
    return _key(content)


def key_file() -> Path:
    """The file of this installation's keys."""
    return Path(settings.DATA_DIR) / "secret_store_key"


def keys_of_environment() -> list[Key]:
    """The keys of ``SECRET_STORE_KEYS``; empty where it is not set.

    Raises:
        DomainError: ``secret_key_unreadable``.
    """
    return [read_key(text, "SECRET_STORE_KEYS") for text in settings.SECRET_STORE_KEYS]


def keys_of_file() -> list[Key]:
    """The keys of the file; empty where there is none.

    Raises:
        DomainError: ``secret_key_unreadable``.
    """
    path = key_file()
    try:
        lines = path.read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DomainError(
            "secret_key_unreadable",
            _("The key file %(path)s cannot be read (%(why)s).")
            % {"path": path, "why": error.strerror},
            _("Give it to the user that runs Hairline: owner and rights 600."),
        ) from error
    return [read_key(line, str(path)) for line in lines or [""]]


def all_keys() -> list[Key]:
    """All keys that open, the one that seals first; empty before the first secret.

    Raises:
        DomainError: ``secret_key_unreadable``.
    """
    return [*keys_of_environment(), *keys_of_file()]


def sealing_key() -> Key:
    """The key to seal with; the file is made with the first secret.

    Raises:
        DomainError: ``secret_key_unreadable``, ``secret_key_unwritable``.
    """
    known = all_keys()
    if known:
        return known[0]
    # A link to a complete file: of two processes that come at once the second one fails to make
    # it and takes the key of the first.
    with _prepared_file([new_key()]) as prepared, contextlib.suppress(FileExistsError):
        os.link(prepared, key_file())
    return keys_of_file()[0]


def write_keys(kept: Sequence[Key]) -> None:
    """Puts ``kept`` in place of the file's keys, in one step.

    Raises:
        DomainError: ``secret_key_unwritable``.
    """
    with _prepared_file(kept) as prepared:
        os.replace(prepared, key_file())


@contextlib.contextmanager
def _prepared_file(content: Sequence[Key]) -> Iterator[Path]:
    """A file beside the key file, complete and on the disk, for its owner only."""
    folder = key_file().parent
    prepared: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=".secret_store_key-", dir=folder)  # mode 600
        prepared = Path(name)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write("".join(f"{key.text()}\n" for key in content))
            file.flush()
            os.fsync(file.fileno())
        yield prepared
        _sync(folder)
    except OSError as error:
        raise DomainError(
            "secret_key_unwritable",
            _("The key of the secret store cannot be written to %(folder)s (%(why)s).")
            % {"folder": folder, "why": error.strerror},
            _("Make room or change the owner of the folder, or set SECRET_STORE_KEYS."),
        ) from error
    finally:
        if prepared is not None:
            prepared.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Makes the folder's own entry durable, so that a power cut cannot bring old keys back."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
