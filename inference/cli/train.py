"""``python -m inference train``: a recipe and data in, a shipped model out. Needs torch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "train a network by a recipe, export, quantise and evaluate it, write its card"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--recipe", type=Path, required=True, help="a TOML file of a recipe")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        help="folder with segmentation/SET/{train,test}/{images,masks} and weights/ "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, log and split"
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder of models that the finished one is put into (default: OUT/models; "
        "inference/weights ships it)",
    )
    parser.add_argument(
        "--rendered",
        type=Path,
        help="folder that rendered training pictures are kept in (default: OUT/rendered)",
    )
    parser.add_argument("--resume", action="store_true", help="go on from OUT's checkpoint")
    parser.add_argument(
        "--export-only",
        type=Path,
        metavar="CHECKPOINT",
        help="do not train: export, quantise and evaluate this checkpoint",
    )
    parser.add_argument("--minutes", type=float, help="instead of the recipe's training time")
    parser.add_argument("--steps", type=int, help="stop after so many optimiser steps")
    parser.add_argument("--threads", type=int, default=2, help="processor threads (default: 2)")


def run(args: argparse.Namespace) -> int:
    """Train and ship; 0 when the model is there, 1 with a sentence on standard error if not."""
    try:
        from inference.training.session import Session, train_and_ship
    except ImportError as error:
        print(
            f"Training needs the full set of packages ({error}). "
            "Install them with: pip install -r requirements/all.txt",
            file=sys.stderr,
        )
        return 1
    from inference.training.recipe import read_recipe, with_budget

    try:
        recipe = with_budget(read_recipe(args.recipe), minutes=args.minutes, steps=args.steps)
        session = Session(
            data_folder=args.data,
            out=args.out,
            models_folder=args.models or args.out / "models",
            resume=args.resume,
            checkpoint=args.export_only,
            rendered_folder=args.rendered,
            threads=args.threads,
        )
        train_and_ship(recipe, session, say=lambda line: print(line, flush=True))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
