"""``manage.py new_password_link``: makes a link for a person who forgot the password."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from assets.errors import DomainError
from portal.second_factor import has_second_factor
from portal.sign_in.links import make_new_password_link
from portal.sign_in.new_address import account_of

ASSUMED_SITE = "http://localhost:8000"  # what `make serve` and `make demo` open unless told


class Command(BaseCommand):
    """Prints the link, or says that it went out by mail."""

    help = "Makes a link that sets a new password. The link works once and ends after a day."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", help="the e-mail address of the account")
        origins = [one for one in settings.CSRF_TRUSTED_ORIGINS if "*" not in one]
        parser.add_argument(
            "--site",
            default=origins[0] if origins else None,
            help="scheme, host and port at which people reach this installation "
            f"(default: {origins[0] if origins else ASSUMED_SITE})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = account_of(options["address"])
            site = options["site"] or ASSUMED_SITE
            link, sent = make_new_password_link(person=person, actor=None, site=site)
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        if sent:
            self.stdout.write(f"A link was sent to {person.email}.")
        else:
            self.stdout.write(link)
            self.stdout.write(
                f"Hand it over to {person.email} alone. It is good once and for one day, and no "
                "longer once the person signs in, belongs somewhere else, or keepers change."
            )
        if has_second_factor(person):
            self.stdout.write(
                f"{person.email} has a second factor, which signing in asks for all the same. "
                "Where it was lost, or somebody else set it up: python manage.py "
                f"reset_second_factor {person.email}"
            )
        if not options["site"]:
            self.stdout.write(
                f"The link begins with {ASSUMED_SITE}, which is assumed. Where people reach this "
                f"installation elsewhere, say so: new_password_link {person.email} --site "
                "https://hairline.example.org"
            )
