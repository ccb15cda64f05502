"""Opens a session of ONNX Runtime on the CPU, from bytes that were checked against the card."""

from __future__ import annotations

from collections.abc import Mapping

import onnxruntime

from inference.runtime.card import ModelError

RUNTIME = "onnx-cpu"
# As ``inference.training.ship.export`` names them.
INPUT_NAME = "tiles"
OUTPUT_NAME = "probability"


def start_session(
    content: bytes,
    tensors: Mapping[str, bytes],
    *,
    what: str,
    threads: int | None = None,
) -> onnxruntime.InferenceSession:
    """Start a session.

    Args:
        content: the ONNX file.
        tensors: contents of the files that hold its tensors, by name; empty where the ONNX
            file is whole. Nothing is read from the disk.
        what: the file and model in words, for the sentence.
        threads: processor threads of one prediction; None leaves it to the runtime.

    Raises:
        ModelError: if ONNX Runtime refuses the file.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        if tensors:
            options.add_external_initializers_from_files_in_memory(
                list(tensors), list(tensors.values()), [len(each) for each in tensors.values()]
            )
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no one base class for its errors
        raise ModelError(
            f"ONNX Runtime cannot load {what} ({error}). Restore the file from the release, or "
            "install the pinned onnxruntime."
        ) from error
