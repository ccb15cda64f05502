"""Inception-v3 as a patch classifier (Szegedy et al., CVPR 2016)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.inception import (
    BasicConv2d,
    Inception3,
    InceptionA,
    InceptionAux,
    InceptionB,
    InceptionC,
    InceptionD,
    InceptionE,
)

from inference.networks.patch_classifier import NO_CRACK_OR_CRACK, PatchClassifier

AUXILIARY_SIDE = 5  # what the auxiliary head pools to


class AnySizeAuxiliary(InceptionAux):
    """The auxiliary head for patches of any size: it pools to 5 x 5 whatever it is given."""

    def forward(self, features: Tensor) -> Tensor:
        """(N, 768, h, w) -> (N, classes)."""
        pooled = functional.adaptive_avg_pool2d(features, AUXILIARY_SIDE)
        logits: Tensor = self.fc(torch.flatten(self.conv1(self.conv0(pooled)), 1))
        return logits


def build(*, classes: int = NO_CRACK_OR_CRACK) -> PatchClassifier:
    """The network, for patches of 96 pixels and more; trains with its auxiliary head."""
    inner = Inception3(
        num_classes=classes,
        transform_input=False,  # its weights were trained on [-1, 1], which is what we are given
        init_weights=True,
        inception_blocks=[
            BasicConv2d, InceptionA, InceptionB, InceptionC, InceptionD, InceptionE,
            AnySizeAuxiliary,
        ],
    )  # fmt: skip
    return PatchClassifier(inner, "Inception-v3", minus_one_to_one=True)
