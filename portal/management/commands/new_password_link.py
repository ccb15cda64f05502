"""``manage.py new_password_link``: makes a link for a person who forgot the password."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from portal.management.speaking import SpeakingCommand
from portal.second_factor import has_second_factor
from portal.sign_in.links import make_new_password_link
from portal.sign_in.new_address import account_of

ASSUMED_SITE = "http://localhost:8000"  # what `make serve` and `make demo` open unless told


class Command(SpeakingCommand):
    """Prints the link, or says that it went out by mail."""

    help = gettext_lazy(
        "Makes a link that sets a new password. The link works once and ends after a day."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", help=_("the e-mail address of the account"))
        origins = [one for one in settings.CSRF_TRUSTED_ORIGINS if "*" not in one]
        parser.add_argument(
            "--site",
            default=origins[0] if origins else None,
            help=_(
                "scheme, host and port at which people reach this installation "
                "(default: %(assumed)s)"
            )
            % {"assumed": origins[0] if origins else ASSUMED_SITE},
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = account_of(options["address"])
            site = options["site"] or ASSUMED_SITE
            link, sent = make_new_password_link(person=person, actor=None, site=site)
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}".strip()) from None
        if sent:
            self.stdout.write(_("A link was sent to %(email)s.") % {"email": person.email})
        else:
            self.stdout.write(link)
            self.stdout.write(
                _(
                    "Hand it over to %(email)s alone. It is good once and for one day, and no "
                    "longer once the person signs in, belongs somewhere else, or keepers change."
                )
                % {"email": person.email}
            )
        if has_second_factor(person):
            self.stdout.write(
                _(
                    "%(email)s has a second factor, which signing in asks for all the same. Where "
                    "it was lost, or somebody else set it up: python manage.py "
                    "reset_second_factor %(email)s"
                )
                % {"email": person.email}
            )
        if not options["site"]:
            self.stdout.write(
                _(
                    "The link begins with %(assumed)s, which is assumed. Where people reach this "
                    "installation elsewhere, say so: new_password_link %(email)s --site "
                    "https://hairline.example.org"
                )
                % {"assumed": ASSUMED_SITE, "email": person.email}
            )
