"""MobileNetV2 and MobileNetV3 as patch classifiers, at any width.

Sandler et al., CVPR 2018; Howard et al., *Searching for MobileNetV3*, ICCV 2019.
"""

from __future__ import annotations

from torchvision.models import mobilenet_v2, mobilenet_v3_large, mobilenet_v3_small

from inference.networks.patch_classifier import NO_CRACK_OR_CRACK, PatchClassifier

VERSIONS = {
    "v2": (mobilenet_v2, "MobileNetV2"),
    "v3_small": (mobilenet_v3_small, "MobileNetV3 small"),
    "v3_large": (mobilenet_v3_large, "MobileNetV3 large"),
}


def build(
    *, version: str = "v2", classes: int = NO_CRACK_OR_CRACK, width: float = 1.0
) -> PatchClassifier:
    """The network.

    Args:
        width: what all channel counts are multiplied with, such as 0.5. The pretrained weights
            fit 1.0 alone.

    Raises:
        ValueError: for an unknown version, or a width outside 0.1 to 2.
    """
    if version not in VERSIONS:
        raise ValueError(f"A MobileNet here is one of {', '.join(VERSIONS)}, not {version!r}.")
    if not 0.1 <= width <= 2:
        raise ValueError(f"The width of a MobileNet is from 0.1 to 2, not {width:g}.")
    make, title = VERSIONS[version]
    inner = make(weights=None, width_mult=width, num_classes=classes)
    # The MobileNetV2 weights at hand were trained on [-1, 1].
    return PatchClassifier(inner, title, minus_one_to_one=version == "v2")
