"""Models by name: found, checked against their card, refused with a sentence that helps."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402

from inference.runtime.card import ModelError, read_card  # noqa: E402
from inference.runtime.onnx_session import INPUT_NAME, OUTPUT_NAME  # noqa: E402
from inference.runtime.registry import find_card, list_models, load_model  # noqa: E402

TILE_PX = 8


def darkness_network() -> bytes:
    """An ONNX network that calls a pixel crack as much as it is dark: 1 - mean / 255."""
    shape = ["n", TILE_PX, TILE_PX, 3]
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [INPUT_NAME], ["float"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["float"], ["mean"], axes=[3], keepdims=0),
            helper.make_node("Mul", ["mean", "scale"], ["light"]),
            helper.make_node("Add", ["light", "one"], [OUTPUT_NAME]),
        ],
        "darkness",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, shape[:3])],
        [
            helper.make_tensor("scale", TensorProto.FLOAT, [], [-1 / 255]),
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with one good model, ``dark``, and one for another task, ``boxes``."""
    content = darkness_network()
    for name, task in (("dark", "segmentation"), ("boxes", "detection")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.onnx").write_bytes(content)
        card = {
            "name": name,
            "task": task,
            "title": "A test",
            "terms": "Made by a test.",
            "threshold": 0.4,
            "input": {"tile_px": TILE_PX},
            "files": [
                {
                    "precision": "float32",
                    "file": "model.onnx",
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size_bytes": len(content),
                }
            ],
        }
        (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return tmp_path


def test_load_and_predict(models):
    model = load_model("dark", threads=1, folder=models)
    tiles = np.zeros((3, TILE_PX, TILE_PX, 3), np.uint8)
    tiles[1] = 255
    probability = model.predict(tiles)
    assert probability.shape == (3, TILE_PX, TILE_PX)
    assert probability.dtype == np.float32
    np.testing.assert_allclose(probability.mean(axis=(1, 2)), [1, 0, 1], atol=1e-6)


def test_info_names_the_weights(models):
    info = load_model("dark", threads=1, folder=models).info
    assert (info.name, info.threshold, info.terms) == ("dark", 0.4, "Made by a test.")
    assert info.runtime == "onnx-cpu-float32"
    assert info.sha256 == hashlib.sha256((models / "dark" / "model.onnx").read_bytes()).hexdigest()


def test_no_tiles_give_no_probabilities(models):
    model = load_model("dark", threads=1, folder=models)
    assert model.predict(np.zeros((0, TILE_PX, TILE_PX, 3), np.uint8)).shape == (0, 8, 8)


@pytest.mark.parametrize(
    "tiles",
    [np.zeros((1, 9, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8),
     np.zeros((1, 8, 8, 3), np.float32)],
    ids=["size", "no batch", "type"],
)  # fmt: skip
def test_tiles_of_another_shape_are_refused(models, tiles):
    with pytest.raises(ValueError, match=r"Tiles must be \(N, 8, 8, 3\) uint8"):
        load_model("dark", threads=1, folder=models).predict(tiles)


def test_unknown_name_gets_the_known_ones(models):
    with pytest.raises(ModelError, match=r"no model 'drak'\. Known models: boxes, dark\."):
        load_model("drak", folder=models)


def test_a_name_is_never_a_path(models):
    with pytest.raises(ModelError, match="There is no model"):
        load_model("../" + models.name + "/dark", folder=models)


def test_another_task_is_refused(models):
    with pytest.raises(ModelError, match="does detection, not segmentation"):
        load_model("boxes", folder=models)


def test_unknown_precision_gets_the_known_ones(models):
    with pytest.raises(
        ModelError, match=r"has no int8 weights for the onnx runtime, only model\.onnx"
    ):
        load_model("dark", precision="int8", folder=models)


def test_one_changed_byte_is_noticed(models):
    path = models / "dark" / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="damaged or were exchanged"):
        load_model("dark", folder=models)


def test_missing_weights_are_named(models):
    (models / "dark" / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx of the model 'dark' cannot be read"):
        load_model("dark", folder=models)


def test_weights_that_are_no_network_are_named(models):
    rubbish = b"not a network"
    (models / "dark" / "model.onnx").write_bytes(rubbish)
    card_path = models / "dark" / "card.json"
    card = json.loads(card_path.read_text())
    card["files"][0]["sha256"] = hashlib.sha256(rubbish).hexdigest()
    card_path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match=r"cannot load model\.onnx"):
        load_model("dark", folder=models)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "not valid JSON"), ('{"name": "dark"}', "lacks or garbles"), ("[]", "lacks or garbles")],
)
def test_a_broken_card_is_named(models, text, sentence):
    (models / "dark" / "card.json").write_text(text)
    with pytest.raises(ModelError, match=sentence):
        read_card(models / "dark")


def test_a_folder_without_models_is_empty(tmp_path):
    assert list_models(tmp_path) == []
    assert list_models(tmp_path / "none") == []
    with pytest.raises(ModelError, match="Known models: none"):
        find_card(folder=tmp_path)


def test_listing_loads_neither_torch_nor_onnxruntime():
    code = (
        "import sys; from inference.runtime.registry import list_models; list_models();"
        "print(sorted({'torch', 'onnxruntime', 'onnx', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_made_up_network_is_valid():
    onnx.checker.check_model(onnx.load_from_string(darkness_network()))
