"""Converts pictures from [-1, 1] to the statistics that a pretrained backbone expects."""

from __future__ import annotations

import torch
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of RGB in 0..1, as torchvision's weights were trained
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class ImageNetStatistics(nn.Module):
    """From [-1, 1] to ImageNet's mean 0 and deviation 1 per channel; nothing to learn or save."""

    scale: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        mean = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
        deviation = torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1)
        self.register_buffer("scale", 0.5 / deviation, persistent=False)
        self.register_buffer("shift", (0.5 - mean) / deviation, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> the same, by ImageNet's statistics."""
        return pictures * self.scale + self.shift
