"""Half-precision weights: one file for both runtimes, the same answers, nothing overflows."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from inference.networks.image_pyramid import ImagePyramid  # noqa: E402
from inference.networks.mobilenet_unet import build  # noqa: E402
from inference.networks.product import ProductNetwork  # noqa: E402
from inference.networks.state_files import load_weights  # noqa: E402
from inference.runtime.card import ModelError  # noqa: E402
from inference.runtime.onnx_session import INPUT_NAME, start_session  # noqa: E402
from inference.runtime.registry import load_model  # noqa: E402
from inference.training.ship.half_precision import (  # noqa: E402
    round_to_half,
    write_graph,
    write_tensors,
)

SIDE = 64
WIDTHS = (8, 8, 8, 8)
SCALES = (1.0, 2.0)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(network rounded to half, folder with both files)."""
    torch.manual_seed(0)
    inner = build(widths=WIDTHS).eval()
    for module in inner.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean, 0, 0.1)
    network = ImagePyramid(inner, SCALES).eval()
    folder = tmp_path_factory.mktemp("half") / "deep"
    folder.mkdir()
    write_tensors(network, folder / "weights.safetensors")
    write_graph(network, folder / "model.onnx", folder / "weights.safetensors", input_px=SIDE)
    round_to_half(network)
    files = [
        {
            "precision": "float16",
            "file": name,
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **({"tensors_in": "weights.safetensors"} if name == "model.onnx" else {}),
        }
        for name in ("model.onnx", "weights.safetensors")
        for content in [(folder / name).read_bytes()]
    ]
    card = {
        "name": "deep",
        "task": "segmentation",
        "title": "A test",
        "terms": "Made by a test.",
        "threshold": 0.5,
        "input": {"tile_px": SIDE},
        "architecture": {
            "family": "image_pyramid",
            "options": {
                "family": "mobilenet_unet",
                "scales": list(SCALES),
                "options": {"widths": list(WIDTHS)},
            },
        },
        "files": files,
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return network, folder


@pytest.fixture
def tiles():
    return np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)


def test_graph_over_shared_tensors_says_what_the_network_says(written, tiles):
    network, folder = written
    with torch.no_grad():
        expected = ProductNetwork(network)(torch.from_numpy(tiles)).numpy()
    session = start_session(
        (folder / "model.onnx").read_bytes(),
        {"weights.safetensors": (folder / "weights.safetensors").read_bytes()},
        what="the graph",
        threads=1,
    )
    np.testing.assert_allclose(session.run(None, {INPUT_NAME: tiles})[0], expected, atol=1e-4)
    assert expected.std() > 1e-3


def test_both_runtimes_answer_alike(written, tiles):
    _, folder = written
    by_onnx, by_torch = (
        load_model("deep", threads=1, runtime=runtime, device="cpu", folder=folder.parent)
        for runtime in ("onnx", "torch")
    )
    assert by_onnx.info.runtime == "onnx-cpu-float16"
    np.testing.assert_allclose(by_onnx.predict(tiles), by_torch.predict(tiles), atol=2e-3)


def test_tensors_are_on_the_disk_once(written):
    _, folder = written
    graph, tensors = (
        (folder / name).stat().st_size for name in ("model.onnx", "weights.safetensors")
    )
    n_parameters = sum(each.numel() for each in written[0].parameters())
    assert tensors < 2.3 * n_parameters
    assert graph < 0.2 * tensors


def test_the_file_fills_a_network_for_fine_tuning(written):
    network, folder = written
    fresh = ImagePyramid(build(widths=WIDTHS), SCALES)
    load_weights(fresh, folder / "weights.safetensors")
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(fresh.state_dict()[name], value)


def test_one_changed_byte_of_the_tensors_is_noticed(written, tmp_path):
    _, folder = written
    other = tmp_path / "deep"
    other.mkdir()
    for path in folder.iterdir():
        content = bytearray(path.read_bytes())
        if path.suffix == ".safetensors":
            content[-5] ^= 1
        (other / path.name).write_bytes(bytes(content))
    with pytest.raises(ModelError, match=r"weights\.safetensors of the model 'deep' are damaged"):
        load_model("deep", threads=1, runtime="onnx", folder=tmp_path)


def test_too_large_a_value_is_a_sentence(tmp_path):
    network = nn.Conv2d(1, 1, 1)
    nn.init.constant_(network.weight, 1e6)
    with pytest.raises(ValueError, match="half precision cannot store"):
        write_tensors(network, tmp_path / "weights.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_tensors_of_another_network_are_refused(written, tmp_path):
    other = nn.Sequential(nn.Conv2d(3, 1, 3))
    write_tensors(other, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="another network"):
        write_graph(
            written[0], tmp_path / "model.onnx", tmp_path / "weights.safetensors", input_px=SIDE
        )
    assert [each.name for each in tmp_path.iterdir()] == ["weights.safetensors"]
