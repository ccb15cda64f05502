"""DeepLabv3+: atrous spatial pyramid and a light decoder (Chen et al., ECCV 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import segmentation_models_pytorch as smp

from inference.networks.smp_segmentation import SmpSegmentation


def build(
    *, encoder: str = "mobilenet_v2", width: int = 256, rates: Sequence[int] = (12, 24, 36)
) -> SmpSegmentation:
    """The network.

    Args:
        encoder: a name of segmentation-models-pytorch that can be dilated.
        width: channels of pyramid and decoder.
        rates: of the three dilated convolutions, at 1/16.
    """
    return SmpSegmentation(
        smp.DeepLabV3Plus, encoder, decoder_channels=width, decoder_atrous_rates=tuple(rates)
    )
