"""Several sizes of the picture: the mean by hand, the same in ONNX, sizes that are refused."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnxruntime  # noqa: E402
from torch.nn import functional  # noqa: E402

from inference.networks.multi_scale import MultiScale  # noqa: E402
from inference.networks.product import ProductNetwork  # noqa: E402
from inference.runtime.onnx_session import INPUT_NAME, OUTPUT_NAME  # noqa: E402
from inference.training.export import export_onnx  # noqa: E402


class Lopsided(torch.nn.Module):
    """Logits that depend on the neighbours, and on left and right."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.look = torch.nn.Conv2d(3, 1, 5, padding=2)

    def forward(self, pictures):
        logits = self.look(pictures)
        return (logits, logits * 0) if self.training else logits


def picture(height: int = 32, width: int = 64) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


def enlarged(given: torch.Tensor, height: int, width: int) -> torch.Tensor:
    return functional.interpolate(given, (height, width), mode="bilinear", align_corners=False)


@pytest.mark.parametrize("mirror", [False, True])
def test_it_is_the_mean_by_hand(mirror):
    network, given = Lopsided().eval(), picture()
    with torch.no_grad():
        one, two = network(given), network(enlarged(given, 64, 128))
        if mirror:
            one = (one + network(given.flip(3)).flip(3)) / 2
            two = (two + network(enlarged(given.flip(3), 64, 128)).flip(3)) / 2
        # The mean of each pixel's four quarters.
        quarters = two.reshape(2, 1, 32, 2, 64, 2).mean(dim=(3, 5))
        found = MultiScale(network, (1.0, 2.0), mirror)(given)
    torch.testing.assert_close(found, (one + quarters) / 2)


def test_one_scale_without_mirror_is_the_network():
    network, given = Lopsided().eval(), picture()
    with torch.no_grad():
        torch.testing.assert_close(MultiScale(network, (1.0,))(given), network(given))


def test_a_mirrored_picture_gets_the_mirrored_answer():
    several, given = MultiScale(Lopsided(), (1.0, 1.5), mirror=True).eval(), picture()
    with torch.no_grad():
        torch.testing.assert_close(several(given.flip(3)), several(given).flip(3))


def test_the_area_mean_of_a_fraction_is_exact():
    # Logits that are a ramp stay that ramp: enlarged by 1.5, then averaged over each pixel's area.
    ramp = torch.arange(64.0).expand(1, 3, 32, 64)
    network = torch.nn.Conv2d(3, 1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 1 / 3)
    with torch.no_grad():
        found = MultiScale(network, (1.5,))(ramp)[0, 0]
    torch.testing.assert_close(found[:, 2:-2], ramp[0, 0, :, 2:-2], atol=0.12, rtol=0)
    assert found.shape == (32, 64)


@pytest.mark.parametrize(("scales", "mirror"), [((1.0, 2.0), True), ((1.0, 1.5), False)])
def test_onnx_says_the_same(scales, mirror, tmp_path):
    several = MultiScale(Lopsided(), scales, mirror)
    path = tmp_path / "several.onnx"
    export_onnx(several, path, input_px=64)
    assert [each.name for each in tmp_path.iterdir()] == ["several.onnx"]
    tiles = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (ours,) = session.run([OUTPUT_NAME], {INPUT_NAME: tiles})  # exported with 1, run with 3
    with torch.no_grad():
        theirs = ProductNetwork(several).eval()(torch.from_numpy(tiles)).numpy()
    assert ours.shape == (3, 64, 64)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_auxiliary_outputs_are_left_out_in_training_mode():
    several, given = MultiScale(Lopsided(), (1.0,)), picture()
    assert isinstance(several.train()(given), torch.Tensor)


@pytest.mark.parametrize(
    ("scales", "sentence"),
    [((), "at least one scale"), ((0.5,), "1 or more, in quarters, not 0.5"),
     ((1.0, 1.3), "not 1.3")],
)  # fmt: skip
def test_other_scales_are_refused(scales, sentence):
    with pytest.raises(ValueError, match=sentence):
        MultiScale(Lopsided(), scales)
