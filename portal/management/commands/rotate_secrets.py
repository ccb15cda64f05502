"""``manage.py rotate_secrets``: encrypts every stored secret with another key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from assets.errors import DomainError
from assets.services import secret_store
from assets.services.secret_keys import key_file, keys_of_environment


class Command(BaseCommand):
    """Can be run again at any time, also after it was cut off. Prints counts, never a secret."""

    help = "Encrypts all stored secrets with a new key, or with the first of SECRET_STORE_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = secret_store.rotate()
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        self.stdout.write(
            f"{done.resealed} secrets were sealed anew with the key {done.key_id}; "
            f"{done.as_before} were sealed with it already."
        )
        if settings.SECRET_STORE_KEYS:
            self._spare(done.spare)
        else:
            self.stdout.write(
                f"The old key has left {key_file()}. Backups from before open with the old file "
                "only: keep it with them."
            )
        if done.lost:
            raise SystemExit(
                f"{len(done.lost)} do not open with any key here and stayed as they are: "
                f"{', '.join(done.lost)}. Restore their key, or set them again: "
                "python manage.py set_secret NAME"
            )

    def _spare(self, spare: tuple[str, ...]) -> None:
        if not spare:
            self.stdout.write(
                "For another key, put a new one first in SECRET_STORE_KEYS, restart, and run this "
                'again: python -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
            return
        self.stdout.write("Nothing is sealed any more with these keys; take them out everywhere:")
        known = [key.id for key in keys_of_environment()]
        for key_id in spare:
            where = (
                f"number {known.index(key_id) + 1} of SECRET_STORE_KEYS"
                if key_id in known
                else f"the file {key_file()}"
            )
            self.stdout.write(f"  {key_id}: {where}")
