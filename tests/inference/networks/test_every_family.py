"""Every family of the registry: trains, evaluates, exports, says the same in both runtimes.

One test over the registry; a family that joins is tested without a change here, with its
defaults. Options below only make the large ones small.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inference.networks.registry import FAMILIES, Family, build_network  # noqa: E402
from inference.runtime.registry import load_classifier, load_model  # noqa: E402
from inference.training.evaluate.metrics import evaluate_picture, pool  # noqa: E402
from inference.training.fit.recipe import LossWeights  # noqa: E402
from inference.training.fit.tasks import find_task  # noqa: E402
from tests.inference.networks.shipping import CLASSES, ship  # noqa: E402

pytestmark = pytest.mark.long

SMALL = {
    "vgg16": {"hidden": 64},
    "vgg19": {"hidden": 64},
    "mobilenet_v2": {"width": 0.5},
    "mobilenet_v3_small": {"width": 0.5},
    "mobilenet_v3_large": {"width": 0.5},
    "unet": {"widths": [32, 24, 16, 12, 8]},
    "unet_plus_plus": {"widths": [32, 24, 16, 12, 8]},
    "deeplabv3plus": {"width": 32},
    "deepcrack": {"width": 8},
    "cracksegnet": {"width": 8},
    "segformer": {"width": 32},
    "image_pyramid": {"options": {"widths": [32, 24, 16, 12, 8]}},
}
# The others take 64. Its last map would be one pixel then, and norms over two numbers are chaos.
SIDE_PX = {"inception_v3": 160}
STEP_PX = {"image_pyramid": 64}  # the others take sides in steps of 32
CELL_PX = 32
BATCH, STEPS = 2, 3
RATE_ENCODER, RATE = 3e-5, 1e-3
SLOWER = {"fcn": 0.05}  # 2048 channels into its head: the same rate is a larger step
RECIPE = SimpleNamespace(loss=LossWeights())


def pictures(family: Family, side: int) -> tuple[np.ndarray, torch.Tensor]:
    """(BATCH, side, side, 3) uint8 grain, half of them with a dark line; truth of the task."""
    rng = np.random.default_rng(5)
    pixels = rng.normal(150, 12, (BATCH, side, side, 1)).repeat(3, axis=3)
    mask = np.zeros((BATCH, side, side), np.float32)
    for index in range(0, BATCH, 2):
        mask[index, 20 + 9 * index : 24 + 9 * index] = 1
    pixels -= 90 * mask[..., None]
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    if family.task == "segmentation":
        return pixels, torch.from_numpy(mask)[:, None]
    cells = mask.reshape(BATCH, side // CELL_PX, CELL_PX, side // CELL_PX, CELL_PX).max((2, 4))
    labels = np.concatenate([mask.max((1, 2))[:, None], cells.reshape(BATCH, -1)], axis=1)
    return pixels, torch.from_numpy(labels).long()  # the crop's class, then those of its cells


def train(network: torch.nn.Module, family: Family, pixels: np.ndarray, truth: torch.Tensor):
    """A few small steps on one batch, so that the loss must go down.

    Without dropout, and with norms that remember the batch as the last step leaves it: in
    evaluation the network then tells the pictures apart as in training, and the runtimes have
    something to agree on.
    """
    task = find_task(family.task)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout | torch.nn.Dropout2d):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    inputs = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    slower = SLOWER.get(family.name, 1.0)
    pretrained = {id(parameter) for parameter in network.encoder_parameters()}
    optimiser = torch.optim.Adam([
        {"params": network.encoder_parameters(), "lr": RATE_ENCODER * slower},
        {"params": [p for p in network.parameters() if id(p) not in pretrained]},
    ], lr=RATE * slower)  # fmt: skip
    losses = []
    for _ in range(STEPS):
        loss = task.loss(network.train()(inputs), truth, RECIPE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    with torch.no_grad():
        network(inputs)
    return losses


def figure(family: Family, answers: np.ndarray, truth: torch.Tensor) -> float | None:
    """Pooled F1 of masks, accuracy of patches."""
    if family.task == "segmentation":
        masks = (truth[:, 0].numpy() > 0).astype(np.uint8) * 255
        levels = np.rint(answers * 255).astype(np.uint8)
        scores = [
            evaluate_picture(level, mask, 0.5) for level, mask in zip(levels, masks, strict=True)
        ]
        return pool(scores, 0.5).f1
    return float((answers.argmax(1) == truth[:, 0].numpy()).mean())


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_trains_evaluates_exports_reloads_and_agrees(name, tmp_path):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    family, options, side = FAMILIES[name], SMALL.get(name, {}), SIDE_PX.get(name, 64)
    network = build_network(name, **options)
    pixels, truth = pictures(family, side)

    losses = train(network, family, pixels, truth)
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]

    ship(network, name, options, tmp_path / "made", input_px=side)
    load = load_model if family.task == "segmentation" else load_classifier
    by_onnx = load("made", runtime="onnx", threads=1, folder=tmp_path)
    by_torch = load("made", runtime="torch", device="cpu", threads=1, folder=tmp_path)
    assert by_onnx.info.runtime == "onnx-cpu-float32"
    assert by_torch.info.runtime == "torch-cpu-float32"

    ours, theirs = by_onnx.predict(pixels), by_torch.predict(pixels)
    assert ours.dtype == theirs.dtype == np.float32
    sizes = {"segmentation": (BATCH, side, side), "classification": (BATCH, len(CLASSES))}
    assert ours.shape == theirs.shape == sizes[family.task]
    np.testing.assert_allclose(ours, theirs, atol=2e-4)
    assert np.ptp(ours, axis=0).max() > 0.01, "the same for every picture: nothing was compared"
    assert figure(family, ours, truth) == pytest.approx(figure(family, theirs, truth), abs=0.02)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_takes_every_size_that_it_promises(name):
    family = FAMILIES[name]
    network = build_network(name, **SMALL.get(name, {})).eval()
    side, step = SIDE_PX.get(name, 64), STEP_PX.get(name, 32)
    sizes = {
        "segmentation": [(side, side + step), (side + step, side)],
        "classification": [(side, side), (side + 37, side + 10)],
    }
    for height, width in sizes[family.task]:
        with torch.no_grad():
            logits = network(torch.zeros(1, 3, height, width))
        expected = (1, 1, height, width) if family.task == "segmentation" else (1, 2)
        assert tuple(logits.shape) == expected


@pytest.mark.parametrize(
    "name", sorted(name for name, family in FAMILIES.items() if family.task == "classification")
)
def test_a_classifier_has_as_many_classes_as_asked_for(name):
    network = build_network(name, classes=7, **SMALL.get(name, {})).eval()
    side = SIDE_PX.get(name, 64)
    with torch.no_grad():
        assert network(torch.zeros(1, 3, side, side)).shape == (1, 7)
