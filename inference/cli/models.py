"""``python -m inference models``: lists shipped models and families of networks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inference.runtime.card import ModelCard
    from inference.training.ship.operations import Operations

HELP = "List the models with their terms and figures, and the families that can be trained."
TILE_PX = 512
# Of a card's entry the first that has a value is shown: name, format.
FIGURES = (
    ("f1", "F1 {:.3f}"),
    ("accuracy", "accuracy {:.3f}"),
    ("false_positive_px_per_megapixel", "{:.0f} false px per megapixel"),
)
COUNTS = ("n_images", "n_patches", "n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--json", action="store_true",
                        help="print whole model cards and families as JSON")  # fmt: skip
    parser.add_argument("--shipped", action="store_true",
                        help="list the shipped models only; quick, needs no torch")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Print the models; 1 with a sentence if a card is broken."""
    from inference.runtime.card import ModelError
    from inference.runtime.registry import default_model, list_models

    try:
        cards = list_models()
        default = default_model()
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    families, missing = ([], None) if args.shipped else _families(cards)
    if args.json:
        listed: dict[str, Any] = {"models": [card.details for card in cards], "default": default}
        if not args.shipped:
            listed["families"] = families
        print(json.dumps(listed, indent=1, ensure_ascii=False))
    else:
        for card in cards:
            _print_card(card, is_default=card.name == default)
        _print_families(families)
    if missing:
        print(missing, file=sys.stderr)
    return 0


def _print_card(card: ModelCard, *, is_default: bool) -> None:
    details = card.details
    print(f"{card.name}{' (default)' if is_default else ''}: {card.title}")
    print(f"  {card.terms}")
    architecture = details.get("architecture", {})
    facts = [card.task, architecture.get("family", "")]
    if "parameters" in architecture:
        facts.append(f"{architecture['parameters'] / 1e6:.2f} M parameters")
    if "macs_per_512px_tile" in architecture:
        facts.append(f"{architecture['macs_per_512px_tile'] / 1e9:.2f} GMAC a {TILE_PX}-px tile")
    facts += [f"threshold {card.threshold:g}", str(details.get("date", ""))]
    print("  " + ", ".join(fact for fact in facts if fact))
    for file in card.files:
        size = file.size_bytes / 2**20
        print(f"  {file.name}: {file.precision}, {size:.1f} MiB, {file.sha256[:12]}…")
    if details.get("metrics"):
        print("  On the test parts, at the card's threshold, n pictures or patches:")
        for name, entry in details["metrics"].items():
            print(f"    {name:24s}{_figures(entry)}")
    print()


def _figures(entry: Mapping[str, Any]) -> str:
    """``int8 F1 0.831 | float32 F1 0.833   n = 190`` of one set."""
    shown, count = [], None
    for precision, values in entry.items():
        if not isinstance(values, Mapping):
            continue
        count = count or next((values[key] for key in COUNTS if key in values), None)
        figure = next((text.format(values[key]) for key, text in FIGURES
                       if values.get(key) is not None), None)  # fmt: skip
        if figure:
            shown.append(f"{precision} {figure}")
    return " | ".join(shown) + (f"   n = {count}" if count is not None else "")


def _families(cards: Sequence[ModelCard]) -> tuple[list[dict[str, Any]], str | None]:
    """Every family with its size, and a sentence where sizes could not be counted."""
    from inference.networks.registry import FAMILIES

    count: Callable[[str, int], Operations] | None = None
    missing = None
    try:
        from inference.training.ship.operations import count_family

        count = count_family
    except ModuleNotFoundError as error:
        missing = (
            f"Parameters and operations are not counted: {error.name} is not installed. "
            "Install the training set: pip install -r requirements/all.txt."
        )
    listed = []
    for family in FAMILIES.values():
        operations = None
        try:
            operations = count(family.name, TILE_PX) if count else None
        except ValueError as error:  # a library of this one family
            missing = str(error)
        listed.append({
            "name": family.name,
            "task": family.task,
            "title": family.title,
            "source": family.source,
            "parameters": operations.parameters if operations else None,
            f"macs_per_{TILE_PX}px_tile": operations.macs_per_tile if operations else None,
            "shipped_as": [
                card.name for card in cards
                if card.details.get("architecture", {}).get("family") == family.name
            ],
        })  # fmt: skip
    return listed, missing


def _print_families(families: Sequence[Mapping[str, Any]]) -> None:
    if not families:
        return
    print("Families to train, sizes with their defaults (`train --model NAME`):")
    for task in dict.fromkeys(family["task"] for family in families):
        print(f"  {task:22s}{'parameters':>12s}{f'a {TILE_PX}-px tile':>16s}")
        for family in families:
            if family["task"] == task:
                print(f"    {family['name']:20s}{_size(family['parameters'], 1e6, 'M'):>12s}"
                      f"{_size(family[f'macs_per_{TILE_PX}px_tile'], 1e9, 'GMAC'):>16s}"
                      f"  {family['title']}{_shipped(family['shipped_as'])}")  # fmt: skip


def _size(number: int | None, unit: float, name: str) -> str:
    return "not counted" if number is None else f"{number / unit:.2f} {name}"


def _shipped(names: Sequence[str]) -> str:
    return f" (shipped as {', '.join(names)})" if names else ""
