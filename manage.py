#!/usr/bin/env python
"""Hairline's command line for administrators: migrate, setup, serve, demo, doctor."""

import os
import sys

# They look at the code, not at an installation: they make no data folder.
OF_THE_CODE = {
    "collectstatic", "compilemessages", "help", "makemessages", "makemigrations", "spectacular",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        if sys.argv[1:] and sys.argv[1] not in OF_THE_CODE and not sys.argv[1].startswith("-"):
            _prepare(sys.argv[2:])
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # a sentence with its remedy, for whoever set it up
    except KeyboardInterrupt:
        sys.exit("Stopped.")


def _prepare(options: list[str]) -> None:
    """The data folder and its key, before the command that ``--settings`` may speak of."""
    from django.core.management.base import CommandParser, handle_default_options

    from portal.first_run import prepare

    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    handle_default_options(parser.parse_known_args(options)[0])
    prepare()


if __name__ == "__main__":
    main()
