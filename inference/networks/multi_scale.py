"""One network at several sizes of the picture: fine cracks show in an enlarged copy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

FINEST_FRACTION = 4  # scales go in quarters


class MultiScale(nn.Module):
    """The mean of a network's logits over enlarged and mirrored copies of the picture.

    A copy is enlarged bilinearly; its logits are brought back by the mean over the area of each
    pixel. No parameters of its own: a network that was trained at one size is wrapped.

    Args:
        network: gives (N, 1, H, W) logits.
        scales: enlargements, 1 or more, in quarters (1.0, 1.5, 2.0 …). H and W times each of
            them must be sizes that the network takes.
        mirror: also the left-right mirrored copy at every scale.

    Raises:
        ValueError: for scales below 1 or not in quarters, or none at all.
    """

    def __init__(
        self, network: nn.Module, scales: Sequence[float] = (1.0, 2.0), mirror: bool = False
    ) -> None:
        super().__init__()
        if not scales:
            raise ValueError("Give at least one scale, such as 1.0.")
        for scale in scales:
            if scale < 1 or (scale * FINEST_FRACTION) % 1:
                raise ValueError(f"A scale is 1 or more, in quarters, not {scale:g}.")
        self.network = network
        self.scales = tuple(Fraction(scale) for scale in scales)
        self.mirror = mirror

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, 1, H, W) logits."""
        total = None
        for scale in self.scales:
            copy = _enlarge(pictures, scale)
            logits = self._main(copy)
            if self.mirror:
                logits = (logits + self._main(copy.flip(-1)).flip(-1)) / 2
            logits = _shrink(logits, scale)
            total = logits if total is None else total + logits
        assert total is not None
        return total / len(self.scales)

    def load_backbone(self, path: Path) -> None:
        """The network's own; see there."""
        self.network.load_backbone(path)  # type: ignore[operator]

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The network's own."""
        parameters: list[nn.Parameter] = self.network.encoder_parameters()  # type: ignore[operator]
        return parameters

    def _main(self, pictures: Tensor) -> Tensor:
        """Without auxiliary outputs, which a network may give in training mode."""
        logits = self.network(pictures)
        main: Tensor = logits if isinstance(logits, torch.Tensor) else logits[0]
        return main


def _enlarge(pictures: Tensor, scale: Fraction) -> Tensor:
    if scale == 1:
        return pictures
    return functional.interpolate(
        pictures, scale_factor=float(scale), mode="bilinear", align_corners=False
    )


def _shrink(logits: Tensor, scale: Fraction) -> Tensor:
    """The mean over each pixel's area, exact for fractions: repeat by the lower, pool by the upper.

    Written so, and not as adaptive pooling, it becomes two plain ONNX operations.
    """
    if scale.denominator > 1:
        logits = functional.interpolate(
            logits, scale_factor=float(scale.denominator), mode="nearest"
        )
    return logits if scale == 1 else functional.avg_pool2d(logits, scale.numerator)
