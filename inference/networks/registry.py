"""Architecture families by name: what a recipe's ``family`` may say.

A family belongs to a task (``segmentation`` now; classification and detection join by
adding a module and an entry). Modules are imported when a network is built, so listing
the families needs no torch.
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
        task: ``segmentation`` …
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
            name="unet",
            task="segmentation",
            title="U-Net, encoder by choice",
            source="Ronneberger et al., U-Net, MICCAI 2015",
            module="inference.networks.unet",
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
        ValueError: for an unknown family, or options that it does not take.
    """
    family = find_family(name)
    build = import_module(family.module).build
    try:
        network: nn.Module = build(**{**family.options, **options})
    except TypeError as error:
        raise ValueError(f"The family {name!r} does not take these options: {error}.") from error
    return network
