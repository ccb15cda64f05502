"""Losses for masks in which one to five of a hundred pixels are crack."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from inference.training.recipe import LossWeights


def summed_loss(logits: Tensor, truth: Tensor, weights: LossWeights) -> Tensor:
    """The recipe's sum of losses.

    Args:
        logits: (N, 1, H, W).
        truth: (N, 1, H, W) float, 0 or 1.
    """
    logits = logits.float()
    total = logits.new_zeros(())
    if weights.bce:
        total = total + weights.bce * functional.binary_cross_entropy_with_logits(logits, truth)
    if weights.dice:
        total = total + weights.dice * tversky_loss(logits, truth, alpha=0.5)
    if weights.tversky:
        total = total + weights.tversky * tversky_loss(logits, truth, alpha=weights.tversky_alpha)
    return total


def tversky_loss(logits: Tensor, truth: Tensor, *, alpha: float) -> Tensor:
    """1 - Tversky index of the whole batch; alpha = 0.5 is the Dice loss.

    Over the batch and not per picture, so that pictures without cracks still count: their
    false positives lower the index of the batch.

    Salehi et al., *Tversky loss function for image segmentation using 3D fully
    convolutional deep networks*, MLMI 2017.
    """
    probability = torch.sigmoid(logits)
    hits = (probability * truth).sum()
    false_positives = (probability * (1 - truth)).sum()
    misses = ((1 - probability) * truth).sum()
    index = (hits + 1.0) / (hits + alpha * false_positives + (1 - alpha) * misses + 1.0)
    return 1 - index
