"""Every family: built by name, right shapes, learns, exports to ONNX without a change."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnxruntime  # noqa: E402

from inference.networks.registry import FAMILIES, build_network, find_family  # noqa: E402
from inference.runtime.onnx_segmentation import INPUT_NAME, OUTPUT_NAME  # noqa: E402
from inference.training.export import ProductNetwork, export_onnx  # noqa: E402
from inference.training.losses import summed_loss, tversky_loss  # noqa: E402
from inference.training.operations import count_operations  # noqa: E402
from inference.training.recipe import LossWeights  # noqa: E402

SEGMENTATION = sorted(name for name, family in FAMILIES.items() if family.task == "segmentation")


@pytest.mark.parametrize("name", SEGMENTATION)
def test_logits_have_the_size_of_the_picture(name):
    network = build_network(name).eval()
    with torch.no_grad():
        logits = network(torch.zeros(2, 3, 64, 96))
    assert logits.shape == (2, 1, 64, 96)


@pytest.mark.parametrize("name", SEGMENTATION)
def test_a_few_steps_lower_the_loss(name):
    torch.manual_seed(0)
    network = build_network(name).train()
    pictures = torch.randn(4, 3, 64, 64)
    truth = torch.zeros(4, 1, 64, 64)
    truth[:, :, 30:33] = 1
    pictures[:, :, 30:33] -= 3
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(20):
        loss = summed_loss(network(pictures), truth, LossWeights())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("name", SEGMENTATION)
def test_onnx_says_what_torch_says(name, tmp_path):
    torch.manual_seed(1)
    network = build_network(name).eval()
    path = tmp_path / "network.onnx"
    export_onnx(network, path, tile_px=64)
    tiles = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (ours,) = session.run([OUTPUT_NAME], {INPUT_NAME: tiles})  # exported with 1, run with 3
    with torch.no_grad():
        theirs = ProductNetwork(network).eval()(torch.from_numpy(tiles)).numpy()
    assert ours.shape == (3, 64, 64)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("name", SEGMENTATION)
def test_operations_are_counted(name):
    operations = count_operations(build_network(name), 64)
    assert operations.parameters > 1e5
    assert operations.macs_per_tile > 1e6


def test_unknown_family_gets_the_known_ones():
    with pytest.raises(ValueError, match=r"no network family 'unett'\. Known families: .*unet"):
        find_family("unett")


def test_options_that_a_family_does_not_take_are_named():
    with pytest.raises(ValueError, match="does not take these options"):
        build_network("mobilenet_unet", depth=50)
    with pytest.raises(ValueError, match="Give 4 decoder widths"):
        build_network("mobilenet_unet", widths=[8, 8])


def test_a_backbone_of_another_network_is_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"first_conv.0.weight": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=r"other\.pth is not a MobileNetV2"):
        build_network("mobilenet_unet").load_backbone(path)


def test_a_backbone_fills_the_encoder(tmp_path):
    from torchvision.models import mobilenet_v2

    torch.manual_seed(2)
    given = mobilenet_v2(weights=None)
    path = tmp_path / "backbone.pth"
    torch.save({name: value.half() for name, value in given.state_dict().items()}, path)
    network = build_network("mobilenet_unet")
    network.load_backbone(path)
    first = network.encoder[0][0][0].weight
    torch.testing.assert_close(first, given.features[0][0].weight.half().float())
    last = network.encoder[4][3].conv[2].weight
    torch.testing.assert_close(last, given.features[17].conv[2].weight.half().float())


def test_losses_of_perfect_and_of_opposite_predictions():
    truth = torch.zeros(1, 1, 8, 8)
    truth[..., 3, :] = 1
    sure = (truth * 2 - 1) * 50
    assert float(tversky_loss(sure, truth, alpha=0.5)) < 1e-4
    assert float(tversky_loss(-sure, truth, alpha=0.5)) > 0.95
    weights = LossWeights(bce=1.0, dice=0.5, tversky=2.0, tversky_alpha=0.3)
    assert float(summed_loss(sure, truth, weights)) < 1e-3


def test_tversky_weighs_misses_against_false_alarms():
    truth = torch.zeros(1, 1, 8, 8)
    truth[..., 3, :] = 1
    missed, alarmed = torch.full_like(truth, -50), torch.full_like(truth, -50)
    missed[..., 3, :4] = 50  # 4 of 8 found
    alarmed[..., 3, :] = 50
    alarmed[..., 5, :4] = 50  # 4 too many
    assert tversky_loss(missed, truth, alpha=0.2) > tversky_loss(alarmed, truth, alpha=0.2)
