"""Evaluates a network that draws masks as a classifier: is there a crack in this patch?

The network looks at the whole picture. The patch's highest probabilities decide: as many pixels as
a crack of one to two pixels across the patch has. A logistic regression (Platt 1999) turns their
mean into a probability. It is fitted on pictures that the network has not learned from; each set
has the weight of the square root of its number of patches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from inference.runtime import SegmentationModel
from inference.training.data.datasets import Entry, Labelled, read_pair, read_picture
from inference.training.data.patches import UNDECIDED, fit_to_patch, label_of
from inference.training.evaluate.metrics import ProbabilityMap
from inference.training.evaluate.patches import CRACK, NO_CRACK, EvaluatedPatches, patch_figures
from inference.training.evaluate.pictures import predict_picture

PATCH_PX = 128
# Number of pixels that decide on a patch, for each pixel of its side.
SUSPICIOUS_PX_PER_SIDE_PX = 1.5
# Log-odds are kept within those of 1 / 255, the step of a probability map.
LEAST = 1.0 / 255.0
THRESHOLD = 0.5
CONVENTION = (
    "Patches of 128 px lie side by side. The network sees the whole picture; the mean of a patch's "
    "192 highest crack probabilities decides, calibrated on pictures that the model has not "
    "learned from. A labelled picture is one patch as a whole. Threshold 0.5. A patch that a crack "
    "only touches is left out."
)


@dataclass(frozen=True, slots=True)
class PatchCalibration:
    """How sure a patch's most suspicious pixels make one that it holds a crack."""

    intercept: float
    per_logit: float

    def probability(self, logit: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of a crack, from what :func:`suspicion` says."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.intercept + self.per_logit * logit))))


@dataclass(frozen=True, slots=True)
class SeenPatches:
    """The decided patches of some pictures.

    Attributes:
        logit: (patches,) see :func:`suspicion`. label: (patches,) 1 = crack.
        picture: (patches,) number of the picture that each is of.
    """

    logit: npt.NDArray[np.float64]
    label: npt.NDArray[np.int64]
    picture: npt.NDArray[np.int64]
    n_images: int


def suspicion(probability: ProbabilityMap) -> float:
    """Log-odds of the mean of a square's highest crack probabilities, (side, side) uint8."""
    count = round(SUSPICIOUS_PX_PER_SIDE_PX * len(probability))
    flat = probability.ravel()
    mean = float(np.partition(flat, len(flat) - count)[-count:].mean()) / 255.0
    return float(np.log((mean + LEAST) / (1.0 + LEAST - mean)))


def see_patches(
    model: SegmentationModel,
    entries: Sequence[Entry],
    *,
    on_picture: Callable[[], object] | None = None,
) -> SeenPatches:
    """Search some pictures and look at their patches.

    Raises:
        ValueError: for a file that is wrong, or a label other than crack and no_crack.
    """
    logit, label, picture = [], [], []
    for number, entry in enumerate(entries):
        if isinstance(entry, Labelled):
            if entry.label not in (NO_CRACK, CRACK):
                raise ValueError(
                    f"{entry.image} is labelled {entry.label!r}. A network that draws masks tells "
                    f"{CRACK} from {NO_CRACK} only."
                )
            found = predict_picture(model, fit_to_patch(read_picture(entry.image), PATCH_PX))
            decided = [(found, int(entry.label == CRACK))]
        else:
            pixels, mask = read_pair(entry)
            found = predict_picture(model, pixels)
            squares = [
                np.s_[y : y + PATCH_PX, x : x + PATCH_PX]
                for y in range(0, mask.shape[0] - PATCH_PX + 1, PATCH_PX)
                for x in range(0, mask.shape[1] - PATCH_PX + 1, PATCH_PX)
            ]
            decided = [(found[square], label_of(mask[square])) for square in squares]
        for square, truth in decided:
            if truth != UNDECIDED:
                logit.append(suspicion(square))
                label.append(truth)
                picture.append(number)
        if on_picture is not None:
            on_picture()
    return SeenPatches(
        np.array(logit, np.float64),
        np.array(label, np.int64),
        np.array(picture, np.int64),
        len(entries),
    )


def fit_patches(sets: Sequence[SeenPatches]) -> PatchCalibration:
    """The calibration under which the labels of these sets are likeliest.

    Raises:
        ValueError: if there are not both patches with and patches without a crack.
    """
    used = [each for each in sets if len(each.label)]
    labels = np.concatenate([each.label for each in used]) if used else np.zeros(0, np.int64)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            "To say how sure a patch is there must be patches with a crack and without. Give "
            "pictures of both."
        )
    logit = np.concatenate([each.logit for each in used])
    weight = np.concatenate([np.full(len(e.label), len(e.label) ** -0.5) for e in used])
    weight /= weight.sum()
    rows = np.stack([np.ones(len(logit)), logit], axis=1)

    def unlikely(numbers: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = rows @ numbers
        loss = np.logaddexp(0.0, odds) - labels * odds
        off = 1.0 / (1.0 + np.exp(-odds)) - labels
        return float(weight @ loss), np.asarray(rows.T @ (weight * off))

    found = minimize(unlikely, np.zeros(2), jac=True, method="BFGS").x
    return PatchCalibration(round(float(found[0]), 4), round(float(found[1]), 4))


def evaluate_seen(seen: SeenPatches, calibration: PatchCalibration) -> EvaluatedPatches:
    """As a classifier's answers: see :mod:`inference.training.evaluate.patches`."""
    crack = calibration.probability(seen.logit)
    return EvaluatedPatches(
        (NO_CRACK, CRACK),
        np.stack([1.0 - crack, crack], axis=1).astype(np.float32),
        seen.label,
        seen.picture,
        seen.n_images,
    )


def patches_entry(
    model: SegmentationModel,
    held_back: Mapping[str, Sequence[Entry]],
    testing: Mapping[str, Sequence[Entry]],
    *,
    on_picture: Callable[[], object] | None = None,
) -> dict[str, Any]:
    """A card's ``patches``: the calibration and every figure of the test sets.

    Args:
        held_back: pictures by set that the network has not learned from.

    Raises:
        ValueError: as :func:`see_patches` and :func:`fit_patches`, or if no test picture has a
            decided patch.
    """
    fitted_on = {
        name: see_patches(model, entries, on_picture=on_picture)
        for name, entries in held_back.items()
    }
    calibration = fit_patches(list(fitted_on.values()))
    reports = {}
    for name, entries in testing.items():
        seen = see_patches(model, entries, on_picture=on_picture)
        if len(seen.label):
            reports[name] = patch_figures(evaluate_seen(seen, calibration), name, THRESHOLD)
    if not reports:
        raise ValueError(f"No test picture holds a whole patch of {PATCH_PX} px.")
    return {
        "convention": CONVENTION,
        "calibration": {"intercept": calibration.intercept, "per_logit": calibration.per_logit},
        "fitted_on": {name: len(each.label) for name, each in fitted_on.items() if len(each.label)},
        "metrics": reports,
    }


def read_patch_calibration(card: Mapping[str, Any]) -> PatchCalibration | None:
    """Of a whole card; None where nobody has fitted one."""
    entry = (card.get("patches") or {}).get("calibration")
    return None if entry is None else PatchCalibration(entry["intercept"], entry["per_logit"])
