"""VGG-16 and VGG-19 as patch classifiers (Simonyan and Zisserman, ICLR 2015)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models.vgg import VGG, cfgs, make_layers

from inference.networks.patch_classifier import NO_CRACK_OR_CRACK, PatchClassifier

DEPTHS = {16: "D", 19: "E"}  # the paper's letters
POOLED_SIDE, DEEPEST, HIDDEN = 7, 512, 4096
DROPOUT = 0.5


class AdaptiveMean(nn.Module):
    """Adaptive average pooling as two matrix products, so that ONNX has it at every size.

    Pooling to n parts averages rows floor(i h / n) to ceil((i + 1) h / n) of each, as torch does.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C, side, side)."""
        height, width = (int(each) for each in features.shape[-2:])
        rows = self._means(height).to(features)
        columns = self._means(width).to(features)
        return rows @ features @ columns.T

    def _means(self, length: int) -> Tensor:
        """(side, length): each row averages one part."""
        means = torch.zeros(self.side, length, device="cpu")
        for part in range(self.side):
            first, last = part * length // self.side, -(-(part + 1) * length // self.side)
            means[part, first:last] = 1 / (last - first)
        return means


def build(
    *, depth: int = 16, classes: int = NO_CRACK_OR_CRACK, hidden: int = HIDDEN
) -> PatchClassifier:
    """The network, without batch norm as in the paper.

    Args:
        depth: 16 or 19.
        hidden: width of the two hidden linear layers, which hold nine tenths of the parameters.

    Raises:
        ValueError: for another depth.
    """
    if depth not in DEPTHS:
        raise ValueError(f"The depth of a VGG here is 16 or 19, not {depth}.")
    inner = VGG(make_layers(cfgs[DEPTHS[depth]]), num_classes=classes)
    inner.avgpool = AdaptiveMean(POOLED_SIDE)
    if hidden != HIDDEN:
        inner.classifier = nn.Sequential(
            nn.Linear(DEEPEST * POOLED_SIDE**2, hidden), nn.ReLU(inplace=True),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, hidden), nn.ReLU(inplace=True),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, classes),
        )  # fmt: skip
    return PatchClassifier(inner, f"VGG-{depth}")
