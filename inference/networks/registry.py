"""The registry of families of networks: the names that a recipe's ``family`` may have.

A family belongs to a task and is one module with a ``build(**options)`` and one entry here; a
family for a further task joins in the same way. Modules are imported when a network is built, so
listing the families needs no torch.

Every network takes (N, 3, H, W) float RGB in [-1, 1] and has ``load_backbone(path)``, which
fills its pretrained part from a local file, and ``encoder_parameters()``, the pretrained part.
Segmentation gives (N, 1, H, W) logits, sides multiples of 32; classification gives (N, classes)
logits. In training mode a tuple (main, *auxiliary) is allowed, in evaluation mode never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture family.

    Attributes:
        name: as recipes and cards write it.
        task: ``segmentation``, ``classification`` …
        title: for people.
        source: the paper.
        module: where its ``build(**options)`` is.
        options: defaults handed to ``build``; a recipe's options go over them.
    """

    name: str
    task: str
    title: str
    source: str
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="vgg16",
            task="classification",
            title="VGG-16",
            source="Simonyan and Zisserman, VGG, ICLR 2015",
            module="inference.networks.vgg",
            options={"depth": 16},
        ),
        Family(
            name="vgg19",
            task="classification",
            title="VGG-19",
            source="Simonyan and Zisserman, VGG, ICLR 2015",
            module="inference.networks.vgg",
            options={"depth": 19},
        ),
        Family(
            name="resnet50",
            task="classification",
            title="ResNet-50",
            source="He et al., ResNet, CVPR 2016",
            module="inference.networks.resnet",
            options={"depth": 50},
        ),
        Family(
            name="resnet101",
            task="classification",
            title="ResNet-101",
            source="He et al., ResNet, CVPR 2016",
            module="inference.networks.resnet",
            options={"depth": 101},
        ),
        Family(
            name="inception_v3",
            task="classification",
            title="Inception-v3",
            source="Szegedy et al., Rethinking the Inception architecture, CVPR 2016",
            module="inference.networks.inception_v3",
        ),
        Family(
            name="mobilenet_v2",
            task="classification",
            title="MobileNetV2",
            source="Sandler et al., MobileNetV2, CVPR 2018",
            module="inference.networks.mobilenet",
            options={"version": "v2"},
        ),
        Family(
            name="mobilenet_cells",
            task="classification",
            title="MobileNetV2 at half resolution, a class for every cell of 32 px",
            source="Sandler et al., MobileNetV2, CVPR 2018",
            module="inference.networks.mobilenet_cells",
        ),
        Family(
            name="mobilenet_v3_small",
            task="classification",
            title="MobileNetV3 small",
            source="Howard et al., Searching for MobileNetV3, ICCV 2019",
            module="inference.networks.mobilenet",
            options={"version": "v3_small"},
        ),
        Family(
            name="mobilenet_v3_large",
            task="classification",
            title="MobileNetV3 large",
            source="Howard et al., Searching for MobileNetV3, ICCV 2019",
            module="inference.networks.mobilenet",
            options={"version": "v3_large"},
        ),
        Family(
            name="mobilenet_unet",
            task="segmentation",
            title="U-Net with MobileNetV2 encoder, half-resolution decoder and sub-pixel head",
            source=(
                "Sandler et al., MobileNetV2, CVPR 2018; Ronneberger et al., U-Net, MICCAI 2015; "
                "Shi et al., sub-pixel convolution, CVPR 2016"
            ),
            module="inference.networks.mobilenet_unet",
        ),
        Family(
            name="image_pyramid",
            task="segmentation",
            title="Another family at several sizes of the picture, averaged",
            source=(
                "Chen et al., Attention to scale, CVPR 2016; Tao et al., Hierarchical "
                "multi-scale attention, 2020"
            ),
            module="inference.networks.image_pyramid",
        ),
        Family(
            name="unet",
            task="segmentation",
            title="U-Net, encoder by choice",
            source="Ronneberger et al., U-Net, MICCAI 2015",
            module="inference.networks.unet",
        ),
        Family(
            name="unet_plus_plus",
            task="segmentation",
            title="U-Net++, encoder by choice",
            source="Zhou et al., UNet++, DLMIA 2018",
            module="inference.networks.unet_plus_plus",
        ),
        Family(
            name="fcn",
            task="segmentation",
            title="FCN on a dilated ResNet",
            source="Long, Shelhamer and Darrell, Fully convolutional networks, CVPR 2015",
            module="inference.networks.fcn",
        ),
        Family(
            name="deeplabv3plus",
            task="segmentation",
            title="DeepLabv3+, encoder by choice",
            source="Chen et al., Atrous separable convolution, ECCV 2018",
            module="inference.networks.deeplabv3plus",
        ),
        Family(
            name="deepcrack",
            task="segmentation",
            title="DeepCrack",
            source="Liu et al., DeepCrack, Neurocomputing 338, 2019",
            module="inference.networks.deepcrack",
        ),
        Family(
            name="cracksegnet",
            task="segmentation",
            title="CrackSegNet",
            source="Ren et al., Construction and Building Materials 234, 2020",
            module="inference.networks.cracksegnet",
        ),
        Family(
            name="segformer",
            task="segmentation",
            title="SegFormer, encoder by choice",
            source="Xie et al., SegFormer, NeurIPS 2021",
            module="inference.networks.segformer",
        ),
    )
}


def find_family(name: str) -> Family:
    """The family of that name.

    Raises:
        ValueError: naming the known families.
    """
    if name not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise ValueError(f"There is no network family {name!r}. Known families: {known}.")
    return FAMILIES[name]


def build_network(name: str, **options: Any) -> nn.Module:
    """A fresh network of a family, with the options of the recipe's ``[network]`` table.

    Raises:
        ValueError: for an unknown family, options that it does not take, or a library of the
            training set that is not installed.
    """
    family = find_family(name)
    try:
        build = import_module(family.module).build
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The family {name!r} needs the package {error.name}, which is not installed. "
            "Install the training set: pip install -r requirements/all.txt."
        ) from error
    try:
        network: nn.Module = build(**{**family.options, **options})
    except TypeError as error:
        raise ValueError(f"The family {name!r} does not take these options: {error}.") from error
    return network
