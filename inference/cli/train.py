"""``python -m inference train``: trains a network and ships it. Needs torch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.training.fit.recipe import Recipe

HELP = "Train a network by a recipe or on a labelled folder; evaluates it and writes a model."

OUR_DATA = Path("../shared/data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    what = parser.add_argument_group("what to train: a recipe, or a task and a family")
    what.add_argument("--recipe", type=Path, help="TOML file; examples: inference/training/recipes")
    what.add_argument("--task", help="segmentation or classification")
    what.add_argument("--model", help="family of networks; python -m inference models lists them")
    what.add_argument("--name", help="name of the new model (default: family and data)")
    what.add_argument("--backbone", type=Path, help="file with the pretrained encoder's weights")
    what.add_argument(
        "--start",
        type=Path,
        help="file with the whole network's weights (safetensors or checkpoint)",
    )

    data = parser.add_argument_group("pictures")
    data.add_argument(
        "--data",
        type=Path,
        nargs="+",
        help="with a recipe: the folder to which its paths are relative "
        f"(default: {OUR_DATA}); without a recipe: folders in any known layout",
    )
    data.add_argument("--layout", help="layout of the folders, if it is not recognised")
    data.add_argument("--classes", nargs="+", default=[], help="class names that mean crack")
    data.add_argument(
        "--source-pattern",
        metavar="REGEX",
        help="pattern that finds the photograph or place in a file's name; pictures of one place "
        "stay on one side of the split",
    )
    data.add_argument(
        "--on-duplicates",
        choices=("refuse", "leave_out"),
        default="refuse",
        help="if training pictures repeat test pictures: stop, or leave them out (default: refuse)",
    )
    data.add_argument("--terms", help="what the pictures' owners allow, for the card")
    data.add_argument(
        "--rendered",
        type=Path,
        help="folder for rendered training pictures (default: OUT/rendered)",
    )

    how = parser.add_argument_group("how long and on what")
    how.add_argument("--minutes", type=float, help="minutes of training")
    how.add_argument("--steps", type=int, help="number of optimiser steps, in place of minutes")
    how.add_argument("--batch", type=int, help="number of pictures in a step")
    how.add_argument("--seed", type=int, help="seed; with --steps it gives the same weights again")
    how.add_argument("--patience", type=int, help="stop after this many validations without gain")
    how.add_argument("--precision", help="number format: bf16, fp16 (GPU only) or fp32")
    how.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    how.add_argument(
        "--threads", type=int, default=2, help="number of processor threads (default: 2)"
    )
    how.add_argument(
        "--workers",
        type=int,
        default=1,
        help="number of processes that prepare samples (default: 1)",
    )

    out = parser.add_argument_group("results")
    out.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, log, split and report"
    )
    out.add_argument(
        "--models",
        type=Path,
        help="folder of models in which to put the new one (default: OUT/models; "
        "inference/weights ships it)",
    )
    out.add_argument(
        "--no-ship", action="store_true", help="train and write the report, but make no model"
    )
    out.add_argument(
        "--samples",
        type=Path,
        metavar="FILE",
        help="do not train: write a picture of training samples",
    )
    out.add_argument("--resume", action="store_true", help="continue from the checkpoint in OUT")
    out.add_argument(
        "--export-only",
        type=Path,
        metavar="CHECKPOINT",
        help="do not train: export, quantise and evaluate this checkpoint",
    )


def run(args: argparse.Namespace) -> int:
    """Train and ship; 0 when the model is there, 1 with a sentence on standard error if not."""
    try:
        from inference.training.fit.session import Session, train_and_ship
    except ImportError as error:
        print(
            f"Training needs the full set of packages ({error}). "
            "Install them with: pip install -r requirements/all.txt",
            file=sys.stderr,
        )
        return 1
    try:
        recipe = _changed(_recipe(args), args)
        session = Session(
            data_folder=_data_folder(args),
            out=args.out,
            models_folder=None if args.no_ship else args.models or args.out / "models",
            resume=args.resume,
            checkpoint=args.export_only,
            rendered_folder=args.rendered,
            threads=args.threads,
            workers=args.workers,
            samples=args.samples,
            device=args.device,
            bar=sys.stderr.isatty(),
        )
        train_and_ship(recipe, session, say=lambda line: print(line, flush=True))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _data_folder(args: argparse.Namespace) -> Path:
    if not args.data:
        return OUR_DATA
    if args.recipe and len(args.data) > 1:
        raise ValueError(
            "A recipe names its sets itself: give one --data, the folder that its paths are "
            "relative to."
        )
    folder: Path = args.data[0]
    return folder


def _recipe(args: argparse.Namespace) -> Recipe:
    """The recipe of the file, of the checkpoint that is gone on with, or of the options."""
    from inference.training.fit.recipe import read_recipe

    if args.recipe:
        return read_recipe(args.recipe)
    if args.task and args.model and args.data:
        from inference.training.fit.defaults import Wishes, default_recipe

        return default_recipe(
            Wishes(
                task=args.task,
                family=args.model,
                data=args.data,
                name=args.name,
                layout=args.layout,
                classes=args.classes,
                source_pattern=args.source_pattern,
                on_duplicates=args.on_duplicates,
                backbone=args.backbone,
                terms=args.terms,
            )
        )
    checkpoint = args.export_only or (args.out / "checkpoint.pt" if args.resume else None)
    if checkpoint is not None:
        from inference.training.fit.checkpoint import recipe_in

        return recipe_in(checkpoint)
    raise ValueError(
        "Say what to train: --recipe FILE, or --task TASK --model FAMILY --data FOLDER. "
        "Families: python -m inference models"
    )


def _changed(recipe: Recipe, args: argparse.Namespace) -> Recipe:
    """The recipe with what the command line says beside it."""
    from dataclasses import replace

    from inference.training.fit.recipe import with_budget

    recipe = with_budget(recipe, minutes=args.minutes, steps=args.steps)
    wishes = {
        name: getattr(args, name)
        for name in ("batch", "patience", "precision")
        if getattr(args, name) is not None
    }
    recipe = replace(recipe, optimisation=replace(recipe.optimisation, **wishes))
    if args.seed is not None:
        recipe = replace(recipe, seed=args.seed)
    if args.name:
        recipe = replace(recipe, name=args.name)
    if args.start:
        recipe = replace(recipe, start=str(args.start.resolve()))
    if args.backbone and args.recipe:
        backbone = str(args.backbone.resolve())
        recipe = replace(recipe, backbone=backbone, backbone_terms=args.backbone.name)
    return recipe
