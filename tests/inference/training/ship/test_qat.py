"""Training on the int8 grid: the network computes as its int8 file will, and gains by it."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from inference.networks.product import ProductNetwork  # noqa: E402
from inference.runtime.onnx_session import INPUT_NAME, start_session  # noqa: E402
from inference.training.ship.export import export_onnx  # noqa: E402
from inference.training.ship.qat import RoundedWeights, rounding, train_rounded  # noqa: E402
from inference.training.ship.quantise import Quantiser, Scheme  # noqa: E402
from tests.inference.training.ship.saturation import cuts_sums_of_8_bits  # noqa: E402

SIDE = 32


def block(channels_in: int, channels_out: int, *, groups: int = 1, stride: int = 1):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU6(),
    )


class Tiny(nn.Module):
    """The parts of a MobileNet U-Net: depthwise, linear bottleneck, addition, enlargement."""

    def __init__(self) -> None:
        super().__init__()
        self.first = block(3, 8)
        self.bottleneck = nn.Sequential(
            block(8, 8, groups=8, stride=2), nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8)
        )
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, pictures):
        features = self.first(pictures)
        enlarged = functional.interpolate(
            self.bottleneck(features), scale_factor=2.0, mode="nearest"
        )
        return self.head(features + enlarged)


@pytest.fixture
def network():
    torch.manual_seed(1)
    tiny = Tiny()
    tiny.train()
    with torch.no_grad():  # statistics worth the name, and logits that spread
        for _ in range(20):
            tiny(torch.rand(2, 3, SIDE, SIDE) * 2 - 1)
        tiny.head.weight *= 6
    return tiny.eval()


@pytest.fixture
def tiles():
    return np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)


def pictures_of(tiles) -> torch.Tensor:
    return torch.from_numpy(tiles).permute(0, 3, 1, 2).float() / 127.5 - 1


def int8_file(network, tiles, folder, scheme):
    """Answers of the int8 file."""
    export_onnx(network, folder / "float.onnx", input_px=SIDE)
    Quantiser(folder / "float.onnx", tiles, folder / "work").write(folder / "int8.onnx", scheme)
    session = start_session((folder / "int8.onnx").read_bytes(), {}, what="int8", threads=1)
    return session.run(None, {INPUT_NAME: tiles})[0]


@pytest.mark.parametrize("reduce_range", [True, False])
def test_rounded_network_is_its_int8_file(network, tiles, tmp_path, reduce_range):
    product = ProductNetwork(network)
    with torch.no_grad():
        plain = product(torch.from_numpy(tiles)).numpy()
        with rounding(network, [pictures_of(tiles)], reduce_range=reduce_range):
            rounded = product(torch.from_numpy(tiles)).numpy()
    scheme = Scheme(reduce_range, corrected_biases=False)
    written = int8_file(network, tiles, tmp_path, scheme)
    to_file, to_float = np.abs(rounded - written).mean(), np.abs(plain - written).mean()
    assert to_float > 0.002  # the rounding shows
    if cuts_sums_of_8_bits() and not reduce_range:
        assert to_file > 0.1 * to_float  # the rehearsal rounds, this processor also cuts
    else:
        assert to_file < 0.1 * to_float


def test_rounding_leaves_the_network_as_it_was(network, tiles):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with rounding(network, [pictures_of(tiles)], reduce_range=True):
        assert set(network.state_dict()) != set(before)
    after = network.state_dict()
    assert set(after) == set(before)
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, rtol=0, atol=0)
    with torch.no_grad():
        network(pictures_of(tiles))  # no hook is left


def test_weights_lie_on_their_grid_and_learn_through_it():
    weight = torch.randn(4, 3, 3, 3, requires_grad=True)
    grid = RoundedWeights(reduce_range=True)
    grid.watching = False
    rounded = grid(weight)
    peaks = weight.detach().abs().amax(dim=(1, 2, 3), keepdim=True)
    steps = rounded.detach() / peaks * 64
    torch.testing.assert_close(steps, steps.round(), atol=1e-4, rtol=0)
    assert steps.abs().max() <= 64.001
    rounded.sum().backward()
    torch.testing.assert_close(weight.grad, torch.ones_like(weight))


class Cancelling(nn.Module):
    """10 x - 9.9 x of one value: on 64 steps the difference is wrong by half.

    The gain behind it can make up for that; only the gain learns.
    """

    def __init__(self) -> None:
        super().__init__()
        self.same_twice = nn.Conv2d(3, 2, 1, bias=False)
        self.difference = nn.Conv2d(2, 1, 1, bias=False)
        self.requires_grad_(False)
        self.gain = nn.Conv2d(1, 1, 1, bias=False)
        with torch.no_grad():
            self.same_twice.weight.fill_(1.0)
            self.difference.weight.copy_(torch.tensor([10.0, -9.9])[None, :, None, None])
            self.gain.weight.fill_(1.0)

    def forward(self, pictures):
        return self.gain(self.difference(self.same_twice(pictures)))


def test_training_on_the_grid_regains_what_rounding_lost(tiles):
    network, pictures = Cancelling().eval(), pictures_of(tiles)
    with torch.no_grad():
        wanted = network(pictures)

    def error(of) -> float:
        with torch.no_grad(), rounding(of, [pictures], reduce_range=True):
            return float(functional.mse_loss(of(pictures), wanted))

    lines: list[str] = []
    trained = train_rounded(
        network,
        ((pictures, wanted) for _ in range(60)),
        functional.mse_loss,
        [pictures],
        steps=50,
        rate=2e-2,
        reduce_range=True,
        say=lines.append,
    )
    assert error(trained) < 0.2 * error(network)
    assert lines == [lines[0]] and lines[0].startswith("quantisation-aware step 50 of 50")
    with torch.no_grad():
        torch.testing.assert_close(network(pictures), wanted)  # the one that came in is unharmed


def test_a_diverging_training_is_a_sentence(network, tiles):
    def broken(output, truth):
        return output.sum() * float("nan")

    with pytest.raises(ValueError, match="diverged"):
        train_rounded(
            network,
            [(pictures_of(tiles), torch.zeros(1))],
            broken,
            [pictures_of(tiles)],
            steps=1,
            rate=1e-3,
            reduce_range=True,
        )
