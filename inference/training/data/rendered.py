"""Training pictures from our own renderer, with exact masks and our own terms."""

from __future__ import annotations

from pathlib import Path

import cv2

from inference.render.photo import render
from inference.render.scenes import crack_free_scene, random_view, training_photo
from inference.render.specs import RenderedPhoto
from inference.render.surface_kinds import SURFACE_KINDS, kind_photo
from inference.training.fit.recipe import DataSet

SIDE_PX = 512


def render_set(each: DataSet, folder: Path) -> None:
    """Render the pictures of a set that are not in ``folder/{images,masks}`` yet.

    A set of surface kinds goes into ``folder/{plain_surface,crack,joint …}``, with no masks.

    The same seeds give the same pictures, so an interrupted rendering simply goes on.
    """
    if each.kind == "surface_kinds":
        _render_kinds(each, folder)
        return
    images, masks = folder / "images", folder / "masks"
    images.mkdir(parents=True, exist_ok=True)
    masks.mkdir(parents=True, exist_ok=True)
    for seed in range(each.first_seed, each.first_seed + each.rendered):
        image, mask = images / f"{seed:06d}.png", masks / f"{seed:06d}.png"
        if image.is_file() and mask.is_file():
            continue
        photo = _photo(seed, clean=each.kind == "clean")
        # PNG: the pixels have been through JPEG already, at the quality of their view.
        cv2.imwrite(str(mask), photo.mask)
        cv2.imwrite(str(image), cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2BGR))


def _render_kinds(each: DataSet, folder: Path) -> None:
    for kind in SURFACE_KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for seed in range(each.first_seed, each.first_seed + each.rendered):
            image = folder / kind / f"{seed:06d}.png"
            if not image.is_file():
                pixels = kind_photo(kind, seed).pixels
                cv2.imwrite(str(image), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def _photo(seed: int, *, clean: bool) -> RenderedPhoto:
    if clean:
        return render(crack_free_scene(seed, SIDE_PX, SIDE_PX), random_view(seed))
    return training_photo(seed, SIDE_PX, SIDE_PX)
