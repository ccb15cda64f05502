"""``manage.py setup``: creates the first organisation and its administrator."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from assets.models import Role, User
from assets.services.members import create_organisation, enrol
from portal.first_run import CannotStart, require_migrations
from portal.management.speaking import SpeakingCommand

ADMINISTRATOR = Role("administrator")


class Command(SpeakingCommand):
    """Asks for what is not given as an option."""

    help = gettext_lazy(
        "Makes an organisation and its administrator. Asks for what no option gives."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--organisation", help=_("name of the organisation"))
        parser.add_argument("--email", help=_("the administrator's e-mail address"))
        parser.add_argument("--name", default="", help=_("the administrator's name"))
        parser.add_argument(
            "--password-stdin", action="store_true", help=_("read the password from standard input")
        )
        parser.add_argument(
            "--existing-account",
            action="store_true",
            help=_("use the account that this address has already"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_migrations()
            organisation = options["organisation"] or _ask(_("Name of the organisation: "))
            email = options["email"] or _ask(_("E-mail address of its administrator: "))
            existing = options["existing_account"]
            _require_account(email, there=existing)
            password = None if existing else _password(from_stdin=options["password_stdin"])
            with transaction.atomic():
                made = create_organisation(name=organisation)
                enrol(
                    organisation=made,
                    email=email,
                    name=options["name"],
                    role=ADMINISTRATOR,
                    password=password,
                    existing_account=existing,
                )
        except CannotStart as reason:
            raise SystemExit(str(reason)) from None
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        except DatabaseError as error:
            raise SystemExit(_("The database refused it: %(error)s") % {"error": error}) from None
        self.stdout.write(
            _("%(organisation)s is there; %(email)s is its administrator.")
            % {"organisation": made.name, "email": email}
        )
        if existing:
            self.stdout.write(
                _(
                    "Its password ended, with its sessions and API tokens: whoever could give that "
                    "person a password so far may know it. Make a link to a new one: python "
                    "manage.py new_password_link %(email)s"
                )
                % {"email": email}
            )
        self.stdout.write(_("Start the site with: python manage.py serve"))


def _require_account(email: str, *, there: bool) -> None:
    """An account that there is joins only where the operator says that it is meant."""
    exists = User.objects.filter(email__iexact=email.strip()).exists()
    if exists and not there:
        raise CannotStart(
            _(
                "%(email)s has an account here already. If that person is to administer the new "
                "organisation, add --existing-account; the password ends, and a new one is set "
                "by link. If not, give another address."
            )
            % {"email": email}
        )
    if there and not exists:
        raise CannotStart(
            _("%(email)s has no account here. Leave out --existing-account.") % {"email": email}
        )


def _ask(question: str) -> str:
    """An answer that is not empty."""
    if not sys.stdin.isatty():
        raise CannotStart(
            _("There is nobody to ask. Give --organisation, --email and --password-stdin.")
        )
    while not (answer := input(question).strip()):
        pass
    return answer


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CannotStart(_("Standard input held no password."))
        return password
    if not sys.stdin.isatty():
        raise CannotStart(_("There is nobody to ask for a password. Give --password-stdin."))
    while True:
        password = getpass.getpass(_("Password: "))
        if password and password == getpass.getpass(_("The same again: ")):
            return password
        print(_("They were empty or differ. Once more."))
