"""The card of a model: what it is, what it was trained on, how well it does, under which terms.

``card.json`` lies beside the weights. The instrument reads the few entries that it needs and
keeps the rest as it stands for people and pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARD_NAME = "card.json"


class ModelError(Exception):
    """A model cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file of weights.

    Attributes:
        precision: ``int8`` or ``float32``.
        name: file name beside the card.
        sha256: hexadecimal, checked at every load.
        size_bytes: for people.
    """

    precision: str
    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The card, with what the instrument needs as fields.

    Attributes:
        threshold: probability from which a pixel counts as crack, chosen on validation pictures.
        files: the first one is the default.
        details: the whole card as written, for display.
    """

    name: str
    task: str
    title: str
    terms: str
    threshold: float
    tile_px: int
    files: tuple[WeightsFile, ...]
    folder: Path
    details: Mapping[str, Any]

    def weights(self, precision: str | None = None) -> WeightsFile:
        """The file of that precision; the default one for None.

        Raises:
            ModelError: naming what is there.
        """
        for file in self.files:
            if precision in (None, file.precision):
                return file
        known = ", ".join(file.precision for file in self.files)
        raise ModelError(f"The model {self.name!r} has no {precision} weights, only {known}.")


def read_card(folder: Path) -> ModelCard:
    """Read the card of a model's folder.

    Raises:
        ModelError: if it is missing, no JSON, or lacks an entry.
    """
    path = folder / CARD_NAME
    try:
        details = json.loads(path.read_text(encoding="utf-8"))
        return ModelCard(
            name=details["name"],
            task=details["task"],
            title=details["title"],
            terms=details["terms"],
            threshold=float(details["threshold"]),
            tile_px=int(details["input"]["tile_px"]),
            files=tuple(
                WeightsFile(
                    precision=each["precision"],
                    name=each["file"],
                    sha256=each["sha256"],
                    size_bytes=int(each["size_bytes"]),
                )
                for each in details["files"]
            ),
            folder=folder,
            details=details,
        )
    except FileNotFoundError:
        raise ModelError(
            f"The model folder {folder.name!r} has no {CARD_NAME}. Restore it from the release."
        ) from None
    except json.JSONDecodeError as error:
        raise ModelError(
            f"The {CARD_NAME} of {folder.name!r} is not valid JSON ({error}). "
            "Restore it from the release."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The {CARD_NAME} of {folder.name!r} lacks or garbles an entry ({error!r}). "
            "Restore it from the release."
        ) from error
