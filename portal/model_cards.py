"""Reads the cards of the shipped networks from their JSON files.

The site never imports the instrument; a card is a file beside the weights. A card that is missing
an entry, or is no JSON, becomes a sentence, and the other models are shown all the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CARD_NAME = "card.json"
LARGEST_CARD = 4 * 2**20

# Precisions that are shipped; what else a card has was measured to compare.
SHIPPED = ("int8", "float16")

GROUPS: dict[str, Promise] = {
    "concrete": gettext_lazy("Concrete"),
    "other walls": gettext_lazy("Masonry and facades"),
    "roads": gettext_lazy("Roads"),
    "own": gettext_lazy("Own pictures"),
    "rendered": gettext_lazy("Rendered pictures"),
    "labelled": gettext_lazy("Labelled patches"),
}
# Cards of the first format say no groups.
GROUP_OF = {
    "deepcrack_256": "concrete",
    "rissbilder_walls": "concrete",
    "concrete_wall_photos": "concrete",
    "noncrack_walls": "concrete",
    "masonry": "other walls",
    "facade_tile_photos": "other walls",
    "sut_crack": "roads",
    "crack500_360": "roads",
    "cfd": "roads",
    "crackmap": "roads",
    "uav_crackx": "roads",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A share between 0 and 1 and its 95 % interval; ``None`` where the card says none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SetRow:
    """One test set.

    Attributes:
        n: pictures, or patches of a classifier.
        main: F1 of a segmentation network, accuracy of a classifier; without cracks in the set
            ``main.value`` is None.
        beside: F1 of the same network in float, where it was measured.
        n_clean, n_marked: crack-free pictures, and how many have more than 0.1 % marked.
        mask_offset_px: how far the set's masks lie (right, down) of their cracks; F1 there is
            ``f1_at_mask_offset``. None where they fit, or nobody looked.
    """

    name: str
    n: int
    main: Figure
    precision: float | None
    recall: float | None
    f1: float | None
    beside: float | None
    n_clean: int
    n_marked: int
    mask_offset_px: tuple[int, int] | None = None
    f1_at_mask_offset: float | None = None

    @property
    def name_parts(self) -> list[str]:
        """The name, cut where a narrow column may break it."""
        first, *others = self.name.split("_")
        return [first, *(f"_{each}" for each in others)]


@dataclass(frozen=True, slots=True)
class SetGroup:
    """Test sets of one kind of surface."""

    title: str
    rows: list[SetRow]


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds that one tile or patch takes."""

    precision: str
    ms: float
    threads: int
    processor: str


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the confidence of traced cracks can be trusted, on concrete test pictures."""

    error: float
    n: int


@dataclass(frozen=True, slots=True)
class Screening:
    """The tiles that a screening network skips and the crack length that it loses, on mosaics."""

    skipped_percent: float
    lost_percent: float
    n_tiles: int
    n_mosaics: int


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """A card for people. ``card`` is all of it."""

    name: str
    title: str
    task: str
    terms: str
    date: str
    commit: str
    commit_note: str
    examined_on: str  # the day of the figures, where they are younger than the weights
    examined_by: str  # the commit of the code that they are of
    examined_sets: list[str]  # where it was some sets alone; empty = all
    threshold: float
    family: str
    parameters: int
    macs: int
    scales: list[float]
    input_px: int
    classes: list[str]
    files: Sequence[Mapping[str, Any]]
    size_bytes: int
    groups: list[SetGroup]
    falls_short: list[str]
    only_rendered: list[str]
    compared_with: str
    compared: list[tuple[str, float]]
    trained_on: list[Mapping[str, Any]]
    backbone: str
    split: str
    convention: str
    quantisation: str
    speed: list[Speed]
    trust: Trust | None
    patches: list[SetGroup]  # of a network that draws masks, asked of patches
    screening: Screening | None
    kinds: list[tuple[str, int, int, bool]]
    card: Mapping[str, Any]

    @property
    def sorts(self) -> bool:
        """Whether it names classes of patches rather than drawing masks."""
        return self.task == "classification"

    @property
    def does(self) -> str:
        """The task in words."""
        return {
            "segmentation": _("marks which pixels are crack"),
            "classification": _("says what a patch shows"),
            "detection": _("finds where defects are"),
        }.get(self.task, self.task)

    @property
    def beside_name(self) -> str:
        """The precision that was measured to compare, if any."""
        found = [each.precision for each in self.speed if each.precision not in SHIPPED]
        return found[0] if found else "float32"

    @property
    def has_beside(self) -> bool:
        """Whether any set has a figure to compare."""
        return any(row.beside is not None for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True)
class BrokenModel:
    """A model whose card cannot be shown, and why."""

    name: str
    sentence: str


def list_models(folder: Path | None = None) -> list[ShippedModel | BrokenModel]:
    """Every model of the folder, by name; a folder that is not there has none."""
    root = Path(settings.MODELS_FOLDER) if folder is None else folder
    try:
        folders = sorted(each for each in root.iterdir() if each.is_dir())
    except OSError:
        return []
    return [_model(each) for each in folders if not each.name.startswith((".", "_"))]


def _model(folder: Path) -> ShippedModel | BrokenModel:
    remedy = _("Restore inference/weights from the release.")
    path = folder / CARD_NAME
    try:
        if path.stat().st_size > LARGEST_CARD:
            raise ValueError("too large")
        card = json.loads(path.read_text(encoding="utf-8"))
        return _read(card)
    except FileNotFoundError:
        sentence = _("This folder of weights has no card.json, so the model is not used.")
    except OSError as error:
        sentence = _("Its card cannot be read: %(why)s.") % {"why": error.strerror or error}
    except (ValueError, RecursionError):
        sentence = _("Its card.json is damaged: it is not valid.")
    except (KeyError, TypeError, AttributeError):
        sentence = _("Its card.json lacks an entry, so nothing can be said about the model.")
    return BrokenModel(folder.name, f"{sentence} {remedy}")


def _read(card: Mapping[str, Any]) -> ShippedModel:
    architecture, sizes = card["architecture"], card["input"]
    compared = card.get("compared_with") or {}
    differences = compared.get("f1_difference") or compared.get("f1_int8_difference") or {}
    files: list[dict[str, Any]] = [
        {
            "file": str(each["file"]),
            "precision": str(each["precision"]),
            "size_bytes": int(each["size_bytes"]),
            "sha256": str(each["sha256"]),
        }
        for each in card["files"]
    ]
    return ShippedModel(
        name=str(card["name"]),
        title=_(str(card["title"])),
        task=str(card["task"]),
        terms=_(str(card["terms"])),
        date=str(card.get("date") or ""),
        commit=str(card.get("commit") or ""),
        commit_note=str(card.get("commit_note") or ""),
        examined_on=str((card.get("examined") or {}).get("date") or ""),
        examined_by=str((card.get("examined") or {}).get("commit") or ""),
        examined_sets=_examined_alone(card),
        threshold=_number(card["threshold"]),
        family=str(architecture.get("title") or architecture["family"]),
        parameters=int(architecture.get("parameters") or 0),
        macs=int(
            architecture.get("macs_per_input") or architecture.get("macs_per_512px_tile") or 0
        ),
        scales=[float(s) for s in (architecture.get("options") or {}).get("scales", [])],
        input_px=int(sizes.get("tile_px") or sizes.get("patch_px") or 0),
        classes=[str(each) for each in card.get("classes", [])],
        files=files,
        size_bytes=sum(each["size_bytes"] for each in files),
        groups=_groups(card.get("metrics") or {}, card["task"] == "classification"),
        falls_short=[str(each) for each in card.get("falls_short") or []],
        only_rendered=[str(each) for each in card.get("only_rendered") or []],
        compared_with=str(compared.get("model") or ""),
        compared=[(str(name), _number(value)) for name, value in differences.items()],
        trained_on=[dict(each) for each in card.get("trained_on") or []],
        backbone=str(card.get("backbone") or ""),
        split=str(card.get("split") or ""),
        convention=str(card.get("metrics_convention") or ""),
        quantisation=str((card.get("quantisation") or {}).get("scheme") or ""),
        speed=[
            Speed(str(name), _number(each["ms"]), int(each["threads"]), str(each["processor"]))
            for name, each in (card.get("speed") or {}).items()
        ],
        trust=_trust(card.get("confidence_calibration")),
        patches=_patches((card.get("patches") or {}).get("metrics") or {}),
        screening=_screening((card.get("screening") or {}).get("all")),
        kinds=_kinds(card),
        card=card,
    )


def _examined_alone(card: Mapping[str, Any]) -> list[str]:
    """The sets whose figures are younger than the weights, where the others' are not."""
    examined = {str(each) for each in (card.get("examined") or {}).get("sets") or []}
    return sorted(examined) if examined < set(card.get("metrics") or {}) else []


