"""``python -m inference fine-tune``: a shipped model learns a facility's own walls. Needs torch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "Fine-tune a shipped model on a facility's reviewed photos; reports the gain and the loss."

OLD_TESTS = Path("../shared/data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder of reviewed photos in any layout that training reads; "
        "a file sites.csv (photo,site) in it names the site of each photo",
    )
    parser.add_argument("--layout", help="layout of that folder, if it is not recognised")
    parser.add_argument("--classes", nargs="+", default=[], help="class names that mean crack")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, split and report"
    )
    parser.add_argument(
        "--model", default="trace-edge", help="model to start from (default: trace-edge)"
    )
    parser.add_argument(
        "--start", type=Path, metavar="FILE", help="weights of that model, if it ships none"
    )
    parser.add_argument(
        "--name", help="name of the new model (default: names of the old model and of the folder)"
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder of models in which to put the new one (default: OUT/models)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=50.0,
        help="minutes for training and evaluation together (default: 50)",
    )
    parser.add_argument("--steps", type=int, help="number of optimiser steps, in place of minutes")
    parser.add_argument(
        "--rehearse",
        type=Path,
        metavar="FOLDER",
        help="old training data (segmentation/SET/train) to mix in, so that the model forgets less",
    )
    parser.add_argument(
        "--old-tests",
        type=Path,
        metavar="FOLDER",
        help=f"old test sets, to measure what was lost (default: {OLD_TESTS} if it exists)",
    )
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint in OUT")
    parser.add_argument("--seed", type=int, default=0, help="seed (default: 0)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    parser.add_argument(
        "--threads", type=int, default=2, help="number of processor threads (default: 2)"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        help="number of processes that prepare samples (default: 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Fine-tune; 0 also where nothing was gained, 1 with a sentence on standard error if wrong."""
    try:
        from inference.runtime.card import ModelError
        from inference.training.facility.fine_tune import fine_tune
        from inference.training.facility.recipe import Facility
    except ImportError as error:
        print(
            f"Fine-tuning needs the full set of packages ({error}). "
            "Install them with: pip install -r requirements/all.txt",
            file=sys.stderr,
        )
        return 1
    old_tests = args.old_tests
    if old_tests is None and (OLD_TESTS / "segmentation").is_dir():
        old_tests = OLD_TESTS
    try:
        facility = Facility(
            data=args.data,
            out=args.out,
            layout=args.layout,
            classes=tuple(args.classes),
            model=args.model,
            start=args.start,
            name=args.name,
            minutes=args.minutes,
            steps=args.steps,
            rehearse=args.rehearse,
            old_tests=old_tests,
            models_folder=args.models,
            resume=args.resume,
            seed=args.seed,
            threads=args.threads,
            workers=args.workers,
            device=args.device,
            bar=sys.stderr.isatty(),
        )
        fine_tune(facility, say=lambda line: print(line, flush=True))
    except (ValueError, OSError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
