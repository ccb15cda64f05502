"""``python -m inference calibrate-confidence``: fits the confidence of traced cracks."""

from __future__ import annotations

import argparse
import sys

from inference.cli._card_options import add_card_arguments, exit_code_of, held_out_or_held_back

HELP = "Fit a model's confidence in traced cracks on held-back pictures; writes it into its card."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_card_arguments(parser)
    parser.add_argument("--precision", help="which of the model's files: int8, float16, float32")


def run(args: argparse.Namespace) -> int:
    """Print the entry and write it; 1 with a sentence on standard error for bad input."""
    return exit_code_of(_calibrate, args)


def _calibrate(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from inference.runtime.card import write_card
    from inference.runtime.registry import WEIGHTS_FOLDER, find_card, load_model
    from inference.training.evaluate.confidence import (
        FEWEST_LINES,
        calibration_pairs,
        confidence_entry,
    )
    from inference.training.evaluate.sets import find_test_sets
    from inference.training.evaluate.tables import confidence_table

    folder = args.models or WEIGHTS_FOLDER
    model = load_model(args.model, threads=args.threads, precision=args.precision, folder=folder)
    card = find_card(model.info.name, folder)
    testing = find_test_sets(args.data)
    validation = held_out_or_held_back(args, card)
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
        write_card(card.folder, {**card.details, "confidence_calibration": entry})
