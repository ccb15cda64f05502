"""The segmentation task: samples, loss and figures of networks that draw masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from inference.imaging.retinex import even_out_picture
from inference.training.data.augment import augment
from inference.training.data.datasets import Pair, read_pair
from inference.training.fit.losses import summed_loss
from inference.training.fit.recipe import Recipe
from inference.training.fit.tasks import Example, Figures
from inference.types import RgbImage

# A network that marks less than this share of the true crack pixels after the warm-up has
# learnt to say "no crack": with 2 % of crack pixels that is 98 % right.
COLLAPSED_RECALL = 0.02

# A crack-free set of which this share of the pixels is marked scores 0.
USELESS_MARKED_SHARE = 0.01

# Masks of each set that the share of crack pixels is estimated from.
MASKS_COUNTED = 24

# Of Okabe and Ito's palette, which colour-blind people can tell apart.
HIT, MISSED, FALSE = (0, 158, 115), (230, 159, 0), (204, 60, 160)
LEGEND = "In the prediction, green is found, orange is missed, magenta is marked and no crack."


class Segmentation:
    """The task of masks; see :class:`inference.training.fit.tasks.Task`."""

    name = "segmentation"

    def settle(self, recipe: Recipe, training: Mapping[str, Sequence[Pair]]) -> Recipe:
        """``bce_pos_weight = "data"`` becomes plain to crack pixels, as the sets are drawn."""
        if recipe.loss.bce_pos_weight != "data":
            return recipe
        share = _crack_share(recipe, training)
        if not share:
            raise ValueError(
                "No training mask has a crack pixel, so bce_pos_weight cannot come from the data. "
                "Look at the masks, or write a number into [loss]."
            )
        weight = round((1 - share) / share, 2)
        return replace(recipe, loss=replace(recipe.loss, bce_pos_weight=weight))

    def pick(self, recipe: Recipe, entries: Sequence[Pair], rng: np.random.Generator) -> Pair:
        """Any pair, all alike."""
        return entries[int(rng.integers(len(entries)))]

    def sample(
        self, recipe: Recipe, entry: Pair, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """((3, crop, crop) float in [-1, 1], (1, crop, crop) float from 0 to 1)."""
        pixels, mask = read_pair(entry)
        crop_px = recipe.optimisation.crop_px
        pixels, mask = augment(pixels, mask, crop_px, recipe.augmentation, rng)
        return picture_tensor(pixels), torch.from_numpy(mask > 0).float()[None]

    def loss(self, outputs: Tensor | tuple[Tensor, ...], truth: Tensor, recipe: Recipe) -> Tensor:
        """The recipe's summed loss over the main and the auxiliary masks."""
        if isinstance(outputs, Tensor):
            return summed_loss(outputs, truth, recipe.loss)
        main, *auxiliary = outputs
        total = summed_loss(main, truth, recipe.loss)
        for output in auxiliary:
            total = total + recipe.loss.auxiliary * summed_loss(output, truth, recipe.loss)
        return total

    @torch.no_grad()
    def validate(
        self,
        network: nn.Module,
        validation: Mapping[str, Sequence[Pair]],
        device: torch.device,
        limit: int,
    ) -> dict[str, dict[str, float]]:
        """Pooled pixel precision, recall, F1 at 0.5 per set, on whole evened pictures, quickly.

        For watching a training; ``inference.training.evaluate.pictures`` gives the card's figures.
        """
        figures = {}
        for name, pairs in validation.items():
            hits = marked = true = seen = 0
            for pair in pairs[:limit]:
                pixels, mask = read_pair(pair)
                predicted = predict(network, even_out_picture(pixels), device) > 0.5
                hits += int(np.count_nonzero(predicted & (mask > 0)))
                marked += int(np.count_nonzero(predicted))
                true += int(np.count_nonzero(mask))
                seen += mask.size
            if seen:
                figures[name] = _figures(hits, marked, true, seen)
        return figures

    def in_words(self, figures: Mapping[str, Figures]) -> str:
        """F1, or the share marked of walls without cracks."""
        return "F1 at 0.5: " + "  ".join(
            f"{name} {entry['f1']:.3f}"
            if entry["true_share"]
            else f"{name} marked {entry['marked_share']:.2%}"
            for name, entry in figures.items()
        )

    def has_collapsed(self, figures: Mapping[str, Figures]) -> str | None:
        """Told by the recall: nearly nothing of the true cracks is marked in any set."""
        with_cracks = [entry for entry in figures.values() if entry["true_share"]]
        if not with_cracks or max(entry["recall"] for entry in with_cracks) >= COLLAPSED_RECALL:
            return None
        return (
            "The network has collapsed to 'no crack'. Stop, lower the learning rates or give "
            "Dice or Tversky more weight in the recipe's [loss]."
        )

    def examples(
        self,
        network: nn.Module,
        validation: Mapping[str, Sequence[Pair]],
        device: torch.device,
        count: int,
    ) -> list[Example]:
        """Validation pictures with the true and the predicted cracks drawn on them."""
        found = []
        for name, pair in _spread(validation, count):
            pixels, mask = read_pair(pair)
            predicted = predict(network, even_out_picture(pixels), device) > 0.5
            figures = _figures(
                int(np.count_nonzero(predicted & (mask > 0))),
                int(np.count_nonzero(predicted)),
                int(np.count_nonzero(mask)),
                mask.size,
            )
            note = (
                f"F1 {figures['f1']:.2f}"
                if figures["true_share"]
                else f"{figures['marked_share']:.2%} marked"
            )
            found.append(
                Example(
                    title=f"{name}/{pair.image.name}",
                    pixels=pixels,
                    truth=_drawn(pixels, {HIT: mask > 0}),
                    predicted=_drawn(
                        pixels,
                        {
                            HIT: predicted & (mask > 0),
                            MISSED: ~predicted & (mask > 0),
                            FALSE: predicted & (mask == 0),
                        },
                    ),
                    note=note,
                    legend=LEGEND,
                )
            )
        return found


