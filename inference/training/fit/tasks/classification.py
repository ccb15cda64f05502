"""The classification task: samples, loss and figures of networks that name a class.

Two kinds of entries teach it. A labelled picture is one patch as a whole. A picture with a mask is
cut: its crops are crack or no crack by what the mask holds, and networks that classify cells (see
``inference.networks.mobilenet_cells``) learn every cell of the crop at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.imaging.retinex import even_out_picture
from inference.training.data.augment import augment
from inference.training.data.datasets import Entry, Labelled, Pair, read_pair, read_picture
from inference.training.data.patches import (
    NO_CRACK,
    UNDECIDED,
    cell_labels,
    check_classes,
    cut_patches,
    fit_to_patch,
    mirrored_to,
)
from inference.training.evaluate.classification_metrics import classification_figures
from inference.training.fit.recipe import Recipe
from inference.training.fit.tasks import Example, Figures
from inference.types import RgbImage

CRACK_CLASSES = ("no_crack", "crack")
PATCH_PX = 128  # where a recipe does not say
CELL_PX = 32
CELLS_A_PATCH = PATCH_PX // CELL_PX
BATCH = 64

# Of the samples that are cut by a mask, this share is two crops side by side: the straight border
# between two tones, as between two formwork panels, is no crack.
SHARE_SIDE_BY_SIDE = 0.12

# A network of two classes that is right in fewer than this share of either class answers the same
# to nearly everything.
COLLAPSED_RECALL = 0.02


class Classification:
    """The task of class names; see :class:`inference.training.fit.tasks.Task`."""

    name = "classification"

    def __init__(self) -> None:
        # What validation asks for and is not told; ``settle`` comes before it.
        self._classes: tuple[str, ...] = ()
        self._patch_px = 0

    def settle(self, recipe: Recipe, training: Mapping[str, Sequence[Entry]]) -> Recipe:
        """Class names that the recipe leaves open come from the labels, the patch's side from here.

        Raises:
            ValueError: for labels that are no class of the recipe, fewer than two classes, or
                masks where the classes are not no_crack and crack.
        """
        labels = [
            e.label for entries in training.values() for e in entries if isinstance(e, Labelled)
        ]
        cut = any(isinstance(e, Pair) for entries in training.values() for e in entries)
        if not recipe.classes:
            check_classes([*labels, *(CRACK_CLASSES if cut else ())], "the training sets")
            found = set(labels) | (set(CRACK_CLASSES) if cut else set())
            first = [name for name in CRACK_CLASSES if name in found]
            recipe = replace(recipe, classes=(*first, *sorted(found - set(first))))
        unknown = sorted(set(labels) - set(recipe.classes))
        if unknown:
            raise ValueError(
                f"There are pictures of the class {unknown[0]!r}, which is none of the recipe's "
                f"({', '.join(recipe.classes)}). Rename them, or add it to `classes`."
            )
        if not cut:
            check_classes(labels, "the training sets")
        elif recipe.classes != CRACK_CLASSES:
            raise ValueError(
                "Pictures with masks can only teach the classes no_crack and crack. Leave those "
                'sets away, or write classes = ["no_crack", "crack"].'
            )
        recipe = replace(recipe, patch_px=recipe.patch_px or PATCH_PX)
        self._classes, self._patch_px = recipe.classes, recipe.patch_px
        return recipe

    def pick(self, recipe: Recipe, entries: Sequence[Entry], rng: np.random.Generator) -> Entry:
        """Labelled pictures: every class alike, however many it has. Pairs: any."""
        if isinstance(entries[0], Labelled):
            names = sorted({e.label for e in entries if isinstance(e, Labelled)})
            name = names[int(rng.integers(len(names)))]
            entries = [e for e in entries if isinstance(e, Labelled) and e.label == name]
        return entries[int(rng.integers(len(entries)))]

    def sample(
        self, recipe: Recipe, entry: Entry, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """A crop and what is known of it.

        Returns:
            (3, crop, crop) float in [-1, 1], and int64 (1 + cells,): the class of the crop, then
            those of its cells row by row, ``UNDECIDED`` where not known.
        """
        if isinstance(entry, Labelled):
            pixels, truth = _whole_patch(recipe, entry, rng)
        else:
            pixels, truth = _cut_by_mask(recipe, entry, rng)
        tensor = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float()
        return tensor / 127.5 - 1, torch.from_numpy(truth)

    def loss(self, outputs: Tensor | tuple[Tensor, ...], truth: Tensor, recipe: Recipe) -> Tensor:
        """Cross-entropy of the crop's class, plus that of its cells where the network has some.

        Cells count one by one and pooled to patches, because a network that does not know in
        which of two cells a crack lies may still know that it is there. Other auxiliary outputs,
        (N, classes), count for the class of the crop again.
        """
        main, *auxiliary = (outputs,) if isinstance(outputs, Tensor) else outputs
        total = _cross_entropy(main.float(), truth[:, 0])
        for output in auxiliary:
            if output.ndim == 4:
                side = output.shape[2]
                cells = truth[:, 1:].reshape(-1, side, side)
                extra = _cross_entropy(output.float(), cells)
                extra = extra + _cross_entropy(*_pooled_to_patches(output.float(), cells))
            else:
                extra = _cross_entropy(output.float(), truth[:, 0])
            total = total + recipe.loss.auxiliary * extra
        return total

    @torch.no_grad()
    def validate(
        self,
        network: nn.Module,
        validation: Mapping[str, Sequence[Entry]],
        device: torch.device,
        limit: int,
    ) -> dict[str, dict[str, float]]:
        """Accuracy, balanced accuracy, F1 and AUPRC of patches at 0.5, quickly."""
        figures = {}
        for name, entries in validation.items():
            some = entries[:: -(-len(entries) // limit)] if entries else ()
            patches, labels = labelled_patches(some, self._classes, self._patch_px)
            if not len(labels):
                continue
            probabilities = predict(network, patches, device)
            report = classification_figures(probabilities, labels, self._classes)
            kept = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auprc")
            figures[name] = {
                **{k: report[k] for k in kept if report[k] is not None},
                "lowest_recall": min(
                    e["recall"] for e in report["per_class"].values() if e["recall"] is not None
                ),
                "n_classes": float(len(np.unique(labels))),
                "score": report["balanced_accuracy"],
            }
        return figures

    def in_words(self, figures: Mapping[str, Figures]) -> str:
        """Accuracy per set."""
        return "accuracy at 0.5: " + "  ".join(
            f"{name} {entry['accuracy']:.3f}" for name, entry in figures.items()
        )

    def has_collapsed(self, figures: Mapping[str, Figures]) -> str | None:
        """Told by a class that is never recognised, in every set that has more than one."""
        mixed = [entry for entry in figures.values() if entry["n_classes"] > 1]
        if not mixed or max(entry["lowest_recall"] for entry in mixed) >= COLLAPSED_RECALL:
            return None
        return (
            "The network has collapsed: one of the classes is never recognised. Stop, lower the "
            "learning rates, or give the sets with that class more weight."
        )

    @torch.no_grad()
    def examples(
        self,
        network: nn.Module,
        validation: Mapping[str, Sequence[Entry]],
        device: torch.device,
        count: int,
    ) -> list[Example]:
        """Validation patches with their class and what the network takes them for."""
        found: list[Example] = []
        sets = {name: entries for name, entries in validation.items() if entries}
        each = -(-count // len(sets)) if sets else 0
        for name, entries in sets.items():
            step = max(1, len(entries) // each)
            for entry in entries[::step][:each]:
                patches, labels = labelled_patches([entry], self._classes, self._patch_px)
                if not len(labels):
                    continue
                shown = int(np.argmax(labels))  # a crack patch where there is one
                probability = predict(network, patches[shown : shown + 1], device)[0]
                best = int(probability.argmax())
                found.append(
                    Example(
                        title=f"{name}/{entry.image.name}",
                        pixels=patches[shown],
                        truth=self._classes[int(labels[shown])],
                        predicted=f"{self._classes[best]} {probability[best]:.2f}",
                        note="" if best == labels[shown] else "wrong",
                    )
                )
        return found[:count]


TASK = Classification()


def labelled_patches(
    entries: Sequence[Entry], classes: Sequence[str], patch_px: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Every decided patch of some entries, as the product would see it.

    Pictures are evened by Retinex as a whole before they are cut. A labelled picture is one patch.

    Returns:
        (N, patch_px, patch_px, 3) uint8 RGB and (N,) class indices.
    """
    patches: list[RgbImage] = []
    labels: list[int] = []
    for entry in entries:
        if isinstance(entry, Labelled):
            patches.append(fit_to_patch(even_out_picture(read_picture(entry.image)), patch_px))
            labels.append(classes.index(entry.label))
            continue
        pixels, mask = read_pair(entry)
        for patch in cut_patches(even_out_picture(pixels), mask, patch_px):
            patches.append(patch.pixels)
            labels.append(patch.label)
    stacked = np.stack(patches) if patches else np.zeros((0, patch_px, patch_px, 3), np.uint8)
    return stacked, np.array(labels, np.int64)


