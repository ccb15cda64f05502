"""Takes out of an int8 network what rounding adds to the mean of every channel.

Rounded weights shift the mean of what a convolution answers, and the shifts of sixty layers add up:
a crack network then marks too few or too many pixels everywhere. The means over calibration
pictures, in float and in int8, tell each shift; it goes into the bias, layer after layer from the
input on, so that each layer is corrected for what is left of those before it. All at once they
would correct the same shift many times over. Nagel et al., *Data-free quantization through weight
equalization and bias correction*, ICCV 2019, section 4.2, with pictures as in its appendix.
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
LAYERS = ("Conv", "Gemm")
# Means over so many pictures are good to a hundredth of the shifts.
PICTURES = 16


@dataclass(frozen=True, slots=True)
class _Bias:
    """Where a layer's bias lies: plain, or in whole steps of ``step``, one a channel."""

    tensor: Any  # onnx.TensorProto
    step: Array | None

    def add(self, shift: Array) -> None:
        """Adds (channels,) to the bias."""
        value = numpy_helper.to_array(self.tensor)
        added = value + (shift if self.step is None else np.rint(shift / self.step))
        self.tensor.CopyFrom(numpy_helper.from_array(added.astype(value.dtype), self.tensor.name))


def correct_biases(
    float_model: onnx.ModelProto,
    int8_model: onnx.ModelProto,
    tiles: Sequence[npt.NDArray[np.uint8]],
) -> None:
    """Changes the biases of ``int8_model`` so that its layers answer on average as in float.

    Args:
        float_model: the network that was quantised, its nodes of the same names.
        int8_model: QDQ; changed in place. Layers without a bias stay as they are.
        tiles: (side, side, 3) uint8 RGB each; the first :data:`PICTURES` are looked at.
    """
    pictures = np.stack(tiles[:PICTURES])[:, None]
    biases = _biases(int8_model.graph)
    float_outputs = {node.name: node.output[0] for node in float_model.graph.node}
    names = [node.name for node in _layers(int8_model.graph) if node.name in biases]
    wanted = _means(float_model, [float_outputs[name] for name in names], pictures)
    int8_outputs = {node.name: node.output[0] for node in int8_model.graph.node}
    for name, mean in zip(names, wanted, strict=True):
        (now,) = _means(int8_model, [int8_outputs[name]], pictures)
        biases[name].add(mean - now)


def _layers(graph: Any) -> Iterator[Any]:
    """Nodes with weights, from the input on: an ONNX graph is sorted."""
    return (node for node in graph.node if node.op_type in LAYERS)


def _biases(graph: Any) -> dict[str, _Bias]:
    """Of every layer that has one, by the layer's name."""
    tensors = {each.name: each for each in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    found = {}
    for node in _layers(graph):
        if len(node.input) < 3:
            continue
        name = node.input[2]
        if name in tensors:
            found[node.name] = _Bias(tensors[name], None)
        elif name in made_by and made_by[name].op_type == "DequantizeLinear":
            steps, scale = made_by[name].input[:2]
            step = numpy_helper.to_array(tensors[scale]).astype(np.float64)
            found[node.name] = _Bias(tensors[steps], step)
    return found


def _means(
    model: onnx.ModelProto, outputs: Sequence[str], pictures: npt.NDArray[np.uint8]
) -> list[Array]:
    """Mean of each named tensor over pictures and places, (channels,) each.

    One picture at a time: all layers of one are as much as memory should hold.
    """
    looked_into = onnx.ModelProto()
    looked_into.CopyFrom(model)
    del looked_into.graph.output[:]
    looked_into.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs
    )
    session = start_session(looked_into.SerializeToString(), {}, what="a network being rounded")
    name = model.graph.input[0].name
    total: list[Array] = [np.zeros(1)] * len(outputs)
    for picture in pictures:
        answers = session.run(None, {name: picture})
        total = [sum_ + _channel_mean(answer) for sum_, answer in zip(total, answers, strict=True)]
    return [each / len(pictures) for each in total]


def _channel_mean(answer: npt.NDArray[np.float32]) -> Array:
    """Of (1, channels, ...) over all but the channels."""
    over = tuple(axis for axis in range(answer.ndim) if axis != 1)
    return np.asarray(answer.mean(axis=over, dtype=np.float64))
