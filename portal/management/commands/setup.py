"""``manage.py setup``: creates the first organisation and its administrator."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, transaction

from assets.errors import DomainError
from assets.models import Role, User
from assets.services.members import create_organisation, enrol
from portal.first_run import CannotStart, unapplied_migrations

ADMINISTRATOR = Role("administrator")


class Command(BaseCommand):
    """Asks for what is not given as an option."""

    help = "Makes an organisation and its administrator. Asks for what no option gives."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--organisation", help="name of the organisation")
        parser.add_argument("--email", help="the administrator's e-mail address")
        parser.add_argument("--name", default="", help="the administrator's name")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        parser.add_argument(
            "--existing-account",
            action="store_true",
            help="use the account that this address has already",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if missing := unapplied_migrations():
                raise CannotStart(
                    f"The database lacks {len(missing)} migrations. Run: python manage.py migrate"
                )
            organisation = options["organisation"] or _ask("Name of the organisation: ")
            email = options["email"] or _ask("E-mail address of its administrator: ")
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
            raise SystemExit(f"The database refused it: {error}") from None
        self.stdout.write(f"{made.name} is there; {email} is its administrator.")
        if existing:
            self.stdout.write(
                "Its password ended, with its sessions and API tokens: whoever could give that "
                "person a password so far may know it. Make a link to a new one: python manage.py "
                f"new_password_link {email}"
            )
        self.stdout.write("Start the site with: python manage.py serve")


def _require_account(email: str, *, there: bool) -> None:
    """An account that there is joins only where the operator says that it is meant."""
    exists = User.objects.filter(email__iexact=email.strip()).exists()
    if exists and not there:
        raise CannotStart(
            f"{email} has an account here already. If that person is to administer the new "
            "organisation, add --existing-account; the password ends, and a new one is set "
            "by link. If not, give another address."
        )
    if there and not exists:
        raise CannotStart(f"{email} has no account here. Leave out --existing-account.")


def _ask(question: str) -> str:
    """An answer that is not empty."""
    if not sys.stdin.isatty():
        raise CannotStart(
            "There is nobody to ask. Give --organisation, --email and --password-stdin."
        )
    while not (answer := input(question).strip()):
        pass
    return answer


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CannotStart("Standard input held no password.")
        return password
    if not sys.stdin.isatty():
        raise CannotStart("There is nobody to ask for a password. Give --password-stdin.")
    while True:
        password = getpass.getpass("Password: ")
        if password and password == getpass.getpass("The same again: "):
            return password
        print("They were empty or differ. Once more.")
