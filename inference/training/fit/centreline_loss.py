"""clDice: the loss of centrelines that are missed, or marked where no crack is.

Unlike Dice it cares about a crack's course and not about its width: a gap of three pixels
costs as much in a hairline as in a wide crack.

Shit et al., *clDice - a novel topology-preserving loss function for tubular structure
segmentation*, CVPR 2021, algorithms 1 and 2.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def cldice_loss(probability: Tensor, truth: Tensor, *, iterations: int) -> Tensor:
    """1 - clDice of the whole batch.

    Args:
        probability, truth: (N, 1, H, W), from 0 to 1.
        iterations: erosions; cracks wider than twice as many pixels keep a thick "centreline".
    """
    drawn = soft_skeleton(probability, iterations)
    with torch.no_grad():
        true = soft_skeleton(truth, iterations)
    precision = ((drawn * truth).sum() + 1.0) / (drawn.sum() + 1.0)
    sensitivity = ((true * probability).sum() + 1.0) / (true.sum() + 1.0)
    return 1 - 2 * precision * sensitivity / (precision + sensitivity)


def soft_skeleton(mask: Tensor, iterations: int) -> Tensor:
    """(N, 1, H, W) -> the same shape: what each opening would lose, gathered while eroding."""
    skeleton = functional.relu(mask - _opened(mask))
    for _ in range(iterations):
        mask = _eroded(mask)
        lost = functional.relu(mask - _opened(mask))
        skeleton = skeleton + functional.relu(lost - skeleton * lost)
    return skeleton


def _eroded(mask: Tensor) -> Tensor:
    """The least of a pixel and its four neighbours."""
    upright = -functional.max_pool2d(-mask, (3, 1), 1, (1, 0))
    across = -functional.max_pool2d(-mask, (1, 3), 1, (0, 1))
    return torch.minimum(upright, across)


def _opened(mask: Tensor) -> Tensor:
    return functional.max_pool2d(_eroded(mask), 3, 1, 1)
