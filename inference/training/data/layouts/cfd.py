"""CrackForest (CFD) as it is published: ``image/*.jpg`` and ``groundTruth/*.mat``.

Shi, Cui, Qi, Meng, Chen, T-ITS 2016. In ``groundTruth.Segmentation`` 1 is road, everything
above is crack. 37 of the 155 pictures have no labels and are left away; there is no split.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Pair, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import no_classes, parts_with_entries
from inference.training.data.masks import MaskValues

_VALUES = MaskValues(mat_key="groundTruth.Segmentation", ids=tuple(range(2, 256)))


def _recognises(folder: Path) -> bool:
    truth = folder / "groundTruth"
    return (folder / "image").is_dir() and truth.is_dir() and any(truth.glob("*.mat"))


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    no_classes(classes, folder)
    for name in ("image", "groundTruth"):
        if not (folder / name).is_dir():
            raise ValueError(
                f"There is no folder {folder / name}. CFD has image/ and groundTruth/."
            )
    image_of = {image.stem: image for image in pictures_in(folder / "image")}
    pairs = []
    for truth in sorted((folder / "groundTruth").glob("*.mat")):
        if truth.stem not in image_of:
            raise ValueError(
                f"{truth} has no picture {truth.stem}.jpg in {folder / 'image'}. "
                "Add the picture or take the label away."
            )
        pairs.append(Pair(image_of[truth.stem], truth, _VALUES))
    filled = parts_with_entries("cfd", folder, {"all": pairs})
    return Dataset("cfd", "segmentation", filled, ("crack",))


LAYOUT = Layout(
    title="CrackForest (Shi et al. 2016)",
    looks_for="image/ with pictures and groundTruth/ with .mat files",
    recognises=_recognises,
    read=_read,
)
