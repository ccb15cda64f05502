"""Management commands in the language of the installation: help texts and questions."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.functional import Promise
from django.utils.translation import gettext as _


class SpeakingCommand(BaseCommand):
    """A command whose ``help`` may be a lazy text; argparse takes nothing but a string."""

    help: str | Promise

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        self.help = str(self.help)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Options; their help by ``gettext``, for it is asked as the command runs."""


def agrees(question: str) -> bool:
    """Asks on the terminal, and whether the answer was a yes."""
    # Translators: what agrees at a question with [y/N], in small letters; y and yes always do.
    yes = {"y", "yes", *_("y yes").split()}
    return input(question).strip().lower() in yes
