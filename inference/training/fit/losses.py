"""Losses for masks in which one to five of a hundred pixels are crack.

Truth may lie between 0 and 1 everywhere: a soft edge, or what another network thinks.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from inference.training.fit.centreline_loss import cldice_loss
from inference.training.fit.recipe import LossWeights


def summed_loss(logits: Tensor, truth: Tensor, weights: LossWeights) -> Tensor:
    """The recipe's sum of losses.

    Args:
        logits: (N, 1, H, W).
        truth: (N, 1, H, W) float, from 0 to 1.
    """
    logits = logits.float()
    total = logits.new_zeros(())
    if weights.bce:
        total = total + weights.bce * weighted_bce(logits, truth, _number(weights.bce_pos_weight))
    if weights.focal:
        total = total + weights.focal * focal_loss(
            logits, truth, gamma=weights.focal_gamma, alpha=weights.focal_alpha
        )
    if weights.dice:
        total = total + weights.dice * tversky_loss(logits, truth, alpha=0.5)
    if weights.tversky:
        total = total + weights.tversky * tversky_loss(logits, truth, alpha=weights.tversky_alpha)
    if weights.cldice:
        total = total + weights.cldice * cldice_loss(
            logits.sigmoid(), truth, iterations=weights.cldice_iterations
        )
    return total


def weighted_bce(logits: Tensor, truth: Tensor, pos_weight: float) -> Tensor:
    """Mean cross-entropy of the pixels; crack pixels count ``pos_weight`` times."""
    return functional.binary_cross_entropy_with_logits(
        logits, truth, pos_weight=logits.new_tensor(pos_weight)
    )


def focal_loss(logits: Tensor, truth: Tensor, *, gamma: float, alpha: float) -> Tensor:
    """Mean cross-entropy of the pixels, each weighted down by how well it is known already.

    Mean over all pixels, so it is small beside the other losses: give it a weight of 5 to 20.

    Lin et al., *Focal loss for dense object detection*, ICCV 2017.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    probability = logits.sigmoid()
    known = probability * truth + (1 - probability) * (1 - truth)
    balance = alpha * truth + (1 - alpha) * (1 - truth)
    return (balance * (1 - known) ** gamma * entropy).mean()


def tversky_loss(logits: Tensor, truth: Tensor, *, alpha: float) -> Tensor:
    """1 - Tversky index of the whole batch; alpha = 0.5 is the Dice loss.

    Over the batch and not per picture, so that pictures without cracks still count: their
    false positives lower the index of the batch.

    Salehi et al., *Tversky loss function for image segmentation using 3D fully
    convolutional deep networks*, MLMI 2017.
    """
    probability = logits.sigmoid()
    hits = (probability * truth).sum()
    false_positives = (probability * (1 - truth)).sum()
    misses = ((1 - probability) * truth).sum()
    index = (hits + 1.0) / (hits + alpha * false_positives + (1 - alpha) * misses + 1.0)
    return 1 - index


def _number(pos_weight: float | str) -> float:
    if isinstance(pos_weight, str):
        raise ValueError('bce_pos_weight = "data" was not settled by the task\'s settle().')
    return pos_weight
