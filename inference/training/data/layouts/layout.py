"""The interface of a layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inference.training.data.datasets import Dataset


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of laying out labelled pictures.

    Attributes:
        title: for people, with the paper or tool that it comes from.
        looks_for: the files that show it, as part of a sentence.
        recognises: whether a folder is laid out so; looks at few files and never raises.
        read: the folder, and the names that count as crack (None: the layout's own), to a
            :class:`Dataset`; raises ValueError.
    """

    title: str
    looks_for: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, tuple[str, ...] | None], Dataset]
