"""A compact U-Net: MobileNetV2 encoder, narrow decoder at half resolution, sub-pixel head.

The decoder stops at half resolution, where most of a full-resolution decoder's time goes
into its last step, and predicts four values per place that are laid out as 2 x 2 pixels
(Shi et al., *Real-time single image and video super-resolution using an efficient
sub-pixel convolutional neural network*, CVPR 2016). The picture itself joins the last
decoder step folded the same way, 2 x 2 pixels as 12 channels, so the finest edges need not
pass the encoder.

Only operations that quantise well: convolution, ReLU, addition, nearest-neighbour
enlargement.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import mobilenet_v2

from inference.networks.state_files import load_backbone

ENCODER_CHANNELS = (16, 24, 32, 96, 320)  # at 1/2, 1/4, 1/8, 1/16, 1/32
ENCODER_SLICES = (slice(0, 2), slice(2, 4), slice(4, 7), slice(7, 14), slice(14, 18))
FOLDED_PICTURE_CHANNELS = 12


class ConvolutionBlock(nn.Sequential):
    """Convolution, batch norm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class DecoderStep(nn.Module):
    """Doubles the deep features and adds the encoder's of that resolution.

    Both are brought to the same width by 1 x 1 convolutions *before* the enlargement, which
    costs a quarter of doing it after.
    """

    def __init__(self, deep_channels: int, skip_channels: int, width: int) -> None:
        super().__init__()
        self.deep = nn.Sequential(
            nn.Conv2d(deep_channels, width, 1, bias=False), nn.BatchNorm2d(width)
        )
        self.skip = ConvolutionBlock(skip_channels, width, kernel=1)
        self.mix = ConvolutionBlock(width, width)

    def forward(self, deep: Tensor, skip: Tensor) -> Tensor:
        """(N, deep, h, w) and (N, skip, 2h, 2w) -> (N, width, 2h, 2w)."""
        enlarged = functional.interpolate(self.deep(deep), scale_factor=2.0, mode="nearest")
        mixed: Tensor = self.mix(enlarged + self.skip(skip))
        return mixed


class MobileNetUnet(nn.Module):
    """Crack logits of RGB pictures scaled to [-1, 1].

    Args:
        widths: channels of the four decoder steps, at 1/16, 1/8, 1/4 and 1/2.
    """

    def __init__(self, widths: Sequence[int] = (96, 64, 40, 24)) -> None:
        super().__init__()
        if len(widths) != len(ENCODER_CHANNELS) - 1:
            raise ValueError(f"Give 4 decoder widths, not {len(widths)}.")
        features = mobilenet_v2(weights=None).features
        self.encoder = nn.ModuleList(features[part] for part in ENCODER_SLICES)
        half, quarter, eighth, sixteenth, deepest = ENCODER_CHANNELS
        self.decoder = nn.ModuleList(
            [
                DecoderStep(deepest, sixteenth, widths[0]),
                DecoderStep(widths[0], eighth, widths[1]),
                DecoderStep(widths[1], quarter, widths[2]),
                DecoderStep(widths[2], half + FOLDED_PICTURE_CHANNELS, widths[3]),
            ]
        )
        self.head = nn.Sequential(
            ConvolutionBlock(widths[3], widths[3]), nn.Conv2d(widths[3], 4, kernel_size=1)
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 32 -> (N, 1, H, W) logits."""
        folded = functional.pixel_unshuffle(pictures, 2)
        skips = []
        features = pictures
        for part in self.encoder:
            features = part(features)
            skips.append(features)
        skips[0] = torch.cat([skips[0], folded], dim=1)
        deep = skips.pop()
        for step in self.decoder:
            deep = step(deep, skips.pop())
        logits: Tensor = functional.pixel_shuffle(self.head(deep), 2)
        return logits

    def load_backbone(self, path: Path) -> None:
        """Fill the encoder from a state dict of torchvision's ``mobilenet_v2``.

        Raises:
            ValueError: if the file does not hold that network.
        """
        whole = mobilenet_v2(weights=None)
        load_backbone(whole, path, "MobileNetV2 of torchvision's layout")
        parts = (whole.features[part] for part in ENCODER_SLICES)
        for own, given in zip(self.encoder, parts, strict=True):
            own.load_state_dict(given.state_dict())

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return list(self.encoder.parameters())


def build(*, widths: Sequence[int] = (96, 64, 40, 24)) -> MobileNetUnet:
    """The family's entry point; see :class:`MobileNetUnet`."""
    return MobileNetUnet(widths)
