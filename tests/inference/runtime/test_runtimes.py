"""ONNX Runtime and torch behind one interface: chosen, equal, and refused with a sentence."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from inference.networks.registry import build_network  # noqa: E402
from inference.runtime import registry  # noqa: E402
from inference.runtime.card import ModelError  # noqa: E402
from inference.runtime.registry import default_model, load_classifier, load_model  # noqa: E402
from tests.inference.networks.shipping import CLASSES, reseal, ship  # noqa: E402

WIDTHS = {"widths": [8, 8, 8, 8]}
PYRAMID = {"family": "mobilenet_unet", "scales": [0.5, 1.0, 2.0], "options": WIDTHS}
NARROW = {"width": 0.5}
TILE_PX, PATCH_PX = 64, 64

needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.fixture(scope="module")
def masters(tmp_path_factory):
    """``masks``, ``several`` (a pyramid) and ``patches``, made once."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(3)
    network = build_network("mobilenet_unet", **WIDTHS)
    ship(network, "mobilenet_unet", WIDTHS, folder / "masks", input_px=TILE_PX)
    ship(build_network("image_pyramid", **PYRAMID), "image_pyramid", PYRAMID,
         folder / "several", input_px=TILE_PX)  # fmt: skip
    classifier = build_network("mobilenet_v2", **NARROW)
    ship(classifier, "mobilenet_v2", NARROW, folder / "patches", input_px=PATCH_PX)
    return folder


@pytest.fixture
def models(masters, tmp_path):
    """A copy that a test may damage."""
    for folder in masters.iterdir():
        (tmp_path / folder.name).mkdir()
        for file in folder.iterdir():
            (tmp_path / folder.name / file.name).write_bytes(file.read_bytes())
    return tmp_path


def pictures(count: int, side: int) -> np.ndarray:
    return np.random.default_rng(8).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["masks", "several"])
def test_masks_are_the_same_in_both(masters, name):
    tiles = pictures(3, TILE_PX)
    ours = load_model(name, runtime="onnx", threads=1, folder=masters).predict(tiles)
    by_torch = load_model(name, runtime="torch", device="cpu", threads=1, folder=masters)
    theirs = by_torch.predict(tiles)
    assert ours.shape == theirs.shape == (3, TILE_PX, TILE_PX)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)
    assert by_torch.tile_px == TILE_PX
    assert by_torch.info.runtime == "torch-cpu-float32"


def test_classes_are_the_same_in_both(masters):
    patches = pictures(19, PATCH_PX)  # more than one batch
    by_onnx = load_classifier("patches", runtime="onnx", threads=1, folder=masters)
    by_torch = load_classifier("patches", runtime="torch", device="cpu", threads=1, folder=masters)
    for model in (by_onnx, by_torch):
        assert (model.classes, model.patch_px) == (CLASSES, PATCH_PX)
        answers = model.predict(patches)
        assert answers.shape == (19, 2)
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(by_onnx.predict(patches), by_torch.predict(patches), atol=2e-4)


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_nothing_in_gives_nothing_out(masters, runtime):
    masks = load_model("masks", runtime=runtime, device="cpu", folder=masters)
    assert masks.predict(pictures(0, TILE_PX)).shape == (0, TILE_PX, TILE_PX)
    classes = load_classifier("patches", runtime=runtime, device="cpu", folder=masters)
    assert classes.predict(pictures(0, PATCH_PX)).shape == (0, 2)


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_pictures_of_another_size_are_refused(masters, runtime):
    with pytest.raises(ValueError, match=r"Tiles must be \(N, 64, 64, 3\) uint8"):
        load_model("masks", runtime=runtime, device="cpu", folder=masters).predict(pictures(1, 32))
    with pytest.raises(ValueError, match=r"Patches must be \(N, 64, 64, 3\) uint8"):
        load_classifier("patches", runtime=runtime, device="cpu", folder=masters).predict(
            pictures(1, 32)
        )


def test_a_strided_view_is_as_good_as_a_copy(masters):
    large = pictures(1, 2 * TILE_PX)
    view = large[:, ::2, ::2]
    for runtime in ("onnx", "torch"):
        model = load_model("masks", runtime=runtime, device="cpu", threads=1, folder=masters)
        np.testing.assert_array_equal(model.predict(view), model.predict(view.copy()))


@needs_no_gpu
@pytest.mark.parametrize("runtime", ["torch", None])
def test_a_gpu_that_is_not_there_is_said(masters, runtime):
    with pytest.raises(ModelError, match=r"A GPU was asked for, but .*Ask for the device cpu"):
        load_model("masks", runtime=runtime, device="cuda", folder=masters)
    with pytest.raises(ModelError, match="A GPU was asked for"):
        load_classifier("patches", runtime=runtime, device="cuda", folder=masters)


