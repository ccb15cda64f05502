"""MobileNetV2 that classifies small cells; a patch gets the result of its cells.

For screening: it must cost a small part of what a segmentation network costs, and still see a
crack of two pixels that crosses one corner of a large patch. Two changes to MobileNetV2
(Sandler et al., *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, CVPR 2018):

- It works at half the resolution, a quarter of the cost, but the halving is folded into the first
  convolution (6 x 6, stride 4). That one begins as "mean of 2 x 2 pixels, then the pretrained
  3 x 3 convolution" and learns from there what of the full resolution is worth keeping.
- It ends after the 96-channel blocks, where one place stands for a cell of 32 x 32 pixels, and
  every cell is classified. A patch holds what its most certain cell holds (multiple-instance
  learning by the maximum), instead of an average in which a short crack would drown.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from inference.networks.state_files import fill, read_state

CELL_PX = 32
STEM_CHANNELS = 32
LAST_BLOCK = 13  # torchvision's numbering; its 96 channels are at 1/16 there, at 1/32 here
CELL_CHANNELS = 96


class MobileNetCells(nn.Module):
    """Class logits of RGB patches scaled to [-1, 1].

    The first class is what is left where nothing else is seen (``no_crack``, ``plain surface``).

    Args:
        classes: number of classes, 2 or more.
        patch_px: side of the patches that it will be shown. In training a larger crop is seen as
            such patches side by side: their borders are padded with zeros, and three quarters of
            the cells of a small patch lie at its border.
    """

    def __init__(self, classes: int = 2, patch_px: int = 128) -> None:
        super().__init__()
        self.patch_px = patch_px
        if classes < 2:
            raise ValueError(f"A classifier has 2 classes or more, not {classes}.")
        features = mobilenet_v2(weights=None).features
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, kernel_size=6, stride=4, padding=2, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.ReLU6(inplace=True),
        )
        self.blocks = features[1 : LAST_BLOCK + 1]
        self.head = nn.Sequential(nn.Dropout2d(0.1), nn.Conv2d(CELL_CHANNELS, classes - 1, 1))

    def forward(self, patches: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """(N, 3, H, W) in [-1, 1] -> (N, classes) logits.

        In training also (N, classes, H / 32, W / 32), the logits of every cell.
        """
        aside = patches.shape[-1] // self.patch_px if self.training else 1
        if aside > 1 and patches.shape[-2:] == (aside * self.patch_px,) * 2:
            seen = _put_together(self._cells(_taken_apart(patches, aside)), aside)
        else:
            seen = self._cells(patches)
        # The first class is the zero that the others are measured from.
        cells = torch.cat([torch.zeros_like(seen[:, :1]), seen], dim=1)
        logits = cells.amax(dim=(2, 3))
        return (logits, cells) if self.training else logits

    def _cells(self, patches: Tensor) -> Tensor:
        """(N, classes - 1, H / 32, W / 32) logits of all classes but the first."""
        cells: Tensor = self.head(self.blocks(self.stem(patches)))
        return cells

    def load_backbone(self, path: Path) -> None:
        """Start from a state dict of torchvision's ``mobilenet_v2``.

        Raises:
            ValueError: if the file does not hold that network.
        """
        whole = mobilenet_v2(weights=None)
        fill(whole, read_state(path), path.name, "MobileNetV2 of torchvision's layout")
        first = whole.features[0]
        kernel: Tensor = first[0].weight
        halving = kernel.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3) / 4
        with torch.no_grad():
            self.stem[0].weight.copy_(halving)  # type: ignore[operator]
        self.stem[1].load_state_dict(first[1].state_dict())
        self.blocks.load_state_dict(whole.features[1 : LAST_BLOCK + 1].state_dict())

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return [*self.stem.parameters(), *self.blocks.parameters()]


def _taken_apart(crops: Tensor, aside: int) -> Tensor:
    """(N, C, aside * p, aside * p) -> (N * aside * aside, C, p, p)."""
    count, channels, side = crops.shape[0], crops.shape[1], crops.shape[2] // aside
    squares = crops.reshape(count, channels, aside, side, aside, side).permute(0, 2, 4, 1, 3, 5)
    return squares.reshape(-1, channels, side, side)


def _put_together(squares: Tensor, aside: int) -> Tensor:
    """(N * aside * aside, C, p, p) -> (N, C, aside * p, aside * p)."""
    channels, side = squares.shape[1], squares.shape[2]
    rows = squares.reshape(-1, aside, aside, channels, side, side).permute(0, 3, 1, 4, 2, 5)
    return rows.reshape(-1, channels, aside * side, aside * side)


def build(*, classes: int = 2, patch_px: int = 128) -> MobileNetCells:
    """The family's entry point; see :class:`MobileNetCells`."""
    return MobileNetCells(classes, patch_px)
