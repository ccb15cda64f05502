"""``manage.py set_secret``: stores a secret of another system without showing it."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from assets.models import Organisation
from assets.services.secret_store import forget_secret, put_secret
from portal.first_run import CannotStart
from portal.management.speaking import SpeakingCommand


class Command(SpeakingCommand):
    """From standard input or a hidden prompt: arguments of a command can be seen by everybody."""

    help = gettext_lazy(
        "Stores a secret of another system. Asks for it, or reads it from standard input."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", help=_("name of the secret, such as oidc.client_secret"))
        parser.add_argument(
            "--organisation",
            metavar="SLUG",
            default="",
            help=_(
                "short name of the organisation that owns it (default: the installation owns it)"
            ),
        )
        parser.add_argument("--forget", action="store_true", help=_("delete the secret"))

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        try:
            organisation = _organisation(options["organisation"])
            if options["forget"]:
                there = forget_secret(name, organisation=organisation)
                words = _("%(name)s is forgotten.") if there else _("There was no secret %(name)s.")
                said = words % {"name": name}
            else:
                secret = put_secret(name, _read(name), organisation=organisation)
                said = _("%(name)s is set, sealed with the key %(key)s.") % {
                    "name": name,
                    "key": secret.key_id,
                }
        except CannotStart as reason:
            raise SystemExit(str(reason)) from None
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        except DatabaseError as error:
            raise SystemExit(_("The database refused it: %(error)s") % {"error": error}) from None
        self.stdout.write(said)


def _organisation(slug: str) -> Organisation | None:
    """Raises CannotStart where the slug names none."""
    if not slug:
        return None
    found = Organisation.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Organisation.objects.values_list("slug", flat=True)[:10])
        if not known:
            raise CannotStart(_("There is no organisation %(slug)s, nor another.") % {"slug": slug})
        raise CannotStart(
            _("There is no organisation %(slug)s. Known: %(known)s.")
            % {"slug": slug, "known": known}
        )
    return found


def _read(name: str) -> str:
    """The secret, without the line's end; asked twice where a person types it."""
    if not sys.stdin.isatty():
        return sys.stdin.read().rstrip("\r\n")
    while True:
        text = getpass.getpass(f"{name}: ")
        if text and text == getpass.getpass(_("The same again: ")):
            return text
        print(_("They were empty or differ. Once more."))
