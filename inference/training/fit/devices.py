"""Chooses processor or GPU for a training, and the number format."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

import torch

DEVICES = ("auto", "cpu", "cuda")


def find_device(name: str) -> torch.device:
    """The device that ``--device`` asks for.

    Raises:
        ValueError: if a GPU is asked for that is not there.
    """
    if name not in DEVICES:
        raise ValueError(f"--device must be {', '.join(DEVICES)}, not {name!r}.")
    there = torch.cuda.is_available()
    if name == "cpu" or (name == "auto" and not there):
        return torch.device("cpu")
    if not there:
        reason = (
            "this PyTorch was built without CUDA"
            if torch.version.cuda is None
            else "PyTorch finds none; look at the driver with nvidia-smi"
        )
        raise ValueError(
            f"A GPU was asked for, but {reason}. Train with --device cpu, "
            "or on a machine with an NVIDIA GPU and the CUDA build of PyTorch."
        )
    return torch.device("cuda", 0)


def in_words(device: torch.device, threads: int) -> str:
    """For report and card."""
    if device.type == "cpu":
        return f"CPU, {threads} threads"
    return torch.cuda.get_device_name(device)


def make_repeatable(device: torch.device) -> None:
    """The same seed gives the same weights on the same machine, at a little speed.

    A processor with the same number of threads is repeatable by itself.
    """
    if device.type != "cuda":
        return
    # cuBLAS wants this before its first call; the documented value for repeatable results.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True, warn_only=True)


def fastest_precision(name: str, device: torch.device) -> str:
    """The precision that was asked for, or the next that the device computes itself.

    A processor computes fp16 slower than fp32; bf16 needs no scaling and loses as little. Where
    there are no instructions for bf16 (processors without AVX-512, GPUs before Ampere) PyTorch
    emulates it: a step of the U-Net of MobileNetV2 took 56 s on such a processor, 5.4 s in fp32.
    """
    if name == "fp32":
        return name
    if device.type == "cpu":
        return "bf16" if _processor_has_bf16() else "fp32"
    if name == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return "fp16"
    return name


def _processor_has_bf16() -> bool:
    """As oneDNN says, which computes the convolutions; False for a PyTorch without it."""
    if not torch.backends.mkldnn.is_available():
        return False
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


class Precision:
    """Mixed precision of the forward pass, with the scaled loss that half precision needs."""

    def __init__(self, name: str, device: torch.device) -> None:
        self.name = fastest_precision(name, device)
        self._device_type = device.type
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.name == "fp16")

    def autocast(self) -> AbstractContextManager[None]:
        """Around the forward pass."""
        return torch.autocast(
            self._device_type,
            dtype=torch.float16 if self.name == "fp16" else torch.bfloat16,
            enabled=self.name != "fp32",
        )