def test_onnx_never_pretends_to_use_the_gpu(masters):
    with pytest.raises(ModelError, match="ONNX runtime computes on the processor only"):
        load_model("masks", runtime="onnx", device="cuda", folder=masters)


def test_unknown_runtime_and_device_get_the_known_ones(masters):
    with pytest.raises(ModelError, match=r"no runtime 'openvino'\. Known: onnx, torch"):
        load_model("masks", runtime="openvino", folder=masters)
    with pytest.raises(ModelError, match="A device is cpu or cuda, not 'tpu'"):
        load_model("masks", device="tpu", folder=masters)


def test_torch_is_chosen_where_a_gpu_computes(masters, monkeypatch):
    monkeypatch.setattr(registry, "gpu_computes", lambda: True)
    info = load_model("masks", threads=1, folder=masters).info
    assert info.runtime.startswith("torch-")
    # A precision that only ONNX has, or ONNX itself, is what one gets all the same.
    assert load_model("masks", precision="float32", folder=masters).info.runtime.startswith("onnx")
    assert load_model("masks", runtime="onnx", folder=masters).info.runtime.startswith("onnx")
    monkeypatch.setattr(registry, "gpu_computes", lambda: False)
    assert load_model("masks", folder=masters).info.runtime.startswith("onnx")


def test_the_deep_model_is_the_default_where_a_gpu_computes(models, monkeypatch):
    monkeypatch.setattr(registry, "gpu_computes", lambda: True)
    assert default_model(models) == "trace-edge"  # no deep model in this folder
    (models / "masks").rename(models / "trace-deep")
    assert default_model(models) == "trace-deep"
    monkeypatch.setattr(registry, "gpu_computes", lambda: False)
    assert default_model(models) == "trace-edge"


def test_a_missing_library_is_named(masters, monkeypatch):
    monkeypatch.setattr(registry, "missing_libraries", lambda: ("safetensors",))
    with pytest.raises(ModelError, match=r"needs safetensors, which this installation lacks\."):
        load_model("masks", runtime="torch", folder=masters)


def test_each_door_takes_its_own_task(masters):
    with pytest.raises(ModelError, match="does classification, not segmentation"):
        load_model("patches", folder=masters)
    with pytest.raises(ModelError, match="does segmentation, not classification"):
        load_classifier("masks", folder=masters)


def test_damaged_tensors_are_noticed(models):
    path = models / "masks" / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ModelError, match=r"weights\.safetensors of .* are damaged or were exchang"):
        load_model("masks", runtime="torch", folder=models)


def test_tensors_of_another_network_are_refused(models):
    path = models / "masks" / "weights.safetensors"
    save_file(load_file(models / "patches" / "weights.safetensors"), path)
    reseal(models / "masks")
    with pytest.raises(ModelError, match=r"weights\.safetensors is not a mobilenet_unet with the"):
        load_model("masks", runtime="torch", folder=models)


def test_half_a_file_with_a_fresh_checksum_is_refused(models):
    path = models / "masks" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    reseal(models / "masks")
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        load_model("masks", runtime="torch", folder=models)


@pytest.mark.parametrize(
    ("architecture", "sentence"),
    [
        (None, "does not say which network it is"),
        ({"family": "unheard_of"}, "no network family 'unheard_of'"),
        ({"family": "mobilenet_unet", "options": {"depth": 9}}, "does not take these options"),
        ({"family": "mobilenet_unet", "options": {}}, "of another shape"),
    ],
)
def test_a_card_of_another_network_is_refused(models, architecture, sentence):
    reseal(models / "masks", {"architecture": architecture})
    with pytest.raises(ModelError, match=sentence):
        load_model("masks", runtime="torch", folder=models)


def test_a_model_without_tensors_has_no_torch_runtime(models):
    path = models / "masks" / "card.json"
    card = json.loads(path.read_text())
    card["files"] = card["files"][:1]
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match=r"no weights for the safetensors runtime, only model"):
        load_model("masks", runtime="torch", folder=models)


def test_onnx_on_a_machine_without_gpu_driver_never_imports_torch(masters):
    code = (
        "import sys; from pathlib import Path\n"
        "from inference.runtime import torch_gpu; torch_gpu.DRIVER = 'libno-such-driver.so'\n"
        "from inference.runtime.registry import load_model\n"
        f"load_model('masks', threads=1, folder=Path({str(masters)!r}))\n"
        "print('torch' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
