"""``manage.py rotate_secrets``: encrypts every stored secret with another key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assets.errors import DomainError
from assets.services import secret_store
from assets.services.secret_keys import key_file, keys_of_environment
from portal.management.speaking import SpeakingCommand


class Command(SpeakingCommand):
    """Can be run again at any time, also after it was cut off. Prints counts, never a secret."""

    help = gettext_lazy(
        "Encrypts all stored secrets with a new key, or with the first of SECRET_STORE_KEYS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = secret_store.rotate()
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        self.stdout.write(
            ngettext(
                "%(n)d secret was sealed anew with the key %(key)s.",
                "%(n)d secrets were sealed anew with the key %(key)s.",
                done.resealed,
            )
            % {"n": done.resealed, "key": done.key_id}
        )
        if done.as_before:
            words = ngettext(
                "%(n)d was sealed with it already.",
                "%(n)d were sealed with it already.",
                done.as_before,
            )
            self.stdout.write(words % {"n": done.as_before})
        if settings.SECRET_STORE_KEYS:
            self._spare(done.spare)
        else:
            self.stdout.write(
                _(
                    "The old key has left %(file)s. Backups from before open with the old file "
                    "only: keep it with them."
                )
                % {"file": key_file()}
            )
        if done.lost:
            raise SystemExit(
                ngettext(
                    "%(n)d secret opens with no key here and stayed as it is: %(names)s. Restore "
                    "its key, or set it again: python manage.py set_secret NAME",
                    "%(n)d secrets open with no key here and stayed as they are: %(names)s. "
                    "Restore their key, or set them again: python manage.py set_secret NAME",
                    len(done.lost),
                )
                % {"n": len(done.lost), "names": ", ".join(done.lost)}
            )

    def _spare(self, spare: tuple[str, ...]) -> None:
        if not spare:
            self.stdout.write(
                _(
                    "For another key, put a new one first in SECRET_STORE_KEYS, restart, and run "
                    "this again: %(command)s"
                )
                % {"command": 'python -c "import secrets; print(secrets.token_urlsafe(32))"'}
            )
            return
        self.stdout.write(
            _("Nothing is sealed any more with these keys; take them out everywhere:")
        )
        known = [key.id for key in keys_of_environment()]
        for key_id in spare:
            where = (
                _("number %(n)d of SECRET_STORE_KEYS") % {"n": known.index(key_id) + 1}
                if key_id in known
                else _("the file %(file)s") % {"file": key_file()}
            )
            self.stdout.write(f"  {key_id}: {where}")
