"""``manage.py reset_second_factor``: removes the second factor of an account."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from portal.management.speaking import SpeakingCommand, agrees
from portal.sign_in.lost_factor import reset_second_factor
from portal.sign_in.new_address import account_of


class Command(SpeakingCommand):
    """Asks before it does it, unless told ``--yes``."""

    help = gettext_lazy(
        "Removes the second factor of an account and signs the account out everywhere."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", help=_("the e-mail address of the account"))
        parser.add_argument("--yes", action="store_true", help=_("do not ask first"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = account_of(options["address"])
            if not options["yes"] and not _agreed(person.email):
                raise SystemExit(_("Nothing was changed."))
            reset_second_factor(person=person, actor=None)
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        self.stdout.write(
            _(
                "The second factor of %(email)s is off; its sessions and API tokens ended. The "
                "password alone opens the account until the person sets up a new one."
            )
            % {"email": person.email}
        )


def _agreed(email: str) -> bool:
    if not sys.stdin.isatty():
        raise SystemExit(_("There is nobody to ask. Make sure who wants it, then give --yes."))
    question = _("Are you sure who asks for this? Take the second factor off %(email)s [y/N]: ")
    return agrees(question % {"email": email})
