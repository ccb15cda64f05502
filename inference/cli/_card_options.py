"""Options of the commands that evaluate a shipped model and write into its card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.runtime.card import ModelCard
    from inference.training.data.datasets import Pair


def add_card_arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, on which pictures, and whether the card is written."""
    parser.add_argument("--model", help="name of the model (default: the default model)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of models")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with segmentation/SET/{train,test}; the confidence is fitted on the model's "
        "validation pictures, the figures come from the test parts",
    )
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="DIR",
        help="fit the confidence on these labelled pictures instead (any layout that training "
        "reads); the model must not have learned from them",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the figures, do not write them"
    )
    parser.add_argument("--threads", type=int, help="number of processor threads")


def held_out_or_held_back(
    args: argparse.Namespace, card: ModelCard
) -> Mapping[str, tuple[Pair, ...]]:
    """The pictures that the confidence is fitted on, by set.

    Raises:
        ValueError: as :func:`inference.training.data.held_back.held_back_pairs`, or if the folder
            that was given cannot be read.
    """
    from inference.training.data.held_back import held_back_pairs
    from inference.training.evaluate.sets import pairs_of

    if args.held_out:
        return {args.held_out.resolve().name: pairs_of(args.held_out)}
    return held_back_pairs(card.details, args.data)


def exit_code_of(work: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> int:
    """0, or 1 with a sentence on standard error: bad input, packages or a card that fail."""
    from inference.runtime.card import ModelError

    try:
        work(args)
    except (ValueError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    except ImportError as error:
        print(
            f"This needs the full set of packages ({error}). Install it with `make all-set`.",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(f"The card cannot be written: {error}.", file=sys.stderr)
        return 1
    return 0
