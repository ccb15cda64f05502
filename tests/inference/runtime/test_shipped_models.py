"""The models in the repository: whole, small enough, with terms, and able to see."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.runtime.registry import CPU_MODEL, WEIGHTS_FOLDER, list_models, load_model
from inference.training.evaluate.pictures import predict_picture

MIB = 2**20
CARDS = list_models()
NAMES = [card.name for card in CARDS]
TRACERS = [card.name for card in CARDS if card.task == "segmentation"]
WEIGHTS = (".onnx", ".safetensors")


def concrete(seed: int, side: int = 512) -> np.ndarray:
    """(side, side) float32 grey with cloudiness and grain, no cracks."""
    rng = np.random.default_rng(seed)
    grey = np.full((side, side), 150, np.float32)
    for sigma, strength in ((40, 600), (8, 60), (1.2, 8), (0.5, 3)):
        grain = rng.normal(0, strength, (side, side)).astype(np.float32)
        grey += cv2.GaussianBlur(grain, (0, 0), sigma)
    return grey


def cracked(seed: int, width_px: int, side: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """(side, side, 3) RGB with one jagged dark line from edge to edge, and its mask."""
    rng = np.random.default_rng(seed)
    xs = np.linspace(0, side - 1, 48)
    ys = side / 2 + np.cumsum(rng.normal(0, 5, xs.size))
    points = np.stack([xs, ys], axis=1).round().astype(np.int32)
    mask = np.zeros((side, side), np.uint8)
    cv2.polylines(mask, [points], False, (255,), width_px)
    dark = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32) / 255
    return rgb(concrete(seed, side) * (1 - 0.75 * dark)), mask


def rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_the_default_model_is_there():
    assert CPU_MODEL in NAMES
    assert load_model(threads=1).info.name == CPU_MODEL


def test_all_weights_together_stay_light():
    files = [path for path in WEIGHTS_FOLDER.rglob("*") if path.suffix in WEIGHTS]
    sizes = [path.stat().st_size for path in files]
    assert max(sizes) <= 16 * MIB
    assert sum(sizes) <= 24 * MIB


@pytest.mark.parametrize("card", CARDS, ids=NAMES)
def test_no_file_lies_there_without_its_card(card):
    there = {path.name for path in card.folder.iterdir()}
    assert there == {"card.json", *(file.name for file in card.files)}


@pytest.mark.parametrize("card", CARDS, ids=NAMES)
def test_card_is_complete(card):
    details = card.details
    assert card.terms.startswith("Trained on ")
    for file in card.files:
        assert (card.folder / file.name).stat().st_size == file.size_bytes
        assert card.content(file)
    for entry in ("date", "architecture", "trained_on", "split", "metrics", "quantisation"):
        assert details[entry], entry
    shipped = card.weights().precision
    for entry in details["metrics"].values():
        figures = entry[shipped]
        assert figures.get("n_images") or figures.get("n_patches")
    assert (WEIGHTS_FOLDER / "LICENSE").read_text(encoding="utf-8").count(card.name) >= 1


@pytest.mark.parametrize("card", CARDS, ids=NAMES)
def test_card_of_the_present_format_says_how_sure_and_how_fast(card):
    details = card.details
    assert details["format"] == 2
    assert len(details["commit"]) == 40
    assert details["commit_note"] is None
    assert not {file.precision for file in card.files} - {"int8", "float16"}
    shipped = card.weights().precision
    assert details["speed"][shipped]["ms"] > 0
    assert all(isinstance(sentence, str) for sentence in details["falls_short"])
    for entry in details["metrics"].values():
        assert entry["group"]
        assert entry[shipped]["intervals"]
    if card.task == "segmentation":
        assert details["false_alarms_by_kind"]
        assert details["rendered_false_alarms_by_kind"]
        assert "confidence_calibration" in details


@pytest.mark.parametrize("name", TRACERS)
def test_finds_a_line_in_grey_texture(name):
    model = load_model(name, threads=1, runtime="onnx")
    pixels, mask = cracked(3, width_px=5)
    marked = predict_picture(model, pixels) >= model.info.threshold * 255
    near = cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0
    found = cv2.dilate(marked.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert found[mask > 0].mean() > 0.9
    assert (marked & ~near).mean() < 0.001


@pytest.mark.parametrize("name", TRACERS)
def test_marks_nothing_on_plain_texture(name):
    model = load_model(name, threads=1, runtime="onnx")
    probability = predict_picture(model, rgb(concrete(4)))
    assert (probability >= model.info.threshold * 255).mean() <= 0.001
