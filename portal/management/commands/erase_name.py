"""``manage.py erase_name``: erases a name from ledgers that no page can reach."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assets.errors import DomainError
from assets.services.erased_names import erase_name, people_called, require_erasable
from portal.management.speaking import SpeakingCommand, agrees


class Command(SpeakingCommand):
    """Asks before it does it, unless told ``--yes``: it cannot be undone.

    A page erases the name in one organisation; this does in all that the person belonged to, or
    in one that nobody keeps any more.
    """

    help = gettext_lazy(
        "Erases a person's name from the ledgers. The entries stay, and the ledgers verify."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", help=_("the person's e-mail address, as in the ledgers"))
        parser.add_argument(
            "--organisation",
            metavar="NAME",
            help=_("erase only in the ledger of the organisation with this short name"),
        )
        parser.add_argument("--yes", action="store_true", help=_("do not ask first"))

    def handle(self, *args: Any, **options: Any) -> None:
        address, place = options["address"], options["organisation"]
        known = people_called(address)
        people = list(known.filter(organisation__slug=place) if place else known)
        if not people:
            nowhere = _("%(address)s is not in any ledger.")
            not_there = _("%(address)s is not in the ledger of %(place)s.")
            raise SystemExit(
                (not_there if place else nowhere) % {"address": address, "place": place}
            )
        places = get_text_list(sorted({person.organisation.name for person in people}), _("and"))
        if not options["yes"] and not _agreed(address, places):
            raise SystemExit(_("Nothing was erased."))
        try:
            for person in people:
                require_erasable(person)
            # One ledger after the other, so that none is held while the next is waited for.
            left = sum(erase_name(person=person, actor=None) for person in people)
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}") from None
        self.stdout.write(
            _(
                "The name of %(address)s is erased from the ledger of %(places)s. The entries "
                "stay, and their seals verify as before."
            )
            % {"address": address, "places": places}
        )
        if left:
            self.stdout.write(
                ngettext(
                    "Still holding the address: %(n)d written by a release that sealed it inside. "
                    "Only breaking the seal could take it out.",
                    "Still holding the address: %(n)d written by a release that sealed it inside. "
                    "Only breaking the seals could take it out.",
                    left,
                )
                % {"n": left}
            )


def _agreed(address: str, places: str) -> bool:
    if not sys.stdin.isatty():
        raise SystemExit(_("There is nobody to ask. Make sure that it is wanted, then give --yes."))
    question = _("Erase the name of %(address)s from the ledger of %(places)s, for good [y/N]: ")
    return agrees(question % {"address": address, "places": places})
