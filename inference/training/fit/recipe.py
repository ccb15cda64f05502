"""A recipe: everything that decides what comes out of a training, as one small TOML file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

PRECISIONS = ("bf16", "fp16", "fp32")


@dataclass(frozen=True, slots=True)
class DataSet:
    """One folder of pictures and what is known of them: masks, outlines, class names.

    Attributes:
        weight: share of the training samples drawn from it, relative to the other sets.
        path: the folder, relative to the data folder or absolute; ``segmentation/NAME`` or
            ``classification/NAME`` by the recipe's task for None.
        layout: how the folder is laid out, see ``inference.training.data.layouts``; None recognises
            it by its files.
        classes: names that count as crack, where the layout has several.
        on_duplicates: what happens to training pictures that repeat a picture on the other side
            of the split: ``leave_out`` or ``refuse`` (the training does not begin).
        kind: ``concrete`` (decides the threshold), ``clean`` (no cracks at all), ``other``;
            ``surface_kinds`` of a rendered set: so many labelled pictures of each kind of
            ``inference.render.surface_kinds``.
        source_pattern: regular expression whose match names the source photograph of a
            file's stem; pictures of one source stay on one side of every split.
        terms: one phrase for the card.
        mask_offset_px: how far the set's masks lie (right, down) of their pictures, as
            ``inference.training.data.mask_offset`` finds it; training moves them back.
        rendered: number of pictures that our own renderer makes for it, of kind ``clean``
            without cracks; 0 = the set is read from the data folder.
        first_seed: seed of the first rendered picture; sets must not overlap.
    """

    name: str
    weight: float
    kind: str = "other"
    source_pattern: str = ".*"
    terms: str = "none stated"
    rendered: int = 0
    first_seed: int = 0
    path: str | None = None
    layout: str | None = None
    classes: tuple[str, ...] = ()
    on_duplicates: str = "leave_out"
    mask_offset_px: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if self.on_duplicates not in {"leave_out", "refuse"}:
            raise ValueError(
                f"[sets.{self.name}] on_duplicates must be leave_out or refuse, "
                f"not {self.on_duplicates!r}."
            )
        if self.kind not in {"concrete", "clean", "other", "surface_kinds"}:
            raise ValueError(
                f"[sets.{self.name}] kind must be concrete, clean, other or surface_kinds."
            )
        if self.kind == "surface_kinds" and not self.rendered:
            raise ValueError(f"[sets.{self.name}] surface_kinds are rendered: say how many.")
        if self.weight <= 0:
            raise ValueError(f"[sets.{self.name}] weight must be above 0.")
        if len(self.mask_offset_px) != 2 or any(
            not isinstance(each, int) for each in self.mask_offset_px
        ):
            raise ValueError(
                f"[sets.{self.name}] mask_offset_px must be two whole numbers, [right, down]."
            )


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How long, how fast, how many at once.

    The learning rate follows a cosine over the budget. ``minutes`` counts training time over
    all resumed parts, ``steps`` optimiser steps; whichever ends first. Only a budget of steps
    (``minutes = inf``) gives the same weights again, because no two minutes hold the same
    number of steps.

    Attributes:
        batch: pictures a step, over all GPUs together.
        patience: stop after so many validations without a better score, and keep the best
            weights; 0 trains to the end and keeps the last.
        validate_every_steps: 0 validates by the clock (``FitSettings.validate_every_s``).
        precision: of the forward pass: ``bf16``, ``fp16`` (GPU only, with a scaled loss) or
            ``fp32``.
        freeze_norms: leave the batch norms' statistics as they are: for few pictures a step, or
            a network that sees its picture at several sizes.
    """

    minutes: float = 30.0
    steps: int = 1_000_000
    batch: int = 12
    crop_px: int = 288
    rate_encoder: float = 6e-4
    rate_decoder: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 150
    ema_decay: float = 0.998
    precision: str = "bf16"
    freeze_norms: bool = False
    patience: int = 0
    validate_every_steps: int = 0

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(
                f"[optimisation] precision must be {', '.join(PRECISIONS)}, not {self.precision!r}"
            )
        for entry in ("batch", "steps", "crop_px", "minutes"):
            if getattr(self, entry) <= 0:
                raise ValueError(f"[optimisation] {entry} must be above 0")


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Parts of the summed loss; see ``inference.training.fit.losses``.

    Attributes:
        bce_pos_weight: how much a crack pixel counts against a plain one in the cross-entropy;
            ``"data"`` takes plain to crack pixels of the training masks.
        tversky_alpha: weight of false positives; false negatives get 1 - alpha.
        focal_alpha: weight of crack pixels in the focal loss; plain ones get 1 - alpha.
        cldice_iterations: half the width, in pixels, of the widest crack that still thins to a
            line.
        auxiliary: of each auxiliary output of a network (deep supervision).
    """

    bce: float = 1.0
    dice: float = 1.0
    tversky: float = 0.0
    tversky_alpha: float = 0.5
    bce_pos_weight: float | str = 1.0
    focal: float = 0.0
    focal_gamma: float = 2.0
    focal_alpha: float = 0.25
    cldice: float = 0.0
    cldice_iterations: int = 8
    auxiliary: float = 0.4

    def __post_init__(self) -> None:
        weight = self.bce_pos_weight
        if weight != "data" and (isinstance(weight, str) or weight <= 0):
            raise ValueError('[loss] bce_pos_weight must be a number above 0, or "data"')
        if not 0 <= self.tversky_alpha <= 1 or not 0 <= self.focal_alpha <= 1:
            raise ValueError("[loss] tversky_alpha and focal_alpha must lie between 0 and 1")
        if min(self.bce, self.dice, self.tversky, self.focal, self.cldice, self.auxiliary) < 0:
            raise ValueError("[loss] no weight may be negative")


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Probabilities of each change, and the range of sizes; see ``training.data.augment``."""

    scale_range: tuple[float, float] = (0.5, 2.0)
    retinex: float = 0.6
    shadow: float = 0.25
    rotate: float = 0.25
    light: float = 0.8
    colour: float = 0.5
    channel_order: float = 0.15
    grey: float = 0.1
    blur: float = 0.25
    noise: float = 0.3
    jpeg: float = 0.3
    groove: float = 0.1
    sign: float = 0.06
    noon: float = 0.0
    dusk: float = 0.0
    wet: float = 0.0
    stain: float = 0.0
    graffiti: float = 0.0
    cable: float = 0.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "scale_range" and not 0 <= value <= 1:
                raise ValueError(f"[augmentation] {each.name} is a probability, from 0 to 1")
        if self.noon + self.dusk > 1:
            raise ValueError("[augmentation] noon and dusk exclude each other: together at most 1")
        if not 0 < self.scale_range[0] <= self.scale_range[1]:
            raise ValueError("[augmentation] scale_range must be two sizes, the smaller first")


