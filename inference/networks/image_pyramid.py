"""A network that looks at the picture at several sizes and averages the results.

The same weights look at each size: hair-thin cracks show in the enlarged picture, joints and
signs betray themselves in the shrunk one. The logits are brought back to the picture's size and
averaged. Chen et al., *Attention to scale*, CVPR 2016, and Tao et al., *Hierarchical multi-scale
attention for semantic segmentation*, 2020, weigh the sizes by a learnt head; ours never left the
plain average, and is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.state_files import read_state

SCALES = (0.5, 1.0, 2.0)


class ImagePyramid(nn.Module):
    """Crack logits of RGB pictures in [-1, 1], seen at several sizes.

    Args:
        network: gives (N, 1, H, W) logits for sides that are multiples of 32.
        scales: sizes as parts of the picture's: whole numbers, or one divided by a whole number.

    Raises:
        ValueError: for other scales, or none.
    """

    def __init__(self, network: nn.Module, scales: Sequence[float] = SCALES) -> None:
        super().__init__()
        if not scales:
            raise ValueError("Give at least one scale, such as 1.0.")
        for scale in scales:
            if scale <= 0 or not (float(scale).is_integer() or (1 / scale).is_integer()):
                raise ValueError(f"A scale is a whole number or one by one, not {scale:g}.")
        self.network = network
        self.scales = tuple(scales)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, 1, H, W) logits; every size a multiple of 32."""
        seen = torch.cat([self._seen_at(pictures, scale) for scale in self.scales], dim=1)
        return seen.mean(dim=1, keepdim=True)

    def load_backbone(self, path: Path) -> None:
        """Fill the whole inner network where the file holds one, else its own backbone.

        Raises:
            ValueError: if the file holds neither.
        """
        state = read_state(path)
        if state.keys() >= {name for name, _ in self.network.named_parameters()}:
            self.network.load_state_dict(state)
        else:
            self.network.load_backbone(path)  # type: ignore[operator]

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        parameters: list[nn.Parameter] = self.network.encoder_parameters()  # type: ignore[operator]
        return parameters

    def _seen_at(self, pictures: Tensor, scale: float) -> Tensor:
        """The network's logits of a resized copy, at the picture's own size."""
        if scale == 1:
            return self._main(pictures)
        if scale > 1:
            factor = round(scale)
            return functional.avg_pool2d(self._main(_enlarged(pictures, factor)), factor)
        factor = round(1 / scale)
        return _enlarged(self._main(functional.avg_pool2d(pictures, factor)), factor)

    def _main(self, pictures: Tensor) -> Tensor:
        """Without the auxiliary outputs that a network may give in training mode."""
        logits = self.network(pictures)
        main: Tensor = logits if isinstance(logits, Tensor) else logits[0]
        return main


def _enlarged(values: Tensor, factor: int) -> Tensor:
    return functional.interpolate(
        values, scale_factor=float(factor), mode="bilinear", align_corners=False
    )


def build(
    *,
    family: str = "unet",
    scales: Sequence[float] = SCALES,
    options: Mapping[str, Any] | None = None,
) -> ImagePyramid:
    """The family's entry point: a pyramid over another segmentation family with its options."""
    from inference.networks.registry import build_network

    return ImagePyramid(build_network(family, **(options or {})), scales)
