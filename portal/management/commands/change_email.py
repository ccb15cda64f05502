"""``manage.py change_email``: gives an account another e-mail address."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from portal.management.speaking import SpeakingCommand
from portal.sign_in.new_address import change_email


class Command(SpeakingCommand):
    """Nobody changes an address in the pages: who reads its mail could take the account over."""

    help = gettext_lazy("Gives an account another e-mail address and signs it out everywhere.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("old", help=_("the account's present e-mail address"))
        parser.add_argument("new", help=_("its new e-mail address"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = change_email(old=options["old"], new=options["new"])
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        self.stdout.write(
            _(
                "The account is opened with %(email)s now; its sessions and API tokens ended. Its "
                "password stays what it was."
            )
            % {"email": person.email}
        )