@dataclass(frozen=True, slots=True)
class Quantisation:
    """Static int8: how many pictures calibrate it, and how much F1 it may cost.

    Attributes:
        qat_steps: quantisation-aware training from the float weights; 0 = none, as in every recipe
            of ours: an experiment that gained nothing so far. What it gives is shipped only where
            int8 gains by it on validation pictures.
        qat_rate: its highest learning rate.
    """

    calibration_tiles: int = 64
    f1_loss_allowed: float = 0.01
    qat_steps: int = 0
    qat_rate: float = 2e-5

    def __post_init__(self) -> None:
        if self.calibration_tiles < 1:
            raise ValueError("[quantisation] calibration_tiles must be 1 or more")
        if self.qat_steps < 0 or self.qat_rate <= 0:
            raise ValueError("[quantisation] qat_steps and qat_rate cannot be negative")


@dataclass(frozen=True, slots=True)
class Shipping:
    """Which files a model is shipped as.

    Attributes:
        precision: ``int8``, or ``float16`` (stored so, computed in float32 on a processor).
        torch_weights: also ``weights.safetensors``, for the GPU and for fine-tuning; always
            with ``float16``, whose ONNX file reads its tensors from it.
        tile_px: side of a segmentation network's tiles.
        recall: of a classifier of two classes: the threshold is the highest that finds this share
            of the validation patches of the second class; 0 = the threshold of the best F1.
        mosaics: of a classifier that screens photos: its threshold is chosen on so many mosaics of
            12 megapixels, and it is tested on as many; 0 = it screens none.
        rendered_walls: rendered crack-free walls of each kind that a segmentation network is
            tested on beside the photographs.
    """

    precision: str = "int8"
    torch_weights: bool = True
    tile_px: int = 512
    recall: float = 0.0
    mosaics: int = 0
    rendered_walls: int = 8

    def __post_init__(self) -> None:
        if self.precision not in ("int8", "float16"):
            raise ValueError(f"[shipping] precision must be int8 or float16, not {self.precision}")
        if self.tile_px < 224 or self.tile_px % 32:  # tiles overlap by 96 px
            raise ValueError("[shipping] tile_px must be a multiple of 32, at least 224")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training. See ``inference/training/recipes/``.

    Attributes:
        classes: of a classification, in the order of the network's outputs.
        patch_px: side of a classification's patches; 0 = the task's own.
        backbone: file of the pretrained part's weights, below the data folder or absolute.
        start: file of the whole network's weights instead, to learn on from.
    """

    name: str
    task: str
    family: str
    terms: str
    sets: tuple[DataSet, ...]
    description: str = ""
    note: str = ""  # about the training of the shipped weights, for the card
    seed: int = 0
    classes: tuple[str, ...] = ()
    patch_px: int = 0
    network: Mapping[str, Any] = field(default_factory=dict)
    backbone: str | None = None
    start: str | None = None
    backbone_terms: str = ""
    compared_with: str | None = None  # a model whose card this one is set beside
    validation_share: float = 0.1
    optimisation: Optimisation = Optimisation()
    loss: LossWeights = LossWeights()
    augmentation: Augmentation = Augmentation()
    quantisation: Quantisation = Quantisation()
    shipping: Shipping = Shipping()
    only_rendered: tuple[str, ...] = ()  # things that the training showed in renderings only

    @property
    def network_options(self) -> dict[str, Any]:
        """What ``build_network`` gets beside the family's name."""
        options = dict(self.network)
        if self.classes:
            options["classes"] = len(self.classes)
        return options


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises:
        ValueError: naming the file and the entry that is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"There is no recipe {path}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not valid TOML ({error}).") from error
    return recipe_of(table, str(path))


