"""Static int8 by ONNX Runtime: per-channel QDQ, calibrated and corrected on training pictures.

Per channel always: one scale for a whole tensor took a trained U-Net from F1 0.841 to 0.047.

Activations are unsigned and weights signed bytes. A processor without VNNI multiplies them by
``vpmaddubsw``, which adds two products into 16 bits and *saturates*: with weights of 8 bits two
neighbours reach 2 x 255 x 127 = 64770, above 32767, and the sum is silently cut. Such a processor
then computes another network than the one that was measured. With weights of 7 bits
(``reduce_range``: -64 to 64) the most is 2 x 255 x 64 = 32640, so nothing is ever cut and every
processor gives the same bytes. Intel 64 and IA-32 Architectures Software Developer's Manual,
volume 2, PMADDUBSW; ONNX Runtime, *Quantize ONNX models*, "When and why do I need to try U8U8?".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import CalibrationMethod
from onnxruntime.quantization.shape_inference import quant_pre_process

from inference.training.ship.bias_correction import correct_biases


@dataclass(frozen=True, slots=True)
class Scheme:
    """The settings of int8 quantisation.

    Attributes:
        reduce_range: weights of 7 bits, so that no processor saturates.
        float_convolutions: how many convolutions nearest to the output stay in float.
        corrected_biases: take out what rounding adds to each channel's mean. Not after
            quantisation-aware training, which has learnt to live with it.
    """

    reduce_range: bool = True
    float_convolutions: int = 0
    corrected_biases: bool = True

    def in_words(self) -> str:
        """For the card."""
        bits = "7 bits, the same on every processor" if self.reduce_range else "8 bits"
        kept = f", the last {self.float_convolutions} convolutions in float"
        return (
            f"static, per channel, QDQ, uint8 activations, int8 weights of {bits}"
            f"{', biases corrected' if self.corrected_biases else ''}"
            f"{kept if self.float_convolutions else ''}"
        )


class Quantiser:
    """One float network, prepared and calibrated once, written in as many schemes as wanted.

    Args:
        float_path: the ONNX file in float32.
        tiles: (tile_px, tile_px, 3) uint8 RGB each, as the product would feed them.
        folder: for its own files; the caller removes it.
    """

    def __init__(
        self, float_path: Path, tiles: Iterable[npt.NDArray[np.uint8]], folder: Path
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._prepared = folder / "prepared.onnx"
        self._ranges = folder / "ranges.json"
        quant_pre_process(str(float_path), str(self._prepared), skip_symbolic_shape=True)
        self._tiles = list(tiles)
        if not self._tiles:
            raise ValueError("There are no training pictures to calibrate int8 with.")

    def write(self, int8_path: Path, scheme: Scheme) -> None:
        """Write the int8 model, all or nothing."""
        partial = int8_path.with_name(int8_path.name + ".partial")
        graph = onnx.load(str(self._prepared)).graph
        quantize_static(
            str(self._prepared),
            str(partial),
            _Tiles(self._tiles, graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=scheme.reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            calibration_cache_path=str(self._ranges),
            nodes_to_exclude=_kept_in_float(graph.node, scheme.float_convolutions),
        )
        if scheme.corrected_biases:
            rounded = onnx.load(str(partial))
            correct_biases(onnx.load(str(self._prepared)), rounded, self._tiles)
            onnx.save(rounded, str(partial))
        os.replace(partial, int8_path)


class _Tiles(CalibrationDataReader):
    def __init__(self, tiles: Iterable[npt.NDArray[np.uint8]], name: str) -> None:
        self._tiles: Iterator[npt.NDArray[np.uint8]] = iter(tiles)
        self._name = name

    def get_next(self) -> dict[str, Any] | None:
        tile = next(self._tiles, None)
        return None if tile is None else {self._name: tile[None]}


def _kept_in_float(nodes: Any, last_convolutions: int) -> list[str]:
    """The last convolutions, and everything behind the very last one.

    The sigmoid or softmax and what only moves its values: 256 steps of logits would be too
    coarse.
    """
    convolutions = [index for index, node in enumerate(nodes) if node.op_type == "Conv"]
    kept = [nodes[index].name for index in convolutions[len(convolutions) - last_convolutions :]]
    return [*kept, *(node.name for node in nodes[convolutions[-1] + 1 :])]
