"""``python -m inference evaluate``: every usual metric of a model on pictures and masks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HELP = "measure a model on pictures with masks; prints one JSON object"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument(
        "--masks", type=Path, required=True, help="folder of masks with the pictures' stems"
    )
    parser.add_argument("--model", help="name of the model (default: the default model)")
    parser.add_argument(
        "--precision", choices=("int8", "float32"), help="which of the model's files"
    )
    parser.add_argument("--threshold", type=float, help="instead of the model's own")
    parser.add_argument(
        "--no-retinex",
        action="store_true",
        help="feed the untouched pixels, to see what the Retinex brings",
    )
    parser.add_argument("--threads", type=int, help="processor threads")


def run(args: argparse.Namespace) -> int:
    """Print the metrics; 1 with a sentence on standard error for bad input."""
    from tqdm import tqdm

    from inference.runtime.card import ModelError
    from inference.runtime.registry import load_model
    from inference.training.datasets import pair_by_stem
    from inference.training.evaluation import report, score_pairs

    try:
        pairs = pair_by_stem(args.images, args.masks)
        model = load_model(args.model, threads=args.threads, precision=args.precision)
        threshold = model.info.threshold if args.threshold is None else args.threshold
        with tqdm(total=len(pairs), unit="picture", disable=not sys.stderr.isatty()) as bar:
            scores = score_pairs(
                model,
                pairs,
                threshold=threshold,
                retinex=not args.no_retinex,
                on_picture=lambda _: bar.update(),
            )
    except (ValueError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(report(model, scores, threshold)))
    return 0
