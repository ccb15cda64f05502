"""``python -m inference evaluate``: evaluates a model on labelled pictures."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.runtime import SegmentationModel
    from inference.training.data.datasets import Entry
    from inference.training.evaluate.patches import EvaluatedPatches
    from inference.types import ModelInfo

HELP = "Evaluate a model on labelled pictures, alone or against another model."

TASKS = ("segmentation", "classification")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    what = parser.add_argument_group("pictures: --data, or --images with --masks")
    what.add_argument(
        "--data",
        type=Path,
        help="folder of test sets (segmentation/SET/test), or one data set in a layout that "
        "training reads; prints a table",
    )
    what.add_argument(
        "--sets",
        nargs="+",
        metavar="SET",
        help="evaluate only these sets or groups of sets (concrete, roads ...)",
    )
    what.add_argument("--images", type=Path, help="folder of pictures; prints one JSON object")
    what.add_argument("--masks", type=Path, help="folder of masks, named like the pictures")
    what.add_argument(
        "--rendered",
        type=int,
        default=0,
        metavar="N",
        help="also render N crack-free walls of each kind (joint, cable, stain ...)",
    )
    which = parser.add_argument_group("which model")
    which.add_argument("--model", help="name of the model (default: the default model)")
    which.add_argument(
        "--against", metavar="MODEL", help="compare with this model, picture by picture"
    )
    which.add_argument("--models", type=Path, metavar="DIR", help="folder of models")
    which.add_argument(
        "--task", choices=TASKS, help="task to evaluate (default: the one in its card)"
    )
    which.add_argument("--precision", help="which of the model's files: int8, float16, float32")
    which.add_argument("--threshold", type=float, help="threshold (default: the one in its card)")
    parser.add_argument(
        "--no-retinex",
        action="store_true",
        help="give the network the untouched pixels, to see what the Retinex gains",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="leave out the figures of tolerances, centrelines and confidence",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--threads", type=int, help="number of processor threads")


def run(args: argparse.Namespace) -> int:
    """Print the metrics; 1 with a sentence on standard error for bad input."""
    from inference.runtime.card import ModelError

    try:
        if args.data is not None and args.images is None and args.masks is None:
            if _task(args) == "classification":
                _evaluate_patches(args)
            else:
                _evaluate_sets(args)
        elif args.data is None and args.images is not None and args.masks is not None:
            _evaluate_folder(args)
        else:
            raise ValueError("Give --data, or --images together with --masks.")
    except (ValueError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _evaluate_folder(args: argparse.Namespace) -> None:
    """One folder of pictures, one JSON object."""
    from tqdm import tqdm

    from inference.training.data.datasets import pair_by_stem
    from inference.training.evaluate.pictures import evaluate_pairs, set_figures

    if args.against:
        raise ValueError("--against compares on test sets: give --data instead of --images.")
    pairs = pair_by_stem(args.images, args.masks)
    model = _load(args, args.model)
    threshold = model.info.threshold if args.threshold is None else args.threshold
    with tqdm(total=len(pairs), unit="picture", disable=not sys.stderr.isatty()) as bar:
        scores = evaluate_pairs(
            model,
            pairs,
            threshold=threshold,
            retinex=not args.no_retinex,
            with_lines=not args.quick,
            on_picture=lambda _: bar.update(),
        )
    print(json.dumps(set_figures(model, scores, threshold)))


def _evaluate_sets(args: argparse.Namespace) -> None:
    """All test sets of a folder: tables, or one JSON object."""
    from tqdm import tqdm

    from inference.training.evaluate.distractors import RENDERED_KINDS
    from inference.training.evaluate.sets import (
        comparison,
        evaluate_sets,
        find_test_sets,
        model_figures,
    )
    from inference.training.evaluate.tables import comparison_table, tables

    sets = find_test_sets(args.data, args.sets)
    models = [_load(args, args.model)]
    if args.against:
        models.append(_load(args, args.against))
    n_images = sum(map(len, sets.values())) + args.rendered * len(RENDERED_KINDS)
    with tqdm(total=n_images * len(models), unit="picture", disable=not sys.stderr.isatty()) as bar:
        evaluated = [
            evaluate_sets(
                model,
                sets,
                threshold=args.threshold if number == 0 else None,
                retinex=not args.no_retinex,
                quick=args.quick,
                rendered_per_kind=args.rendered,
                on_picture=bar.update,
            )
            for number, model in enumerate(models)
        ]
    reports = [model_figures(each, with_confidence=not args.quick) for each in evaluated]
    compared = comparison(evaluated[0], evaluated[1]) if args.against else None
    if args.json:
        found: dict[str, Any] = {"models": reports, "comparison": compared}
        print(json.dumps(found))
        return
    lines: list[str] = []
    for each in reports:
        lines += [*tables(each), ""]
    if compared is not None:
        lines += comparison_table(reports[0]["model"], reports[1]["model"], compared)
    print("\n".join(lines).rstrip())


def _evaluate_patches(args: argparse.Namespace) -> None:
    """All labelled sets, and patches cut from the sets with masks; a network that draws masks
    evaluates each patch within its picture."""
    from tqdm import tqdm

    from inference.training.evaluate.patches import (
        compare_patches,
        find_patch_sets,
        patch_figures,
    )
    from inference.training.evaluate.tables import patch_comparison_table, patch_table

    sets = find_patch_sets(args.data, args.sets)
    names = [args.model, args.against] if args.against else [args.model]
    evaluators = [_patch_evaluator(args, name) for name in names]
    thresholds = [threshold for _, threshold, _ in evaluators]
    if args.threshold is not None:
        thresholds[0] = args.threshold
    total = sum(map(len, sets.values())) * len(evaluators)
    with tqdm(total=total, unit="picture", disable=not sys.stderr.isatty()) as bar:
        evaluated = [
            {name: ask(each, bar.update) for name, each in sets.items()} for _, _, ask in evaluators
        ]
    reports: list[dict[str, Any]] = [
        {
            "model": info.name,
            "sha256": info.sha256,
            "runtime": info.runtime,
            "threshold": threshold,
            "sets": {name: patch_figures(each, name, threshold) for name, each in of_sets.items()},
        }
        for (info, _, _), threshold, of_sets in zip(evaluators, thresholds, evaluated, strict=True)
    ]
    compared = None
    if args.against:
        compared = {
            name: compare_patches(evaluated[0][name], evaluated[1][name], *thresholds)
            for name in sets
        }
    if args.json:
        print(json.dumps({"models": reports, "comparison": compared}))
        return
    lines: list[str] = []
    for each in reports:
        lines += [*patch_table(each), ""]
    if compared is not None:
        lines += patch_comparison_table(reports[0]["model"], reports[1]["model"], compared)
    print("\n".join(lines).rstrip())


def _patch_evaluator(
    args: argparse.Namespace, name: str | None
) -> tuple[ModelInfo, float, Callable[[Sequence[Entry], Callable[[], object]], EvaluatedPatches]]:
    """What evaluates patches, the threshold that belongs to it, and how it is asked.

    Raises:
        ValueError: if the model draws masks and nobody has fitted what they say of patches.
    """
    from inference.runtime.registry import WEIGHTS_FOLDER, find_card, load_classifier
    from inference.training.evaluate.patches import evaluate_patches
    from inference.training.evaluate.patches_by_mask import (
        THRESHOLD,
        evaluate_seen,
        read_patch_calibration,
        see_patches,
    )

    folder = args.models or WEIGHTS_FOLDER
    if name is None or find_card(name, folder).task == "classification":
        classifier = load_classifier(
            name, threads=args.threads, precision=args.precision, folder=folder
        )
        return (
            classifier.info,
            classifier.info.threshold,
            lambda entries, done: evaluate_patches(classifier, entries, on_picture=done),
        )
    calibration = read_patch_calibration(find_card(name, folder).details)
    if calibration is None:
        raise ValueError(
            f"The card of {name!r} does not say what its masks say of patches. Fit that with "
            f"`python -m inference evaluate-shipped --patches --model {name} --data DIR`."
        )
    masks = _load(args, name)
    return (
        masks.info,
        THRESHOLD,
        lambda entries, done: evaluate_seen(
            see_patches(masks, entries, on_picture=done), calibration
        ),
    )


def _task(args: argparse.Namespace) -> str:
    """The task of the model: as asked for, else as in its card."""
    from inference.runtime.registry import WEIGHTS_FOLDER, find_card

    if args.task is not None:
        return str(args.task)
    if args.model is None:
        return "segmentation"
    return find_card(args.model, args.models or WEIGHTS_FOLDER).task


def _load(args: argparse.Namespace, name: str | None) -> SegmentationModel:
    from inference.runtime.registry import WEIGHTS_FOLDER, load_model

    return load_model(
        name,
        threads=args.threads,
        precision=args.precision,
        folder=args.models or WEIGHTS_FOLDER,
    )
