"""The layouts of data sets, by name.

Each layout is one module with a ``LAYOUT``. A further one joins by a module and an entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from inference.training.data.datasets import Dataset
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.sites import SITES_NAME, with_sites

_MODULES = (
    *("folders", "deepcrack", "crack500", "cfd", "sdnet2018", "ccic", "dacl10k", "s2ds"),
    *("codebrim", "coco", "yolo", "pascal_voc", "cvat"),
)

LAYOUTS: Mapping[str, Layout] = {
    name: import_module(f"inference.training.data.layouts.{name}").LAYOUT for name in _MODULES
}


def read_layout(
    folder: Path, layout: str | None = None, *, classes: Sequence[str] | None = None
) -> Dataset:
    """Read a folder of labelled pictures; its ``sites.csv``, if there is one, says their sites.

    Args:
        layout: a name of :data:`LAYOUTS`; None recognises the layout by its files.
        classes: names that count as crack, where the layout has several; None takes the
            layout's own (see its module).

    Raises:
        ValueError: naming the file or folder that is wrong and what to do about it.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder} to read labelled pictures from.")
    if layout is None:
        layout = _recognise(folder)
    elif layout not in LAYOUTS:
        raise ValueError(f"There is no layout {layout!r}. Known: {', '.join(LAYOUTS)}.")
    dataset = LAYOUTS[layout].read(folder, tuple(classes) if classes else None)
    table = folder / SITES_NAME
    return with_sites(dataset, folder, table) if table.is_file() else dataset


def _recognise(folder: Path) -> str:
    found = [name for name, each in LAYOUTS.items() if each.recognises(folder)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"{folder} may be laid out as {' or '.join(found)}. Say which one (layout)."
        )
    looked_for = "; ".join(f"{name}: {each.looks_for}" for name, each in LAYOUTS.items())
    raise ValueError(
        f"{folder} is laid out in no known way. Looked for: {looked_for}. "
        "Name the folder that holds these, or bring the files into one of these layouts."
    )
