"""ResNet-50 and ResNet-101 as patch classifiers (He et al., CVPR 2016)."""

from __future__ import annotations

from torchvision.models import resnet50, resnet101

from inference.networks.patch_classifier import NO_CRACK_OR_CRACK, PatchClassifier

DEPTHS = {50: resnet50, 101: resnet101}


def build(*, depth: int = 50, classes: int = NO_CRACK_OR_CRACK) -> PatchClassifier:
    """The network.

    Raises:
        ValueError: for another depth than 50 and 101.
    """
    if depth not in DEPTHS:
        raise ValueError(f"The depth of a ResNet here is 50 or 101, not {depth}.")
    return PatchClassifier(DEPTHS[depth](weights=None, num_classes=classes), f"ResNet-{depth}")
