"""The screening family: starts as MobileNetV2 at half resolution, sees crops as patches."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torchvision.models import mobilenet_v2  # noqa: E402

from inference.networks.mobilenet_cells import build  # noqa: E402


def test_it_starts_as_mobilenet_v2_of_the_halved_picture(tmp_path):
    torch.manual_seed(0)
    whole = mobilenet_v2(weights=None).eval()
    torch.save(whole.state_dict(), tmp_path / "backbone.pth")
    network = build().eval()
    network.load_backbone(tmp_path / "backbone.pth")
    picture = torch.rand(1, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        ours = network.blocks(network.stem(picture))
        theirs = whole.features[:14](torch.nn.functional.avg_pool2d(picture, 2))
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)


def test_a_crop_in_training_is_seen_patch_by_patch_in_its_place():
    torch.manual_seed(1)
    network = build(classes=3, patch_px=64).eval()
    crops = torch.rand(2, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        # Batch norm as in evaluation, so that a patch's cells do not depend on its company.
        network.training = True
        logits, cells = network(crops)
        network.training = False
        for row in range(2):
            for column in range(2):
                y, x = 64 * row, 64 * column
                alone = network._cells(crops[:, :, y : y + 64, x : x + 64])
                place = cells[:, 1:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
                torch.testing.assert_close(place, alone)
    assert cells.shape == (2, 3, 4, 4)
    assert not cells[:, 0].any()
    torch.testing.assert_close(logits, cells.amax(dim=(2, 3)))


def test_one_class_is_none():
    with pytest.raises(ValueError, match="2 classes or more, not 1"):
        build(classes=1)
