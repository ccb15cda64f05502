"""The shipped models by name, and the one door through which weights are loaded.

Importing this module loads neither ONNX Runtime nor torch; :func:`load_model` does.
"""

from __future__ import annotations

from pathlib import Path

from inference.runtime import SegmentationModel
from inference.runtime.card import CARD_NAME, ModelCard, ModelError, read_card

WEIGHTS_FOLDER = Path(__file__).resolve().parent.parent / "weights"
DEFAULT_MODEL = "trace-edge"


def list_models(folder: Path = WEIGHTS_FOLDER) -> list[ModelCard]:
    """The cards of all models in a folder of models, by name."""
    if not folder.is_dir():
        return []
    return [read_card(each) for each in sorted(folder.iterdir()) if (each / CARD_NAME).is_file()]


def find_card(name: str | None = None, folder: Path = WEIGHTS_FOLDER) -> ModelCard:
    """The card of a model; of the default one for None or an empty name.

    Raises:
        ModelError: naming the known models.
    """
    wanted = name or DEFAULT_MODEL
    # Compared with the names that are there, never joined to a path.
    cards = {card.name: card for card in list_models(folder)}
    if wanted not in cards:
        known = ", ".join(cards) or "none"
        raise ModelError(f"There is no model {wanted!r}. Known models: {known}.")
    return cards[wanted]


def load_model(
    name: str | None = None,
    *,
    threads: int | None = None,
    precision: str | None = None,
    folder: Path = WEIGHTS_FOLDER,
) -> SegmentationModel:
    """Load a segmentation model, after checking that its weights are the ones of its card.

    Args:
        name: as in :func:`list_models`; None is the default model.
        threads: processor threads of one prediction; None leaves it to the runtime.
        precision: ``int8``, ``float16`` or ``float32``; None is the card's first.

    Raises:
        ModelError: unknown name or precision, another task, or weights that are missing or
            not the card's.
    """
    card = find_card(name, folder)
    if card.task != "segmentation":
        raise ModelError(
            f"The model {card.name!r} does {card.task}, not segmentation. Choose another one."
        )
    file = card.weights(precision)
    content, tensors = card.content(file), card.tensors_of(file)
    from inference.runtime.onnx_segmentation import OnnxSegmentation

    return OnnxSegmentation(content, card, file, threads=threads, tensors=tensors)
