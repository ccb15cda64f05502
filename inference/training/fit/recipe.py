"""A recipe: one small TOML file with everything that decides the result of a training."""

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
    """One set of labelled pictures: a folder with masks, outlines or class names, or renderings.

    Attributes:
        weight: share of the training samples that come from this set, relative to the other sets.
        path: the folder, absolute or relative to the data folder. None means
            ``segmentation/NAME`` or ``classification/NAME``, by the recipe's task.
        layout: name of the folder's layout, see ``inference.training.data.layouts``. None: the
            layout is recognised by the files.
        classes: class names that mean crack, if the layout has several classes.
        on_duplicates: ``leave_out`` drops training pictures that repeat a picture on the other
            side of the split; ``refuse`` does not start the training.
        kind: ``concrete`` (the threshold is chosen on these sets), ``clean`` (no cracks) or
            ``other``. For rendered sets also ``surface_kinds``: ``rendered`` labelled pictures of
            each kind of ``inference.render.surface_kinds``.
        source_pattern: regular expression. Its match in a file's stem names the source
            photograph; pictures of one source stay on one side of every split.
        terms: terms of use in one phrase, for the card.
        mask_offset_px: offset of the set's masks from their pictures, pixels (right, down), as
            ``inference.training.data.mask_offset`` finds it. Training moves the masks back.
        rendered: number of pictures that our renderer makes for this set; without cracks if
            ``kind`` is ``clean``. 0: the set is read from the data folder.
        first_seed: seed of the first rendered picture. The seeds of two sets must not overlap.
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
    """Budget, learning rates, batch size and number format of a training.

    The learning rate follows a cosine over the budget. Training ends when ``minutes`` of training
    (over all resumed parts) or ``steps`` optimiser steps are used up, whichever comes first. Only
    a budget of steps (``minutes = inf``) gives the same weights again: two runs of the same
    minutes make different numbers of steps.

    Attributes:
        batch: number of pictures in a step, over all GPUs together.
        crop_px: side of a training sample, pixels.
        patience: training stops after this many validations without a better score and keeps the
            best weights. 0: training goes on to the end and keeps the last weights.
        validate_every_steps: steps between two validations. 0: validation goes by the clock
            (``FitSettings.validate_every_s``).
        precision: number format of the forward pass: ``bf16``, ``fp16`` (GPU only, with a scaled
            loss) or ``fp32``.
        freeze_norms: do not update the statistics of the batch norms. For small batches, or for a
            network that sees its picture at several sizes.
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
    """Weights of the terms of the loss; see ``inference.training.fit.losses``.

    Attributes:
        bce_pos_weight: weight of a crack pixel in the cross-entropy; a pixel without crack has
            weight 1. ``"data"`` takes the ratio of pixels without crack to crack pixels in the
            training masks.
        tversky_alpha: weight of false positives; false negatives get 1 - alpha.
        focal_alpha: weight of crack pixels in the focal loss; all other pixels get 1 - alpha.
        cldice_iterations: half the width, in pixels, of the widest crack that clDice thins to a
            line.
        auxiliary: weight of each auxiliary output of a network (deep supervision).
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
    """Probability of each change to a training sample, and the range of scale factors.

    See ``inference.training.data.augment``.
    """

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
    """Static int8 quantisation: its calibration, and how much F1 it may cost.

    Attributes:
        calibration_tiles: number of tiles that calibrate the activations.
        f1_loss_allowed: largest loss of F1 against the float network on validation pictures.
        qat_steps: steps of quantisation-aware training from the float weights. 0 in all our
            recipes: the experiment has gained nothing so far. Its weights are shipped only if
            they make the int8 file better on validation pictures.
        qat_rate: highest learning rate of quantisation-aware training.
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
    """The files of a shipped model, and how its threshold is chosen.

    Attributes:
        precision: ``int8``, or ``float16`` (weights stored as float16, computed in float32 on a
            processor).
        torch_weights: whether ``weights.safetensors`` is written, too, for the GPU and for
            fine-tuning. ``float16`` always writes it: its ONNX file reads its tensors from there.
        tile_px: side of a segmentation network's tiles, pixels.
        recall: for a classifier of two classes: the threshold is the highest that finds this share
            of the validation patches of the second class. 0: the threshold of the best F1.
        mosaics: for a classifier that screens photos: number of mosaics of 12 megapixels on which
            its threshold is chosen, and number on which it is tested. 0: it screens no photos.
        rendered_walls: number of rendered crack-free walls of each kind on which a segmentation
            network is tested, beside photographs.
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
    """One training. Examples: ``inference/training/recipes/``.

    Attributes:
        classes: class names of a classification, in the order of the network's outputs.
        patch_px: side of a classification's patches, pixels; 0: the default of the task.
        backbone: file with the pretrained encoder's weights, absolute or below the data folder.
        start: file with the whole network's weights, from which training goes on, in place of
            ``backbone``.
    """

    name: str
    task: str
    family: str
    terms: str
    sets: tuple[DataSet, ...]
    description: str = ""
    note: str = ""  # for the card: how the shipped weights were trained
    seed: int = 0
    classes: tuple[str, ...] = ()
    patch_px: int = 0
    network: Mapping[str, Any] = field(default_factory=dict)
    backbone: str | None = None
    start: str | None = None
    backbone_terms: str = ""
    compared_with: str | None = None  # model with which the card compares this one
    validation_share: float = 0.1
    optimisation: Optimisation = Optimisation()
    loss: LossWeights = LossWeights()
    augmentation: Augmentation = Augmentation()
    quantisation: Quantisation = Quantisation()
    shipping: Shipping = Shipping()
    only_rendered: tuple[str, ...] = ()  # things that only renderings showed to the network

    @property
    def network_options(self) -> dict[str, Any]:
        """The options for ``build_network``: those of the recipe and the number of classes."""
        options = dict(self.network)
        if self.classes:
            options["classes"] = len(self.classes)
        return options


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises:
        ValueError: the recipe is missing or wrong; the message names the file and the entry.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"There is no recipe {path}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not valid TOML ({error}).") from error
    return recipe_of(table, str(path))


def recipe_of(table: Mapping[str, Any], source: str) -> Recipe:
    """Make a recipe from plain values, as a TOML file or ``dataclasses.asdict`` gives them.

    Args:
        source: name of the recipe, at the beginning of an error message.

    Raises:
        ValueError: an entry is wrong; the message names it.
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
    """Copy a recipe with another budget; None keeps the budget of the recipe.

    If only ``steps`` is given, training makes exactly this number of steps, however long it takes.
    """
    budget = recipe.optimisation
    if minutes is not None:
        budget = replace(budget, minutes=minutes)
    if steps is not None:
        budget = replace(budget, steps=steps, minutes=math.inf if minutes is None else minutes)
    return replace(recipe, optimisation=budget)


def _translated(table: dict[str, Any]) -> dict[str, Any]:
    """The table of an earlier recipe, with its entries under their present names."""
    optimisation = dict(table.get("optimisation", {}))
    if "bf16" in optimisation:
        optimisation["precision"] = "bf16" if optimisation.pop("bf16") else "fp32"
        table["optimisation"] = optimisation
    if table.get("teacher", True) is None:  # older checkpoints hold this empty entry
        del table["teacher"]
    return table


def _listed(sets: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A list of tables that hold their names, from such a list or from TOML's tables by name."""
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
