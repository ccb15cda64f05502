"""``python -m inference calibrate-confidence``: how sure a traced crack is, fitted and kept."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

HELP = "fit the confidence of traced cracks on held-back pictures and keep it in the model's card"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--model", help="name of the model (default: the default model)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of models")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with segmentation/SET/{train,test}: the validation part of the model's "
        "training fits, the test parts judge",
    )
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="DIR",
        help="fit on these labelled pictures instead (any layout that training reads); the "
        "model must not have learned from them",
    )
    parser.add_argument("--precision", help="which of the model's files: int8, float16, float32")
    parser.add_argument("--dry-run", action="store_true", help="print, leave the card as it is")
    parser.add_argument("--threads", type=int, help="processor threads")


def run(args: argparse.Namespace) -> int:
    """Print the entry and write it; 1 with a sentence on standard error for bad input."""
    from inference.runtime.card import ModelError

    try:
        _calibrate(args)
    except (ValueError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The card cannot be written: {error}.", file=sys.stderr)
        return 1
    return 0


def _calibrate(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from inference.runtime.registry import WEIGHTS_FOLDER, find_card, load_model
    from inference.training.confidence import FEWEST_LINES, calibration_pairs, confidence_entry
    from inference.training.evaluation_table import confidence_table
    from inference.training.held_back import held_back_pairs
    from inference.training.set_report import find_test_sets, pairs_of

    folder = args.models or WEIGHTS_FOLDER
    model = load_model(args.model, threads=args.threads, precision=args.precision, folder=folder)
    card = find_card(model.info.name, folder)
    testing = find_test_sets(args.data)
    validation = (
        {args.held_out.resolve().name: pairs_of(args.held_out)}
        if args.held_out
        else held_back_pairs(card.details, args.data)
    )
    total = len(calibration_pairs(validation)) + sum(map(len, testing.values()))
    with tqdm(total=total, unit="picture", disable=not sys.stderr.isatty()) as bar:
        entry = confidence_entry(model, validation, testing, on_picture=lambda _: bar.update())
    if entry is None:
        raise ValueError(
            f"The model {card.name!r} traces fewer than {FEWEST_LINES} cracks in the pictures to "
            "fit on. Give more of them with --held-out."
        )
    print(f"{card.name}: fitted on {entry['n_lines']} cracks, {entry['n_right']} of them right")
    print("\n".join(confidence_table(entry["test"])))
    if not args.dry_run:
        _write(card.folder / "card.json", {**card.details, "confidence_calibration": entry})


def _write(path: Path, card: dict[str, Any]) -> None:
    """The whole card or none of it."""
    partial = path.with_suffix(".json.partial")
    try:
        partial.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
