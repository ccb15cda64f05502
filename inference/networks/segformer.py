"""SegFormer: a hierarchical transformer encoder, an all-MLP decoder (Xie et al., NeurIPS 2021)."""

from __future__ import annotations

import segmentation_models_pytorch as smp

from inference.networks.smp_segmentation import SmpSegmentation


def build(*, encoder: str = "mit_b0", width: int = 256) -> SmpSegmentation:
    """The network.

    Args:
        encoder: ``mit_b0`` to ``mit_b5``, or a convolutional one.
        width: channels of the decoder.
    """
    return SmpSegmentation(smp.Segformer, encoder, decoder_segmentation_channels=width)