def _groups(metrics: Mapping[str, Any], sorts: bool) -> list[SetGroup]:
    rows: dict[str, list[SetRow]] = {}
    for name, entry in metrics.items():
        shipped = next((each for each in SHIPPED if each in entry), None)
        if shipped is None:
            raise KeyError(name)
        group = str(entry.get("group") or GROUP_OF.get(name, "own"))
        rows.setdefault(group, []).append(_row(name, entry, shipped, sorts))
    order = [*GROUPS, *(each for each in rows if each not in GROUPS)]
    return [SetGroup(str(GROUPS.get(each, each)), rows[each]) for each in order if rows.get(each)]


def _row(name: str, entry: Mapping[str, Any], shipped: str, sorts: bool) -> SetRow:
    figures, main = entry[shipped], "accuracy" if sorts else "f1"
    beside: Mapping[str, Any] = entry.get("float32", {})
    low, high = (figures.get("intervals") or {}).get(main) or (None, None)
    right, down = (int(each) for each in figures.get("mask_offset_px") or (0, 0))
    displaced = (right, down) != (0, 0)
    return SetRow(
        name=name,
        n=int(figures.get("n_patches" if sorts else "n_images") or 0),
        main=Figure(_maybe(figures.get(main)), _maybe(low), _maybe(high)),
        precision=_maybe(figures.get("precision")),
        recall=_maybe(figures.get("recall")),
        f1=_maybe(figures.get("f1")),
        beside=_maybe(beside.get(main)),
        n_clean=int(figures.get("n_clean_images") or 0),
        n_marked=int(figures.get("n_clean_images_over_0_1_percent") or 0),
        mask_offset_px=(right, down) if displaced else None,
        f1_at_mask_offset=_maybe(figures.get("f1_at_mask_offset")) if displaced else None,
    )


