"""U-Net++, whose skips are nested decoders (Zhou et al., DLMIA 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import segmentation_models_pytorch as smp

from inference.networks.smp_segmentation import SmpSegmentation


def build(
    *,
    encoder: str = "mobilenet_v2",
    widths: Sequence[int] = (256, 128, 64, 32, 16),
    attention: str | None = None,
) -> SmpSegmentation:
    """The network; its options are those of ``inference.networks.unet``."""
    return SmpSegmentation(
        smp.UnetPlusPlus,
        encoder,
        encoder_depth=len(widths),
        decoder_channels=tuple(widths),
        decoder_attention_type=attention,
    )
