"""Corrects the biases of an int8 network for what rounded weights add to each channel's mean.

A convolution with rounded weights W + ε answers on average ε E[x] too much, and the shifts of sixty
layers add up: a crack network then marks too few or too many pixels everywhere. E[x] is what float
says over calibration pictures, ε is known, so the shift is, and the bias can take it back. Nagel et
al., *Data-free quantization through weight equalization and bias correction*, ICCV 2019, section
4.2, with the means seen on pictures in place of those that batch norm foretells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from inference.runtime.onnx_session import start_session

Array = npt.NDArray[np.float64]
# Means over this many pictures are good to a hundredth of the shifts.
PICTURES = 16


def correct_biases(
    float_model: onnx.ModelProto,
    int8_model: onnx.ModelProto,
    tiles: Sequence[npt.NDArray[np.uint8]],
) -> None:
    """Changes the biases of ``int8_model`` so that its convolutions answer on average as in float.

    Args:
        float_model: the network that was quantised, its nodes of the same names.
        int8_model: QDQ; changed in place. Convolutions in float or without a bias stay as they are.
        tiles: (side, side, 3) uint8 RGB each; the first :data:`PICTURES` are looked at.
    """
    before = {node.name: node for node in float_model.graph.node}
    weights = {each.name: each for each in float_model.graph.initializer}
    rounded = list(_rounded_layers(int8_model.graph))
    means = _means(float_model, [before[each.name].input[0] for each in rounded], tiles[:PICTURES])
    for layer in rounded:
        node = before[layer.name]
        error = layer.weights - numpy_helper.to_array(weights[node.input[1]])
        layer.add_to_bias(-_shift(error, means[node.input[0]]))


@dataclass(frozen=True, slots=True)
class _RoundedLayer:
    """A convolution of the int8 file.

    Attributes:
        weights: (out, in a group, height, width) as it computes with them.
        bias: tensor of whole steps of ``step``, (out,).
    """

    name: str
    weights: Array
    bias: Any  # onnx.TensorProto
    step: Array

    def add_to_bias(self, shift: Array) -> None:
        """(out,), rounded to the bias's steps."""
        value = numpy_helper.to_array(self.bias)
        moved = (value + np.rint(shift / self.step)).astype(value.dtype)
        self.bias.CopyFrom(numpy_helper.from_array(moved, self.bias.name))


def _rounded_layers(graph: Any) -> Iterator[_RoundedLayer]:
    tensors = {each.name: each for each in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}

    def whole_and_step(name: str) -> tuple[Any, Array] | None:
        maker = made_by.get(name)
        if maker is None or maker.op_type != "DequantizeLinear" or maker.input[0] not in tensors:
            return None
        step = numpy_helper.to_array(tensors[maker.input[1]]).astype(np.float64)
        return tensors[maker.input[0]], step

    for node in graph.node:
        if node.op_type != "Conv" or len(node.input) < 3:
            continue
        weights, bias = whole_and_step(node.input[1]), whole_and_step(node.input[2])
        if weights is not None and bias is not None:
            whole = numpy_helper.to_array(weights[0]).astype(np.float64)
            yield _RoundedLayer(node.name, whole * weights[1].reshape(-1, 1, 1, 1), *bias)


def _shift(error: Array, mean: Array) -> Array:
    """What wrong weights add on average, (out,).

    Args:
        error: (out, in a group, height, width). mean: (in,) of what the layer sees.
    """
    out, inner = error.shape[:2]
    groups = len(mean) // inner
    by_group = error.sum(axis=(2, 3)).reshape(groups, out // groups, inner)
    return np.einsum("goi,gi->go", by_group, mean.reshape(groups, inner)).reshape(out)


def _means(
    model: onnx.ModelProto, names: Sequence[str], tiles: Sequence[npt.NDArray[np.uint8]]
) -> dict[str, Array]:
    """Mean of each named tensor over pictures and places, (channels,) each.

    One picture at a time: all layers of one are as much as memory should hold.
    """
    wanted = list(dict.fromkeys(names))
    looked_into = onnx.ModelProto()
    looked_into.CopyFrom(model)
    del looked_into.graph.output[:]
    looked_into.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in wanted
    )
    session = start_session(looked_into.SerializeToString(), {}, what="the network to round")
    total = {name: np.zeros(1) for name in wanted}
    for tile in tiles:
        answers = session.run(wanted, {model.graph.input[0].name: tile[None]})
        for name, answer in zip(wanted, answers, strict=True):
            total[name] = total[name] + answer.mean(axis=(0, 2, 3), dtype=np.float64)
    return {name: sum_ / len(tiles) for name, sum_ in total.items()}