def _patches(reports: Mapping[str, Any]) -> list[SetGroup]:
    """Accuracy by set, as of a classifier."""
    return _groups(
        {name: {SHIPPED[0]: each, "group": each["group"]} for name, each in reports.items()}, True
    )


def _trust(entry: Mapping[str, Any] | None) -> Trust | None:
    concrete = ((entry or {}).get("test") or {}).get("concrete") or {}
    error = _maybe(concrete.get("ece"))
    return None if error is None else Trust(error, int(concrete["n_lines"]))


def _screening(entry: Mapping[str, Any] | None) -> Screening | None:
    if entry is None:
        return None
    return Screening(
        skipped_percent=100 * _number(entry["clean_tiles_skipped_share"]),
        lost_percent=100 * _number(entry["crack_length_lost_share"]),
        n_tiles=int(entry["n_clean_tiles"]),
        n_mosaics=int(entry["n_mosaics"]),
    )


def _kinds(card: Mapping[str, Any]) -> list[tuple[str, int, int, bool]]:
    """(kind, pictures, pictures over 0.1 %, rendered), photographs first."""
    found = []
    for key, rendered in (("false_alarms_by_kind", False), ("rendered_false_alarms_by_kind", True)):
        for kind, each in (card.get(key) or {}).items():
            over = int(each["n_images_over_0_1_percent"])
            found.append((str(kind), int(each["n_images"]), over, rendered))
    return found


def _number(value: Any) -> float:
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(f"{value!r} is no number")
    return found


def _maybe(value: Any) -> float | None:
    return None if value is None else _number(value)
