"""Cuts labelled patches from pictures with masks, after the split.

Patches of one source so stay on one side. A patch is a crack patch if its mask holds enough crack,
and a clean patch if it holds none at all. Patches between, such as with a crack that only touches
the corner, have no right label and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import Mask, RgbImage

NO_CRACK, CRACK = 0, 1  # classes of patches and cells that are cut by a mask
UNDECIDED = -100  # torch's own mark of a target that counts for nothing

# Crack pixels from which a square of this side holds a crack: a line of one to two pixels that
# crosses a quarter of it.
CRACK_PX_PER_SIDE_PX = 0.375


@dataclass(frozen=True, slots=True)
class Patch:
    """A square cut from a picture.

    Attributes:
        pixels: (patch_px, patch_px, 3) uint8 RGB.
        label: index of its class.
    """

    pixels: RgbImage
    label: int


def label_of(mask: Mask) -> int:
    """:data:`CRACK`, :data:`NO_CRACK` or :data:`UNDECIDED`, from a square (H, W) mask."""
    count = int(np.count_nonzero(mask))
    if not count:
        return NO_CRACK
    return CRACK if count >= CRACK_PX_PER_SIDE_PX * len(mask) else UNDECIDED


def cell_labels(mask: Mask, cell_px: int) -> npt.NDArray[np.int64]:
    """The label of every cell of a mask, (H // cell_px, W // cell_px)."""
    rows, columns = mask.shape[0] // cell_px, mask.shape[1] // cell_px
    inner = mask[: rows * cell_px, : columns * cell_px] > 0
    count = inner.reshape(rows, cell_px, columns, cell_px).sum(axis=(1, 3))
    decided = np.where(count >= CRACK_PX_PER_SIDE_PX * cell_px, CRACK, UNDECIDED)
    return np.where(count == 0, NO_CRACK, decided).astype(np.int64)


def cut_patches(pixels: RgbImage, mask: Mask, patch_px: int) -> Iterator[Patch]:
    """The decided patches of a picture, side by side from its top-left corner.

    Raises:
        ValueError: if the picture is smaller than a patch.
    """
    height, width = mask.shape
    if min(height, width) < patch_px:
        raise ValueError(
            f"A picture of {width}x{height} px holds no patch of {patch_px} px: ask for smaller "
            "patches, or give larger pictures."
        )
    for y in range(0, height - patch_px + 1, patch_px):
        for x in range(0, width - patch_px + 1, patch_px):
            label = label_of(mask[y : y + patch_px, x : x + patch_px])
            if label != UNDECIDED:
                yield Patch(pixels[y : y + patch_px, x : x + patch_px], label)


def fit_to_patch(pixels: RgbImage, patch_px: int) -> RgbImage:
    """A picture that is one patch as a whole, (patch_px, patch_px, 3), its sides stretched."""
    height, width = pixels.shape[:2]
    if (height, width) == (patch_px, patch_px):
        return pixels
    how = cv2.INTER_AREA if min(height, width) > patch_px else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (patch_px, patch_px), interpolation=how), np.uint8)


def mirrored_to(pixels: npt.NDArray[np.uint8], side_px: int) -> npt.NDArray[np.uint8]:
    """The same pixels, mirrored to the right and below until they fill a square."""
    below, right = side_px - pixels.shape[0], side_px - pixels.shape[1]
    if below <= 0 and right <= 0:
        return pixels
    return np.asarray(
        cv2.copyMakeBorder(pixels, 0, max(0, below), 0, max(0, right), cv2.BORDER_REFLECT), np.uint8
    )


def check_classes(labels: Sequence[str], where: str) -> None:
    """Raise ``ValueError`` unless there are pictures of two classes or more."""
    found = sorted(set(labels))
    if not found:
        raise ValueError(f"There are no labelled pictures in {where}; add some of every class.")
    if len(found) == 1:
        raise ValueError(
            f"All pictures in {where} are of the class {found[0]!r}: a classifier needs pictures "
            "of two classes or more. Add some of another class."
        )
