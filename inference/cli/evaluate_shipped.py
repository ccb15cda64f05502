"""``python -m inference evaluate-shipped``: updates the figures in a shipped model's card."""

from __future__ import annotations

import argparse

from inference.cli._card_options import add_card_arguments, exit_code_of, held_out_or_held_back

HELP = "Evaluate a shipped model again and write the figures into its card."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_card_arguments(parser)
    parser.add_argument(
        "--sets",
        nargs="+",
        metavar="SET",
        help="evaluate only these sets; all other figures in the card stay",
    )
    parser.add_argument(
        "--patches",
        action="store_true",
        help="evaluate only how well the model tells patches with a crack from patches without",
    )


def run(args: argparse.Namespace) -> int:
    """Print the figures and write the card; 1 with a sentence on standard error for bad input."""
    return exit_code_of(_evaluate, args)


def _evaluate(args: argparse.Namespace) -> None:
    from inference.runtime.card import write_card
    from inference.runtime.registry import WEIGHTS_FOLDER, find_card
    from inference.training.evaluate.shipped import evaluate_shipped, evaluate_shipped_patches

    card = find_card(args.model, args.models or WEIGHTS_FOLDER)
    if args.patches:
        if args.sets:
            raise ValueError("--patches is of all sets at once. Leave --sets away.")
        held_back = held_out_or_held_back(args, card)
        new = evaluate_shipped_patches(card, args.data, held_back, threads=args.threads, say=print)
    else:
        new = evaluate_shipped(
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
