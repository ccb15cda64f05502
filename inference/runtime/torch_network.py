"""Runs a model's network by torch, on CPU or GPU. Needs torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import nn

from inference.networks.product import ProductNetwork
from inference.networks.registry import build_network
from inference.networks.state_files import fill
from inference.runtime.card import ModelCard, ModelError, WeightsFile

GPU_PRECISION = torch.bfloat16  # of the layers where torch's autocast allows it
CPU_TILES, GPU_TILES = 1, 8  # at a time


def find_device(name: str | None = None) -> torch.device:
    """``cuda`` or ``cpu`` as asked for; the GPU where there is one for None.

    Raises:
        ModelError: if a GPU is asked for and there is none.
    """
    there = torch.cuda.is_available()
    if name is None:
        name = "cuda" if there else "cpu"
    if name not in ("cpu", "cuda"):
        raise ModelError(f"A device is cpu or cuda, not {name!r}.")
    if name == "cuda" and not there:
        reason = (
            "the installed PyTorch was built without CUDA"
            if torch.version.cuda is None
            else "PyTorch finds none (`nvidia-smi` shows what the driver sees)"
        )
        raise ModelError(
            f"A GPU was asked for, but {reason}. Ask for the device cpu, or leave the choice to "
            "the instrument."
        )
    return torch.device(name)


class TorchNetwork:
    """A :class:`inference.runtime.network.Network`, as the ONNX file of the same model has it.

    Computes in float32 on a CPU, in bfloat16 where torch's autocast allows it on a GPU.
    """

    patches_at_once = 64

    def __init__(
        self,
        content: bytes,
        card: ModelCard,
        file: WeightsFile,
        *,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        """Build and fill.

        Args:
            content: a safetensors file, already checked against the card.
            device: see :func:`find_device`.
            threads: processor threads, for all of torch in this process; None leaves them.

        Raises:
            ModelError: if the card names no network that can be built, the tensors are not its,
                or the GPU that was asked for is not there.
        """
        self._device = find_device(device)
        if threads is not None:
            torch.set_num_threads(threads)
        network = _filled(content, card, file)
        self._product = ProductNetwork(network, card.task).eval().to(self._device)
        self._product.network.to(memory_format=torch.channels_last)
        self._on_gpu = self._device.type == "cuda"
        self.tiles_at_once = GPU_TILES if self._on_gpu else CPU_TILES

    @property
    def runtime(self) -> str:
        """The runtime and device, for the model's info."""
        return "torch-cuda-bfloat16" if self._on_gpu else "torch-cpu-float32"

    def run(self, batches: Iterable[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.float32]]:
        """Probabilities of each batch of (N, H, W, 3) uint8 pictures.

        Raises:
            MemoryError: if the GPU has too little memory.
        """
        answers = []
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, GPU_PRECISION, enabled=self._on_gpu),
        ):
            try:
                for batch in batches:
                    given = torch.tensor(batch, device=self._device)  # copies: any strides do
                    answers.append(self._product(given).cpu().numpy())
            except torch.cuda.OutOfMemoryError as error:
                raise MemoryError("The GPU has too little free memory for this network.") from error
        return answers


def _filled(content: bytes, card: ModelCard, file: WeightsFile) -> nn.Module:
    """The card's network with the file's tensors."""
    architecture = card.details.get("architecture")
    if not isinstance(architecture, Mapping) or "family" not in architecture:
        raise ModelError(
            f"The card of {card.name!r} does not say which network it is. Restore it from the "
            "release."
        )
    options: dict[str, Any] = dict(architecture.get("options") or {})
    if card.task == "classification":
        options["classes"] = len(card.classes)
    try:
        tensors = {name: value.float() for name, value in load_tensors(content).items()}
        network = build_network(architecture["family"], **options)
        title = f"{architecture['family']} with the options of the card of {card.name!r}"
        fill(network, tensors, file.name, title)
        return network
    except SafetensorError as error:
        raise ModelError(
            f"{file.name} of the model {card.name!r} cannot be read as safetensors ({error}). "
            "Restore the file from the release."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The network of the model {card.name!r} cannot be built: {error}"
        ) from error
