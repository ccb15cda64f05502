"""``python -m inference examine``: a shipped model tested anew, the figures kept in its card."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "test a shipped model anew and keep the figures in its card"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--model", help="name of the model (default: the default model)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of models")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with segmentation/SET/{train,test}: the test parts judge, the validation part "
        "of the model's training calibrates the confidence",
    )
    parser.add_argument(
        "--sets",
        nargs="+",
        metavar="SET",
        help="only these sets: the figures of the others, of rendered walls and of the confidence "
        "stay",
    )
    parser.add_argument("--dry-run", action="store_true", help="print, leave the card as it is")
    parser.add_argument("--threads", type=int, help="processor threads")


def run(args: argparse.Namespace) -> int:
    """Print the figures and write the card; 1 with a sentence on standard error for bad input."""
    from inference.runtime.card import ModelError

    try:
        _examine(args)
    except (ValueError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The card cannot be written: {error}.", file=sys.stderr)
        return 1
    return 0


def _examine(args: argparse.Namespace) -> None:
    from inference.runtime.registry import WEIGHTS_FOLDER, find_card
    from inference.training.card import write_card
    from inference.training.re_examination import examine

    folder = args.models or WEIGHTS_FOLDER
    card = find_card(args.model, folder)
    new = examine(card, args.data, threads=args.threads, say=print, names=args.sets)
    for sentence in new["falls_short"]:
        print(f"Falls short: {sentence}")
    if not args.dry_run:
        write_card(card.folder, new)
        print(f"Written: {card.folder / 'card.json'}")
