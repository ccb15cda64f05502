"""``manage.py erase_name``: erases a name from ledgers that no page can reach."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.text import get_text_list

from assets.errors import DomainError
from assets.services.erased_names import erase_name, people_called, require_erasable


class Command(BaseCommand):
    """Asks before it does it, unless told ``--yes``: it cannot be undone.

    A page erases the name in one organisation; this does in all that the person belonged to, or
    in one that nobody keeps any more.
    """

    help = "Erases a person's name from the ledgers. The entries stay, and the ledgers verify."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", help="the person's e-mail address, as in the ledgers")
        parser.add_argument(
            "--organisation",
            metavar="NAME",
            help="erase only in the ledger of the organisation with this short name",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask first")

    def handle(self, *args: Any, **options: Any) -> None:
        address, place = options["address"], options["organisation"]
        known = people_called(address)
        people = list(known.filter(organisation__slug=place) if place else known)
        if not people:
            where = f"the ledger of {place}" if place else "any ledger"
            raise SystemExit(f"{address} is not in {where}.")
        places = get_text_list(
            sorted({person.organisation.name for person in people}), last_word="and"
        )
        if not options["yes"] and not _agreed(address, places):
            raise SystemExit("Nothing was erased.")
        try:
            for person in people:
                require_erasable(person)
            # One ledger after the other, so that none is held while the next is waited for.
            left = sum(erase_name(person=person, actor=None) for person in people)
        except DomainError as refusal:
            raise SystemExit(f"{refusal.message} {refusal.hint}") from None
        self.stdout.write(
            f"The name of {address} is erased from the ledger of {places}. The entries stay, and "
            "their seals verify as before."
        )
        if left:
            self.stdout.write(
                f"Still holding the address: {left} written by a release that sealed it inside. "
                "Only breaking the seal could take it out."
            )


def _agreed(address: str, places: str) -> bool:
    if not sys.stdin.isatty():
        raise SystemExit("There is nobody to ask. Make sure that it is wanted, then give --yes.")
    question = f"Erase the name of {address} from the ledger of {places}, for good [y/N]: "
    return input(question).strip().lower() in ("y", "yes")
