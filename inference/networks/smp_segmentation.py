"""Base of the segmentation-models-pytorch networks, with any encoder and local weights.

Nothing is ever downloaded: an encoder starts at random and is filled by ``load_backbone``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from inference.networks.picture_statistics import ImageNetStatistics
from inference.networks.state_files import load_backbone

# The MobileNetV2 at hand was trained on [-1, 1]; the others of torchvision, timm and the MiT
# encoders on ImageNet's mean and deviation.
ENCODERS_ON_MINUS_ONE_TO_ONE = ("mobilenet_v2",)
TIMM_UNKNOWN = "Unknown model"  # how timm's error begins, a plain RuntimeError


class SmpSegmentation(nn.Module):
    """Crack logits by a network of segmentation-models-pytorch, kept in ``inner``.

    Args:
        make: class of the library's network.
        encoder: its name for the encoder (``resnet34``, ``mit_b0``, ``tu-…`` for timm's).
        options: the rest of its arguments.

    Raises:
        ValueError: for an encoder or options that the library does not take.
    """

    def __init__(self, make: Callable[..., nn.Module], encoder: str, **options: Any) -> None:
        super().__init__()
        try:
            self.inner = make(encoder, encoder_weights=None, in_channels=3, classes=1, **options)
        except (KeyError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and TIMM_UNKNOWN not in str(error):
                raise
            raise ValueError(
                f"There is no encoder {encoder!r} for this network. Take one that "
                "segmentation-models-pytorch lists, such as mobilenet_v2, resnet34 or mit_b0."
            ) from error
        self.encoder_name = encoder
        self.to_statistics = (
            nn.Identity() if encoder in ENCODERS_ON_MINUS_ONE_TO_ONE else ImageNetStatistics()
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 32 -> (N, 1, H, W) logits."""
        logits: Tensor = self.inner(self.to_statistics(pictures))
        return logits

    def load_backbone(self, path: Path) -> None:
        """Fill the encoder from a local file; a classifier's last layers in it are ignored.

        For encoders that torchvision has (MobileNetV2, ResNet, VGG) its state dict fits.

        Raises:
            ValueError: if the file does not hold that encoder.
        """
        encoder: nn.Module = self.inner.encoder  # type: ignore[assignment]
        load_backbone(encoder, path, f"{self.encoder_name} backbone")

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return list(self.inner.encoder.parameters())  # type: ignore[union-attr]
