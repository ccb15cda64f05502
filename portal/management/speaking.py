"""What the commands of the portal share: their help speaks the language of the installation."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.functional import Promise


class SpeakingCommand(BaseCommand):
    """A command whose ``help`` may be a lazy text; argparse takes nothing but a string."""

    help: str | Promise

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        self.help = str(self.help)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Options; their help by ``gettext``, for it is asked as the command runs."""
