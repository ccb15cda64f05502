"""The five convolution stages of VGG-16, cut at its poolings; DeepCrack and CrackSegNet use them.

Simonyan and Zisserman, *Very deep convolutional networks*, ICLR 2015, with batch norm. Names
follow torchvision's ``vgg16_bn``, so that its state dict fills them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn
from torchvision.models.vgg import make_layers

from inference.networks.state_files import fill, read_state

FULL_WIDTH = 64
CONVOLUTIONS = (2, 2, 3, 3, 3)
WIDENING = (1, 2, 4, 8, 8)


def stage_widths(width: int) -> tuple[int, ...]:
    """Channels after each stage, where the first has ``width``."""
    return tuple(width * times for times in WIDENING)


def vgg_stages(width: int = FULL_WIDTH) -> nn.ModuleList:
    """Five stages of 3 x 3 convolutions with batch norm and ReLU; the poolings are the caller's."""
    layers: list[str | int] = []
    for count, channels in zip(CONVOLUTIONS, stage_widths(width), strict=True):
        layers += [channels] * count + ["M"]
    stages = nn.ModuleList()
    part = nn.Sequential()
    for index, layer in enumerate(make_layers(layers, batch_norm=True)):
        if isinstance(layer, nn.MaxPool2d):
            stages.append(part)
            part = nn.Sequential()
        else:
            part.add_module(str(index), layer)  # torchvision's number
    return stages


def fill_stages(stages: nn.ModuleList, path: Path) -> None:
    """Fill the stages from a state dict of torchvision's ``vgg16_bn``.

    Raises:
        ValueError: if the file does not hold it, or the stages have another width.
    """
    fill(_Numbered(stages), _features(read_state(path)), path.name, "VGG-16 with batch norm")


class _Numbered(nn.Module):
    """The layers of all stages under torchvision's own numbers."""

    def __init__(self, stages: nn.ModuleList) -> None:
        super().__init__()
        for stage in stages:
            for number, layer in stage.named_children():
                self.add_module(number, layer)


def _features(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix("features."): value
        for name, value in state.items()
        if not name.startswith("classifier.")
    }
