"""FCN: a fully convolutional ResNet, dilated to 1/8, one bilinear enlargement.

Long, Shelhamer and Darrell, *Fully convolutional networks for semantic segmentation*, CVPR
2015, with the residual backbone that torchvision gives it.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from torchvision.models.segmentation import fcn_resnet50, fcn_resnet101

from inference.networks.picture_statistics import ImageNetStatistics
from inference.networks.state_files import load_backbone

DEPTHS = {50: fcn_resnet50, 101: fcn_resnet101}


class Fcn(nn.Module):
    """Crack logits of RGB pictures scaled to [-1, 1].

    Args:
        depth: of the ResNet, 50 or 101.
    """

    def __init__(self, depth: int = 50) -> None:
        super().__init__()
        if depth not in DEPTHS:
            raise ValueError(f"The depth of an FCN's ResNet is 50 or 101, not {depth}.")
        self.depth = depth
        self.to_statistics = ImageNetStatistics()
        self.inner = DEPTHS[depth](weights=None, weights_backbone=None, num_classes=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, 1, H, W) logits."""
        logits: Tensor = self.inner(self.to_statistics(pictures))["out"]
        return logits

    def load_backbone(self, path: Path) -> None:
        """Fill the ResNet from a state dict of torchvision's.

        Raises:
            ValueError: if the file does not hold it.
        """
        load_backbone(self.inner.backbone, path, f"ResNet-{self.depth} backbone")

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return list(self.inner.backbone.parameters())


def build(*, depth: int = 50) -> Fcn:
    """The family's entry point; see :class:`Fcn`."""
    return Fcn(depth)