TASK = Segmentation()


def picture_tensor(pixels: RgbImage) -> Tensor:
    """(H, W, 3) uint8 -> (3, H, W) float32 in [-1, 1], as every network takes it."""
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 127.5 - 1


@torch.no_grad()
def predict(network: nn.Module, pixels: RgbImage, device: torch.device) -> np.ndarray:
    """(H, W, 3) uint8 RGB -> (H, W) float32 crack probability; puts the network into evaluation."""
    network.eval()
    height, width = pixels.shape[:2]
    below, right = -height % 32, -width % 32
    padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REFLECT_101)
    pictures = picture_tensor(np.asarray(padded, np.uint8))[None].to(device)
    logits = network(pictures.to(memory_format=torch.channels_last))
    probability: np.ndarray = torch.sigmoid(logits[0, 0, :height, :width].float()).cpu().numpy()
    return probability


def _crack_share(recipe: Recipe, training: Mapping[str, Sequence[Pair]]) -> float:
    """Share of crack pixels among what is drawn from the sets by their weights."""
    shares, weights = [], []
    for each in recipe.sets:
        pairs = training[each.name][:: max(1, len(training[each.name]) // MASKS_COUNTED)]
        if pairs:
            shares.append(np.mean([read_pair(pair)[1].mean() / 255 for pair in pairs]))
            weights.append(each.weight)
    return float(np.average(shares, weights=weights)) if shares else 0.0


def _figures(hits: int, marked: int, true: int, seen: int) -> dict[str, float]:
    f1 = 2 * hits / (marked + true) if marked + true else 1.0
    return {
        "precision": hits / marked if marked else 0.0,
        "recall": hits / true if true else 0.0,
        "f1": f1,
        "marked_share": marked / seen,
        "true_share": true / seen,
        "score": f1 if true else max(0.0, 1 - marked / seen / USELESS_MARKED_SHARE),
    }


def _spread(validation: Mapping[str, Sequence[Any]], count: int) -> list[tuple[str, Any]]:
    """``count`` entries, taken from the sets in turn, spaced within each."""
    sets = {name: entries for name, entries in validation.items() if entries}
    each = -(-count // len(sets)) if sets else 0
    found = []
    for name, entries in sets.items():
        wanted = min(each, len(entries))
        found += [(k, name, entries[k * len(entries) // wanted]) for k in range(wanted)]
    return [(name, entry) for _, name, entry in sorted(found, key=lambda one: one[0])][:count]


def _drawn(
    pixels: RgbImage, masks: Mapping[tuple[int, int, int], npt.NDArray[np.bool_]]
) -> RgbImage:
    """The picture in grey and paler, with each mask in its colour."""
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    drawn = np.asarray(96 + 0.6 * grey, np.uint8)
    for colour, mask in masks.items():
        drawn[mask] = colour
    return drawn
