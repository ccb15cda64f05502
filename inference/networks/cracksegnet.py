"""CrackSegNet: a dilated VGG-16 that stays at 1/8, spatial pyramid pooling, skips.

Ren, Huang, Hong, Lu, Yin, Zou and Shen, *Image-based concrete crack detection in tunnels using
deep fully convolutional networks*, Construction and Building Materials 234, 2020: the last two
poolings give way to dilated convolutions, the pyramid adds the surroundings, the skips bring the
resolution back.

Written after the paper's description. Ours: batch norm, the widths of the decoder, and bins of
1, 2 and 4, which divide every picture whose sides are multiples of 32.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.picture_statistics import ImageNetStatistics
from inference.networks.vgg_stages import FULL_WIDTH, fill_stages, stage_widths, vgg_stages

DILATIONS = {3: 2, 4: 4}  # stage: rate, in place of the poolings before and after it
POOLINGS_BEFORE = (1, 2, 3)  # stages whose input is halved
BINS = (1, 2, 4)
DECODER_SHARE = 2  # the decoder's width is that of the skip, divided by this


class PyramidPooling(nn.Module):
    """The features beside their means over 1, 2 x 2 and 4 x 4 parts of the picture."""

    def __init__(self, channels: int, bins: tuple[int, ...] = BINS) -> None:
        super().__init__()
        self.bins = bins
        self.reduce = nn.ModuleList(nn.Conv2d(channels, channels // 4, 1) for _ in bins)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w), h and w multiples of 4 -> (N, C + 3 C // 4, h, w)."""
        size = features.shape[-2:]
        levels = [features]
        for count, reduce in zip(self.bins, self.reduce, strict=True):
            pooled = functional.relu(reduce(functional.adaptive_avg_pool2d(features, count)))
            levels.append(
                functional.interpolate(pooled, size=size, mode="bilinear", align_corners=False)
            )
        return torch.cat(levels, dim=1)


class DecoderStep(nn.Sequential):
    """Two convolutions with batch norm over deep features and skip together."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class CrackSegNet(nn.Module):
    """Crack logits of RGB pictures scaled to [-1, 1].

    Args:
        width: channels of the first stage; 64 is VGG-16.
    """

    def __init__(self, width: int = FULL_WIDTH) -> None:
        super().__init__()
        self.to_statistics = ImageNetStatistics()
        self.stages = vgg_stages(width)
        for stage, rate in DILATIONS.items():
            for layer in self.stages[stage].children():
                if isinstance(layer, nn.Conv2d):
                    layer.dilation = layer.padding = (rate, rate)
        full, half, quarter, eighth, deepest = stage_widths(width)
        self.pyramid = PyramidPooling(deepest)
        self.decoder = nn.ModuleList()
        deep = deepest + len(BINS) * (deepest // 4)
        for skip in (eighth, quarter, half, full):
            self.decoder.append(DecoderStep(deep + skip, skip // DECODER_SHARE))
            deep = skip // DECODER_SHARE
        self.head = nn.Conv2d(deep, 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1], H and W multiples of 32 -> (N, 1, H, W) logits."""
        features = self.to_statistics(pictures)
        skips = []
        for level, stage in enumerate(self.stages):
            if level in POOLINGS_BEFORE:
                features = functional.max_pool2d(features, 2)
            features = stage(features)
            skips.append(features)
        deep = self.pyramid(skips.pop())
        for step in self.decoder:
            skip = skips.pop()
            if skip.shape[-1] != deep.shape[-1]:
                deep = functional.interpolate(
                    deep, scale_factor=2.0, mode="bilinear", align_corners=False
                )
            deep = step(torch.cat([deep, skip], dim=1))
        logits: Tensor = self.head(deep)
        return logits

    def load_backbone(self, path: Path) -> None:
        """Fill the stages from a state dict of torchvision's ``vgg16_bn``.

        Raises:
            ValueError: if the file does not hold it.
        """
        fill_stages(self.stages, path)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return list(self.stages.parameters())


def build(*, width: int = FULL_WIDTH) -> CrackSegNet:
    """The family's entry point; see :class:`CrackSegNet`."""
    return CrackSegNet(width)