def recipe_of(table: Mapping[str, Any], source: str) -> Recipe:
    """A recipe from plain values: of a TOML file, or of ``dataclasses.asdict``.

    Args:
        source: what an error begins with.

    Raises:
        ValueError: naming the entry that is wrong.
    """
    try:
        table = _translated(dict(table))
        sets = tuple(_fill(DataSet, entry) for entry in _listed(table.pop("sets", {})))
        if not sets:
            raise ValueError("there is no [sets.NAME] table, so there is nothing to train on")
        parts = {
            name: _fill(kind, entry)
            for name, kind in _PARTS.items()
            if (entry := table.pop(name, None)) is not None
        }
        return _fill(Recipe, {**table, **parts, "sets": sets})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{source}: {error}.") from error


def with_budget(
    recipe: Recipe, *, minutes: float | None = None, steps: int | None = None
) -> Recipe:
    """The same recipe with another budget; None keeps the recipe's.

    Steps alone are exactly so many, whatever the time.
    """
    budget = recipe.optimisation
    if minutes is not None:
        budget = replace(budget, minutes=minutes)
    if steps is not None:
        budget = replace(budget, steps=steps, minutes=math.inf if minutes is None else minutes)
    return replace(recipe, optimisation=budget)


def _translated(table: dict[str, Any]) -> dict[str, Any]:
    """Entries of earlier recipes under their present names."""
    optimisation = dict(table.get("optimisation", {}))
    if "bf16" in optimisation:
        optimisation["precision"] = "bf16" if optimisation.pop("bf16") else "fp32"
        table["optimisation"] = optimisation
    if table.get("teacher", True) is None:  # a checkpoint of before says so of none
        del table["teacher"]
    return table


def _listed(sets: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Tables by name, as TOML has them, or a list of tables that hold their names."""
    if isinstance(sets, Mapping):
        return [{"name": name, **entry} for name, entry in sets.items()]
    return list(sets)


_PARTS: Mapping[str, type] = {
    "optimisation": Optimisation,
    "loss": LossWeights,
    "augmentation": Augmentation,
    "quantisation": Quantisation,
    "shipping": Shipping,
}


def _fill(kind: type, entries: Mapping[str, Any]) -> Any:
    known = {each.name for each in fields(kind)}
    unknown = sorted(set(entries) - known)
    if unknown:
        raise ValueError(
            f"unknown entry {', '.join(unknown)}; known here: {', '.join(sorted(known))}"
        )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in entries.items()})
