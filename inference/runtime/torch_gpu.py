"""Tells whether a GPU can compute, without importing torch if there is none."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from functools import cache

# The driver's own library: on a machine without it, torch's seconds of import are saved.
DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
# What the torch runtime needs beside torch: tensors from files, and the library of encoders.
LIBRARIES = ("torch", "torchvision", "safetensors", "segmentation_models_pytorch")


def missing_libraries() -> tuple[str, ...]:
    """The packages of the torch runtime that are not installed."""
    return tuple(name for name in LIBRARIES if importlib.util.find_spec(name) is None)


@cache
def gpu_computes() -> bool:
    """Whether torch can compute on an NVIDIA GPU of this machine, with all that it needs.

    Call it only in the process that computes: asking starts CUDA's driver.
    """
    try:
        ctypes.CDLL(DRIVER)
    except OSError:
        return False
    if missing_libraries():
        return False
    import torch

    return bool(torch.cuda.is_available())
