"""``python -m inference models``: what is shipped, how good, and under which terms."""

from __future__ import annotations

import argparse
import json
import sys

HELP = "list the models with their terms and figures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--json", action="store_true", help="print the whole cards as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the models; 1 with a sentence if a card is broken."""
    from inference.runtime.card import ModelError
    from inference.runtime.registry import DEFAULT_MODEL, list_models

    try:
        cards = list_models()
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps([card.details for card in cards], indent=1, ensure_ascii=False))
        return 0
    for card in cards:
        details = card.details
        architecture = details["architecture"]
        default = " (default)" if card.name == DEFAULT_MODEL else ""
        print(f"{card.name}{default}: {card.title}")
        print(f"  {card.terms}")
        print(
            f"  {architecture['family']}, {architecture['parameters'] / 1e6:.2f} M parameters, "
            f"{architecture['macs_per_512px_tile'] / 1e9:.2f} GMAC a 512-px tile, "
            f"threshold {card.threshold:g}, {details['date']}"
        )
        for file in card.files:
            size = file.size_bytes / 2**20
            print(f"  {file.name}: {file.precision}, {size:.1f} MiB, {file.sha256[:12]}…")
        print("  F1 on the test parts, exact pixels (int8 | float32), n pictures:")
        for name, entry in details["metrics"].items():
            print(f"    {name:24s}{_figures(entry)}")
        print()
    return 0


def _figures(entry: dict[str, dict[str, float | None]]) -> str:
    parts = []
    for precision in ("int8", "float32"):
        f1 = entry[precision]["f1"]
        false_px = entry[precision]["false_positive_px_per_megapixel"]
        parts.append(f"{f1:.3f}" if f1 is not None else f"{false_px:.0f} false px per megapixel")
    return f"{' | '.join(parts)}   n = {entry['int8']['n_images']}"
