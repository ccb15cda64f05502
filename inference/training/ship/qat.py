"""Quantisation-aware training: a few hundred steps with weights rounded to the int8 grid.

An experiment, and off unless a recipe asks for it: no shipped network was trained so. On trace-edge
120 steps gained nothing on validation pictures (F1 0.6919 with 8 bits and 0.6877 with 7, against
0.6924 without), since corrected biases (``bias_correction``) leave nothing to gain. It may for a
network that loses more by rounding; what it gives is shipped only where validation bears it out.

In the forward pass every convolution sees its weights and its input rounded as the int8 file
will round them; in the backward pass the rounding counts as the identity inside the range
(straight-through estimator). Jacob et al., *Quantization and training of neural networks for
efficient integer-arithmetic-only inference*, CVPR 2018; Krishnamoorthi, *Quantizing deep
convolutional networks for efficient inference*, 2018.

Batch norm stays as it is, statistics frozen: it is folded into the convolution before it, and a
scale per output channel commutes with rounding per output channel, so rounding the unfolded
weights is rounding the folded ones.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

LARGEST_WEIGHT = {False: 127, True: 64}  # by reduce_range, as ONNX Runtime writes them
LARGEST_ACTIVATION = 255
LARGEST_GRADIENT_NORM = 1.0

ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.Hardswish, nn.Hardsigmoid, nn.SiLU, nn.GELU, nn.Sigmoid)


class RoundedWeights(nn.Module):
    """Weights on their int8 grid: symmetric, one scale per output channel."""

    def __init__(self, *, reduce_range: bool) -> None:
        super().__init__()
        self.largest = LARGEST_WEIGHT[reduce_range]
        self.watching = True

    def forward(self, weight: Tensor) -> Tensor:
        """(out, in, h, w) -> the same shape, each channel on at most ``2 * largest + 1`` values."""
        if self.watching:
            return weight
        peaks = weight.detach().abs().amax(dim=tuple(range(1, weight.ndim)))
        scales = (peaks / self.largest).clamp_min(torch.finfo(weight.dtype).tiny)
        zeros = torch.zeros_like(scales, dtype=torch.int32)
        rounded: Tensor = torch.fake_quantize_per_channel_affine(
            weight, scales, zeros, 0, -self.largest, self.largest
        )
        return rounded


class RoundedActivation(nn.Module):
    """A tensor on its uint8 grid: one scale and one zero point, from the range that was watched."""

    lowest: Tensor
    highest: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("lowest", torch.zeros(()))  # the grid always holds 0, for padding
        self.register_buffer("highest", torch.zeros(()))
        self.watching = True

    def forward(self, values: Tensor) -> Tensor:
        """Any shape -> the same shape, on at most 256 values; unchanged while watching."""
        if self.watching:
            self.lowest.copy_(torch.minimum(self.lowest, values.detach().min()))
            self.highest.copy_(torch.maximum(self.highest, values.detach().max()))
            return values
        scale = (self.highest - self.lowest) / LARGEST_ACTIVATION
        if scale <= 0:
            return values
        zero = torch.round(-self.lowest / scale).to(torch.int32)
        rounded: Tensor = torch.fake_quantize_per_tensor_affine(
            values, scale, zero, 0, LARGEST_ACTIVATION
        )
        return rounded


@contextmanager
def rounding(
    network: nn.Module, calibration: Iterable[Tensor], *, reduce_range: bool
) -> Iterator[None]:
    """Within the block ``network`` computes as its int8 file will; afterwards in float again.

    Rounded are the weights and inputs of all convolutions, what the steps of a sequence give
    (activations, and normalisations that none follows, which a residual addition takes) and the
    logits. Ranges are watched once, in float, as the quantiser does. What the network learns in
    the block stays, unrounded: the quantiser rounds it the same way.

    Args:
        network: in evaluation mode.
        calibration: (N, 3, H, W) pictures in [-1, 1].
    """
    convolutions = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    places: Sequence[nn.Module] = (*convolutions, *_steps(network), network)
    ranges = [RoundedActivation() for _ in places]
    weights = [RoundedWeights(reduce_range=reduce_range) for _ in convolutions]
    handles = [
        place.register_forward_pre_hook(_on_input(each))
        if isinstance(place, nn.Conv2d)
        else place.register_forward_hook(_on_output(each))
        for place, each in zip(places, ranges, strict=True)
    ]
    for convolution, grid in zip(convolutions, weights, strict=True):
        parametrize.register_parametrization(convolution, "weight", grid)
    try:
        device = next(network.parameters()).device
        for each in ranges:
            each.to(device)
        with torch.no_grad():
            for pictures in calibration:
                network(pictures.to(device))
        for each in ranges:
            each.watching = False
        for grid in weights:
            grid.watching = False
        yield
    finally:
        for handle in handles:
            handle.remove()
        for convolution in convolutions:
            parametrize.remove_parametrizations(convolution, "weight", leave_parametrized=False)


def train_rounded(
    network: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    loss: Callable[[Tensor, Tensor], Tensor],
    calibration: Iterable[Tensor],
    *,
    steps: int,
    rate: float,
    reduce_range: bool,
    say: Callable[[str], None] = lambda _: None,
) -> nn.Module:
    """A copy of ``network`` that has learnt, for ``steps`` steps, to live on its int8 grid.

    Args:
        batches: ((N, 3, H, W) pictures in [-1, 1], truth), at least ``steps`` of them.
        loss: a scalar of the network's output and the truth.
        calibration: pictures that the ranges of the activations are taken from.
        rate: highest learning rate; falls to 0 along a cosine.

    Raises:
        ValueError: if the loss stops being a number.
    """
    trained = copy.deepcopy(network).eval()  # frozen statistics: they are folded into the weights
    optimiser = torch.optim.Adam(trained.parameters(), lr=rate)
    device = next(trained.parameters()).device
    total = 0.0
    with rounding(trained, calibration, reduce_range=reduce_range):
        for step, (pictures, truth) in enumerate(islice(batches, steps)):
            for group in optimiser.param_groups:
                group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
            value = loss(trained(pictures.to(device)), truth.to(device))
            if not torch.isfinite(value):
                raise ValueError(
                    "Quantisation-aware training diverged: its loss is no number any more. Lower "
                    "qat_rate in the recipe's [quantisation]."
                )
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(trained.parameters(), LARGEST_GRADIENT_NORM)
            optimiser.step()
            total += float(value.detach())
            if (step + 1) % 50 == 0:
                say(f"quantisation-aware step {step + 1} of {steps}: loss {total / 50:.4f}")
                total = 0.0
    return trained


def _steps(network: nn.Module) -> list[nn.Module]:
    """Activations in sequences, and normalisations there that no activation follows."""
    found: list[nn.Module] = []
    for sequence in network.modules():
        if not isinstance(sequence, nn.Sequential):
            continue
        parts = list(sequence)
        for part, after in zip(parts, [*parts[1:], None], strict=True):
            if isinstance(part, ACTIVATIONS) or (
                isinstance(part, nn.BatchNorm2d) and not isinstance(after, ACTIVATIONS)
            ):
                found.append(part)
    return found


def _on_input(rounded: RoundedActivation) -> Callable[..., tuple[Tensor, ...]]:
    def hook(_: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (rounded(arguments[0]), *arguments[1:])

    return hook


def _on_output(rounded: RoundedActivation) -> Callable[..., Tensor]:
    def hook(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> Tensor:
        values: Tensor = rounded(output)
        return values

    return hook
