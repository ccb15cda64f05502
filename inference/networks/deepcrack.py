"""DeepCrack: each stage of a VGG-16 makes a crack map, and the fused map decides.

Liu, Yao, Lu, Xie and Li, *DeepCrack: A deep hierarchical feature learning architecture for crack
segmentation*, Neurocomputing 338, 2019: side outputs as in HED, each trained on the truth by
itself (deep supervision), joined by one 1 x 1 convolution. Written after the paper, with the
batch norm of the authors' own PyTorch figures; without its guided filter and CRF.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.picture_statistics import ImageNetStatistics
from inference.networks.vgg_stages import FULL_WIDTH, fill_stages, stage_widths, vgg_stages


class DeepCrack(nn.Module):
    """Crack logits of RGB pictures scaled to [-1, 1].

    Args:
        width: channels of the first stage; 64 is VGG-16.
    """

    def __init__(self, width: int = FULL_WIDTH) -> None:
        super().__init__()
        self.to_statistics = ImageNetStatistics()
        self.stages = vgg_stages(width)
        self.sides = nn.ModuleList(nn.Conv2d(each, 1, 1) for each in stage_widths(width))
        self.fuse = nn.Conv2d(len(self.stages), 1, 1)
        # As HED begins: the fused map is the mean of the sides.
        nn.init.constant_(self.fuse.weight, 1 / len(self.stages))
        nn.init.zeros_(self.fuse.bias)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor) -> Tensor | tuple[Tensor, ...]:
        """(N, 3, H, W) in [-1, 1] -> (N, 1, H, W) logits; in training with the five sides'."""
        features = self.to_statistics(pictures)
        sides = []
        for level, (stage, side) in enumerate(zip(self.stages, self.sides, strict=True)):
            if level:
                features = functional.max_pool2d(features, 2)
            features = stage(features)
            sides.append(_enlarge(side(features), 2**level))
        fused: Tensor = self.fuse(torch.cat(sides, dim=1))
        return (fused, *sides) if self.training else fused

    def load_backbone(self, path: Path) -> None:
        """Fill the stages from a state dict of torchvision's ``vgg16_bn``.

        Raises:
            ValueError: if the file does not hold it.
        """
        fill_stages(self.stages, path)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return list(self.stages.parameters())


def _enlarge(side: Tensor, times: int) -> Tensor:
    if times == 1:
        return side
    return functional.interpolate(
        side, scale_factor=float(times), mode="bilinear", align_corners=False
    )


def build(*, width: int = FULL_WIDTH) -> DeepCrack:
    """The family's entry point; see :class:`DeepCrack`."""
    return DeepCrack(width)
