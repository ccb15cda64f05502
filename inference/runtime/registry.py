"""Finds the shipped models by name, and loads their weights.

Importing this module loads neither ONNX Runtime nor torch; :func:`load_model` and
:func:`load_classifier` do.
"""

from __future__ import annotations

from pathlib import Path

from inference.runtime import ClassificationModel, SegmentationModel
from inference.runtime.card import CARD_NAME, ModelCard, ModelError, WeightsFile, read_card
from inference.runtime.classification import NetworkClassification
from inference.runtime.network import Network
from inference.runtime.segmentation import NetworkSegmentation
from inference.runtime.torch_gpu import gpu_computes, missing_libraries

WEIGHTS_FOLDER = Path(__file__).resolve().parent.parent / "weights"
CPU_MODEL = "trace-edge"
GPU_MODEL = "trace-deep"
SCREEN_MODEL = "screen"
RUNTIMES = {"onnx": "onnx", "torch": "safetensors"}  # and the kind of file that each reads


def default_model(folder: Path = WEIGHTS_FOLDER) -> str:
    """The segmentation model for this machine: the deep one where a GPU computes."""
    deep = (folder / GPU_MODEL / CARD_NAME).is_file()
    return GPU_MODEL if deep and gpu_computes() else CPU_MODEL


def list_models(folder: Path = WEIGHTS_FOLDER) -> list[ModelCard]:
    """The cards of all models in a folder of models, by name."""
    if not folder.is_dir():
        return []
    return [read_card(each) for each in sorted(folder.iterdir()) if (each / CARD_NAME).is_file()]


def find_card(name: str | None = None, folder: Path = WEIGHTS_FOLDER) -> ModelCard:
    """The card of a model; of :func:`default_model` for None or an empty name.

    Raises:
        ModelError: naming the known models.
    """
    wanted = name or default_model(folder)
    # Compared with the names that are there, never joined to a path.
    cards = {card.name: card for card in list_models(folder)}
    if wanted not in cards:
        known = ", ".join(cards) or "none"
        raise ModelError(f"There is no model {wanted!r}. Known models: {known}.")
    return cards[wanted]


def find_screen(folder: Path = WEIGHTS_FOLDER) -> ModelCard | None:
    """The card of the network that screens photos, where it is shipped."""
    shipped = (folder / SCREEN_MODEL / CARD_NAME).is_file()
    return find_card(SCREEN_MODEL, folder) if shipped else None


def load_model(
    name: str | None = None,
    *,
    threads: int | None = None,
    precision: str | None = None,
    runtime: str | None = None,
    device: str | None = None,
    folder: Path = WEIGHTS_FOLDER,
) -> SegmentationModel:
    """Load a segmentation model, after checking that its weights are the ones of its card.

    Args:
        name: as in :func:`list_models`; None is the default model of the machine, or the CPU's
            where a CPU is asked for.
        threads: processor threads of one prediction; None leaves it to the runtime.
        precision: ``int8``, ``float16`` or ``float32``; None is the card's first.
        runtime: ``onnx`` (CPU) or ``torch``; None is torch where a GPU computes and the card has
            tensors for it, else ONNX.
        device: ``cpu`` or ``cuda``; None leaves it to the machine.

    Raises:
        ModelError: unknown name, precision, runtime or device, another task, weights that are
            missing or not the card's, a package that is missing, or no GPU where one is asked
            for.
    """
    on_cpu = runtime == "onnx" or device == "cpu"
    card = _card_for("segmentation", name or (CPU_MODEL if on_cpu else None), folder)
    return NetworkSegmentation(*_load(card, threads, precision, runtime, device))


def load_classifier(
    name: str | None = None,
    *,
    threads: int | None = None,
    precision: str | None = None,
    runtime: str | None = None,
    device: str | None = None,
    folder: Path = WEIGHTS_FOLDER,
) -> ClassificationModel:
    """Load a patch classifier; arguments and errors are those of :func:`load_model`.

    Args:
        name: None is the screen.
    """
    card = _card_for("classification", name or SCREEN_MODEL, folder)
    return NetworkClassification(*_load(card, threads, precision, runtime, device))


def _card_for(task: str, name: str | None, folder: Path) -> ModelCard:
    card = find_card(name, folder)
    if card.task != task:
        raise ModelError(
            f"The model {card.name!r} does {card.task}, not {task}. Choose another one."
        )
    return card


def _load(
    card: ModelCard,
    threads: int | None,
    precision: str | None,
    runtime: str | None,
    device: str | None,
) -> tuple[Network, ModelCard, WeightsFile]:
    """The network that fits, ready to run."""
    file, content = _weights(card, precision, runtime, device)
    if file.kind == RUNTIMES["torch"]:
        from inference.runtime.torch_network import TorchNetwork

        return TorchNetwork(content, card, file, device=device, threads=threads), card, file
    from inference.runtime.onnx_network import OnnxNetwork

    tensors = card.tensors_of(file)
    return OnnxNetwork(content, card, file, threads=threads, tensors=tensors), card, file


def _weights(
    card: ModelCard, precision: str | None, runtime: str | None, device: str | None
) -> tuple[WeightsFile, bytes]:
    """The file to load and its checked bytes."""
    if runtime is None:
        runtime = _runtime_for(card, precision, device)
    if runtime not in RUNTIMES:
        raise ModelError(f"There is no runtime {runtime!r}. Known: {', '.join(RUNTIMES)}.")
    if runtime == "onnx" and device == "cuda":
        raise ModelError(
            "The ONNX runtime computes on the processor only. For the GPU ask for the runtime "
            "torch, or for none."
        )
    if runtime == "torch":
        _check_torch(device)
    file = card.weights(precision, RUNTIMES[runtime])
    return file, card.content(file)


def _check_torch(device: str | None) -> None:
    """Raises :class:`ModelError` where torch cannot compute on that device."""
    if missing := missing_libraries():
        raise ModelError(
            f"The torch runtime needs {', '.join(missing)}, which this installation lacks. "
            "Install the training set (pip install -r requirements/all.txt), or ask for the "
            "runtime onnx."
        )
    from inference.runtime.torch_network import find_device

    find_device(device)


def _runtime_for(card: ModelCard, precision: str | None, device: str | None) -> str:
    """Torch for a GPU, ONNX Runtime for a processor."""
    if device is not None:
        return "torch" if device != "cpu" else "onnx"
    fits = any(
        file.kind == RUNTIMES["torch"] and precision in (None, file.precision)
        for file in card.files
    )
    return "torch" if fits and gpu_computes() else "onnx"