@torch.no_grad()
def predict(
    network: nn.Module, patches: npt.NDArray[np.uint8], device: torch.device
) -> npt.NDArray[np.float32]:
    """(N, H, W, 3) uint8 RGB -> (N, classes) probabilities; puts the network into evaluation."""
    network.eval()
    found = []
    for first in range(0, len(patches), BATCH):
        batch = torch.from_numpy(patches[first : first + BATCH]).to(device)
        logits = network(batch.permute(0, 3, 1, 2).float() / 127.5 - 1)
        found.append(torch.softmax(logits.float(), dim=1).cpu().numpy())
    return np.concatenate(found)


def _whole_patch(
    recipe: Recipe, entry: Labelled, rng: np.random.Generator
) -> tuple[RgbImage, npt.NDArray[np.int64]]:
    """A labelled picture at the patch's size, mirrored until it fills the crop."""
    crop_px = recipe.optimisation.crop_px
    pixels = fit_to_patch(read_picture(entry.image), recipe.patch_px)
    pixels = mirrored_to(pixels, crop_px)
    as_it_is = replace(recipe.augmentation, scale_range=(1.0, 1.0), groove=0.0, sign=0.0)
    nothing = np.zeros(pixels.shape[:2], np.uint8)
    pixels, _ = augment(pixels, nothing, crop_px, as_it_is, rng)
    label = recipe.classes.index(entry.label)
    # Where nothing is seen, nothing is seen in any cell; of the rest nobody says in which.
    cells = np.full((crop_px // CELL_PX) ** 2, NO_CRACK if label == 0 else UNDECIDED, np.int64)
    return pixels, np.concatenate([[label], cells])


def _cut_by_mask(
    recipe: Recipe, entry: Pair, rng: np.random.Generator
) -> tuple[RgbImage, npt.NDArray[np.int64]]:
    """A crop of a picture with a mask, sometimes two of them side by side."""
    crop_px = recipe.optimisation.crop_px
    whole, whole_mask = read_pair(entry)
    pixels, mask = augment(whole, whole_mask, crop_px, recipe.augmentation, rng)
    if rng.random() < SHARE_SIDE_BY_SIDE:
        other, other_mask = augment(whole, whole_mask, crop_px, recipe.augmentation, rng)
        border = int(rng.integers(crop_px // 8, crop_px * 7 // 8))
        beyond = np.s_[:, border:] if rng.random() < 0.5 else np.s_[border:]
        pixels[beyond], mask[beyond] = other[beyond], other_mask[beyond]
    cells = cell_labels(mask, CELL_PX).reshape(-1)
    # The crop is crack if one of its cells is, clean if all are.
    label = cells.max() if cells.max() > NO_CRACK else cells.min()
    return pixels, np.concatenate([[label], cells])


def _pooled_to_patches(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Cells as patches: a patch holds what its most certain cell holds.

    Its label is the highest of its cells; undecided, unless a cell is above the first class, where
    one cell is.
    """
    side = min(CELLS_A_PATCH, labels.shape[1])
    pooled = functional.max_pool2d(logits, side)
    highest, lowest = (
        functional.max_pool2d(sign * labels[:, None].float(), side)[:, 0].long() * sign
        for sign in (1, -1)
    )
    return pooled, torch.where(highest > NO_CRACK, highest, lowest)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over what is decided; 0 where nothing is."""
    if not bool((labels != UNDECIDED).any()):
        return logits.sum() * 0
    return functional.cross_entropy(logits, labels, ignore_index=UNDECIDED)
