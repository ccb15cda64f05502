"""int8 files: per channel, nearly the float network, and safe where a processor saturates."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
torch = pytest.importorskip("torch")

from onnx import numpy_helper  # noqa: E402
from torch import nn  # noqa: E402

from inference.runtime.onnx_session import INPUT_NAME, start_session  # noqa: E402
from inference.training.ship.export import export_onnx  # noqa: E402
from inference.training.ship.qat import LARGEST_WEIGHT  # noqa: E402
from inference.training.ship.quantise import (  # noqa: E402
    Quantiser,
    Scheme,
)
from tests.inference.training.ship.saturation import cuts_sums_of_8_bits  # noqa: E402

SIDE = 32
LARGEST_INT16 = 32767


class Uneven(nn.Module):
    """Two convolutions whose channels differ a thousandfold, as those of a real network do."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 1, 1)
        with torch.no_grad():
            self.norm.weight.copy_(torch.logspace(-2, 1, 8))

    def forward(self, pictures):
        return self.second(torch.relu(self.norm(self.first(pictures))))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """(float file, {scheme: int8 file}, tiles)."""
    folder = tmp_path_factory.mktemp("quantised")
    tiles = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3), dtype=np.uint8)
    export_onnx(Uneven().eval(), folder / "float.onnx", input_px=SIDE)
    quantiser = Quantiser(folder / "float.onnx", tiles, folder / "work")
    schemes = (Scheme(True), Scheme(False), Scheme(True, float_convolutions=1))
    for number, scheme in enumerate(schemes):
        quantiser.write(folder / f"{number}.onnx", scheme)
    return (
        folder / "float.onnx",
        {scheme: folder / f"{number}.onnx" for number, scheme in enumerate(schemes)},
        tiles,
    )


def predict(path, tiles):
    session = start_session(path.read_bytes(), {}, what=path.name, threads=1)
    return session.run(None, {INPUT_NAME: tiles})[0]


def weights_of(path) -> list[np.ndarray]:
    """The int8 weights of the convolutions."""
    graph = onnx.load(str(path)).graph
    arrays = [numpy_helper.to_array(each) for each in graph.initializer]
    return [each for each in arrays if each.dtype == np.int8 and each.ndim == 4]


def test_int8_says_nearly_what_float_says(files):
    float_path, schemes, tiles = files
    expected = predict(float_path, tiles)
    assert expected.std() > 0.05  # says something at all
    for path in schemes.values():
        assert np.abs(predict(path, tiles) - expected).mean() < 0.02


class Lopsided(nn.Module):
    """A convolution over many channels that are never negative: errors of its weights add up."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first = nn.Conv2d(3, 64, 1)
        self.across = nn.Conv2d(64, 64, 3, padding=1, groups=64)
        self.last = nn.Conv2d(64, 1, 1)
        with torch.no_grad():
            self.first.weight.abs_()
            self.across.weight.abs_()

    def forward(self, pictures):
        return self.last(torch.relu(self.across(torch.relu(self.first(pictures)))))


@pytest.mark.parametrize("reduce_range", [True, False])
def test_corrected_biases_take_the_shift_out(tmp_path, reduce_range):
    tiles, fresh = (
        np.random.default_rng(seed).integers(150, 256, (8, SIDE, SIDE, 3), dtype=np.uint8)
        for seed in (1, 2)
    )
    export_onnx(Lopsided().eval(), tmp_path / "float.onnx", input_px=SIDE)
    quantiser = Quantiser(tmp_path / "float.onnx", tiles, tmp_path / "work")
    expected = predict(tmp_path / "float.onnx", fresh)
    shift = {}
    for corrected in (True, False):
        path = tmp_path / f"{corrected}.onnx"
        quantiser.write(path, Scheme(reduce_range, corrected_biases=corrected))
        shift[corrected] = abs(float((predict(path, fresh) - expected).mean()))
    assert shift[False] > 0.0005  # there is something to correct
    if cuts_sums_of_8_bits() and not reduce_range:
        # The reason for 7 bits: what is cut off depends on the picture, and no bias mends it.
        assert shift[True] > 0.3 * shift[False]
    else:
        assert shift[True] < 0.3 * shift[False]


def test_every_channel_has_its_own_scale(files):
    _, schemes, _ = files
    graph = onnx.load(str(schemes[Scheme(True)])).graph
    scales = [
        numpy_helper.to_array(each)
        for each in graph.initializer
        if each.name.endswith("_scale") and each.dims == [8]
    ]
    assert scales
    assert max(scale.max() / scale.min() for scale in scales) > 100


def test_reduced_weights_never_saturate_two_added_products(files):
    _, schemes, _ = files
    largest = max(np.abs(each.astype(int)).max() for each in weights_of(schemes[Scheme(True)]))
    assert largest <= LARGEST_WEIGHT[True]
    assert 2 * 255 * LARGEST_WEIGHT[True] <= LARGEST_INT16


def test_full_weights_can_saturate(files):
    _, schemes, _ = files
    largest = max(np.abs(each.astype(int)).max() for each in weights_of(schemes[Scheme(False)]))
    assert largest == 127
    assert 2 * 255 * largest > LARGEST_INT16


def test_convolutions_can_stay_in_float(files):
    _, schemes, _ = files
    assert len(weights_of(schemes[Scheme(True)])) == 2
    assert len(weights_of(schemes[Scheme(True, float_convolutions=1)])) == 1


def test_no_tiles_is_a_sentence(files, tmp_path):
    with pytest.raises(ValueError, match="no training pictures to calibrate"):
        Quantiser(files[0], [], tmp_path)


def test_words_for_the_card():
    assert "7 bits" in Scheme(True).in_words()
    assert "biases corrected" in Scheme(True).in_words()
    assert Scheme(False, 3).in_words().endswith("the last 3 convolutions in float")
