"""The card of a model: its architecture, training data, figures and terms.

``card.json`` lies beside the weights. The instrument reads the few entries that it needs and
keeps the rest as it stands for people and pages.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.measure.line.confidence import read_calibration
from inference.types import ConfidenceCalibration, ModelInfo

CARD_NAME = "card.json"


class ModelError(Exception):
    """A model cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file of weights.

    Attributes:
        precision: ``int8``, ``float16`` (stored so, computed in float32 on a processor) or
            ``float32``.
        name: file name beside the card.
        sha256: hexadecimal, checked at every load.
        size_bytes: for people.
        tensors_in: another file of the card that holds this one's tensors, so that they are
            kept once for both runtimes; None where the file is whole.
    """

    precision: str
    name: str
    sha256: str
    size_bytes: int
    tensors_in: str | None = None

    @property
    def kind(self) -> str:
        """``onnx`` or ``safetensors``: what the file is, by its suffix."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The card, with what the instrument needs as fields.

    Attributes:
        threshold: probability from which a pixel (or a patch) counts as crack, chosen on
            validation pictures.
        tile_px: side of a segmentation network's tiles; 0 for a classifier.
        files: the first one of a kind (ONNX, safetensors) is that kind's default.
        details: the whole card as written, for display.
        classes: what a classifier tells apart, in the order of its output.
        patch_px: side of a classifier's patches; 0 for segmentation.
        confidence: how sure a traced crack is; None for classifiers and on older cards.
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
    classes: tuple[str, ...] = ()
    patch_px: int = 0
    confidence: ConfidenceCalibration | None = None

    def weights(self, precision: str | None = None, kind: str = "onnx") -> WeightsFile:
        """The file of that precision and kind; the kind's default one for None.

        Raises:
            ModelError: naming what is there.
        """
        for file in self.files:
            if file.kind == kind and precision in (None, file.precision):
                return file
        wanted = f"{precision} weights" if precision else "weights"
        raise ModelError(
            f"The model {self.name!r} has no {wanted} for the {kind} runtime, only "
            f"{', '.join(f'{file.name} ({file.precision})' for file in self.files) or 'none'}."
        )

    def info(self, file: WeightsFile, runtime: str) -> ModelInfo:
        """The facts about the weights that every analysis stores."""
        return ModelInfo(
            name=self.name,
            sha256=file.sha256,
            runtime=runtime,
            threshold=self.threshold,
            terms=self.terms,
            confidence=self.confidence,
        )

    def content(self, file: WeightsFile) -> bytes:
        """The bytes of a file, checked: what was checked is what is loaded.

        Raises:
            ModelError: if the file is missing, or its SHA-256 is not the card's.
        """
        path = self.folder / file.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"The weights {file.name} of the model {self.name!r} cannot be read "
                f"({error.strerror}). Restore the file from the release."
            ) from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise ModelError(
                f"The weights {file.name} of the model {self.name!r} are damaged or were "
                "exchanged: their SHA-256 is not the one in card.json. Restore the file from "
                "the release."
            )
        return content

    def tensors_of(self, file: WeightsFile) -> dict[str, bytes]:
        """The checked files that hold a file's tensors, by name; none where it is whole.

        Raises:
            ModelError: if such a file is missing, damaged, or not in the card.
        """
        if file.tensors_in is None:
            return {}
        for other in self.files:
            if other.name == file.tensors_in:
                return {other.name: self.content(other)}
        raise ModelError(
            f"The card of {self.name!r} names {file.tensors_in} for the tensors of {file.name} "
            "but does not list it. Restore the model's folder from the release."
        )


def read_card(folder: Path) -> ModelCard:
    """Read the card of a model's folder.

    Raises:
        ModelError: if it is missing, no JSON, or lacks an entry.
    """
    path = folder / CARD_NAME
    try:
        details = json.loads(path.read_text(encoding="utf-8"))
        sorts = details["task"] == "classification"
        return ModelCard(
            name=details["name"],
            task=details["task"],
            title=details["title"],
            terms=details["terms"],
            threshold=float(details["threshold"]),
            tile_px=0 if sorts else int(details["input"]["tile_px"]),
            files=tuple(
                WeightsFile(
                    precision=each["precision"],
                    name=_plain_name(each["file"]),
                    sha256=each["sha256"],
                    size_bytes=int(each["size_bytes"]),
                    tensors_in=each.get("tensors_in"),
                )
                for each in details["files"]
            ),
            folder=folder,
            details=details,
            classes=tuple(map(str, details["classes"])) if sorts else (),
            patch_px=int(details["input"]["patch_px"]) if sorts else 0,
            confidence=None if sorts else read_calibration(details.get("confidence_calibration")),
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


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.json``, all or nothing; last of all files: a folder with a card is a model."""
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    partial = folder / (CARD_NAME + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, folder / CARD_NAME)
    finally:
        partial.unlink(missing_ok=True)


def _plain_name(name: str) -> str:
    """A file name, never a way out of the model's folder."""
    if not name or name != Path(name).name or "\\" in name:
        raise ValueError(f"{name!r} is no file name")
    return name
