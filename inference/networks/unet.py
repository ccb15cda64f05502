"""U-Net with a choice of encoders (Ronneberger et al., MICCAI 2015)."""

from __future__ import annotations

from collections.abc import Sequence

import segmentation_models_pytorch as smp

from inference.networks.smp_segmentation import SmpSegmentation


class Unet(SmpSegmentation):
    """Crack logits of RGB pictures scaled to [-1, 1].

    Args:
        encoder: a name of segmentation-models-pytorch.
        widths: channels of the decoder steps, at 1/16, 1/8, 1/4, 1/2 and full resolution.
        attention: ``"scse"`` for squeeze-and-excitation in the decoder, or None.
    """

    def __init__(
        self,
        encoder: str = "mobilenet_v2",
        widths: Sequence[int] = (256, 128, 64, 32, 16),
        attention: str | None = None,
    ) -> None:
        super().__init__(
            smp.Unet,
            encoder,
            encoder_depth=len(widths),
            decoder_channels=tuple(widths),
            decoder_attention_type=attention,
        )


def build(
    *,
    encoder: str = "mobilenet_v2",
    widths: Sequence[int] = (256, 128, 64, 32, 16),
    attention: str | None = None,
) -> Unet:
    """The family's entry point; see :class:`Unet`."""
    return Unet(encoder, widths, attention)
