"""``python -m inference examine``: a shipped model tested anew, the figures kept in its card."""

from __future__ import annotations

import argparse

from inference.cli._card_options import add_card_arguments, exit_code_of, held_out_or_held_back

HELP = "test a shipped model anew and keep the figures in its card"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_card_arguments(parser)
    parser.add_argument(
        "--sets",
        nargs="+",
        metavar="SET",
        help="only these sets: the figures of the others, of rendered walls and of the confidence "
        "stay",
    )


def run(args: argparse.Namespace) -> int:
    """Print the figures and write the card; 1 with a sentence on standard error for bad input."""
    return exit_code_of(_examine, args)


def _examine(args: argparse.Namespace) -> None:
    from inference.runtime.card import write_card
    from inference.runtime.registry import WEIGHTS_FOLDER, find_card
    from inference.training.re_examination import examine

    card = find_card(args.model, args.models or WEIGHTS_FOLDER)
    new = examine(
        card,
        args.data,
        lambda: held_out_or_held_back(args, card),
        threads=args.threads,
        say=print,
        names=args.sets,
    )
    for sentence in new["falls_short"]:
        print(f"Falls short: {sentence}")
    if not args.dry_run:
        write_card(card.folder, new)
        print(f"Written: {card.folder / 'card.json'}")
