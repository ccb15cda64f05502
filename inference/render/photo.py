"""Renders one picture, from the scene to the pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.render.camera import (
    Linear,
    expose,
    face_to_picture,
    look,
    through_jpeg,
)
from inference.render.cracks import ProjectedCrack, draw_cracks, project_crack, truths_of
from inference.render.formwork import lay_formwork
from inference.render.laid_card import lay_card
from inference.render.lighting import SHADOW_KINDS, illumination, relief_shading
from inference.render.masonry import lay_masonry
from inference.render.objects import FRONT_KINDS, MARK_KINDS, paint_mark, place_in_front
from inference.render.paths import CrackLine, lay_out
from inference.render.specs import RenderedPhoto, SceneSpec, SurfaceSpec, ViewSpec
from inference.render.surface import Canvas, lay_concrete, tone_of
from inference.render.wear import lay_wear
from inference.render.weathering import lay_weathering


def render(
    scene: SceneSpec, view: ViewSpec | None = None, *, compress: bool = True
) -> RenderedPhoto:
    """Photograph a scene.

    Args:
        view: how the picture is taken; None = square on with the usual camera.
        compress: whether the pixels have been through JPEG at ``view.jpeg_quality``; False for
            a caller who writes the JPEG file himself.

    Returns:
        The picture with its truth. The same arguments always give the same pixels.
    """
    view = view or ViewSpec()
    face = make_face(scene, view)
    light = look(face, scene, view)
    del face
    cracks = _project_all(scene, view)
    mask = draw_cracks(light, cracks, view, scene.gsd_mm_per_px)
    size = (scene.width_px, scene.height_px)
    for item in scene.objects:
        if item.kind in FRONT_KINDS:
            _put_in_front(light, mask, *place_in_front((size[1], size[0]), item))
    shadows = tuple(o for o in scene.objects if o.kind in SHADOW_KINDS)
    light *= illumination(size, view, shadows)[:, :, None]
    pixels = expose(light, view)
    if compress and view.jpeg_quality is not None:
        pixels = through_jpeg(pixels, view.jpeg_quality)
    truths = [t for n, crack in enumerate(cracks) for t in truths_of(crack, size, n)]
    return RenderedPhoto(pixels, mask, tuple(truths), scene.gsd_mm_per_px / view.zoom)


def make_face(scene: SceneSpec, view: ViewSpec) -> Linear:
    """(H, W, 3) linear reflectance of the whole face with its margin, under raking light."""
    shape = (scene.height_px + 2 * scene.margin_px, scene.width_px + 2 * scene.margin_px)
    canvas = _canvas(scene.surface, shape, scene.gsd_mm_per_px, float(scene.margin_px))
    face = canvas.reflectance()
    for item in scene.objects:
        if item.kind in MARK_KINDS:
            paint_mark(face, item, scene.gsd_mm_per_px)
    face *= relief_shading(canvas.height, view)[:, :, None]
    for card in scene.cards:
        lay_card(face, card, scene.gsd_mm_per_px, scene.margin_px)
    return face


def _canvas(
    surface: SurfaceSpec, shape: tuple[int, int], gsd_mm_per_px: float, origin_px: float
) -> Canvas:
    canvas = Canvas.blank(shape, gsd_mm_per_px, origin_px, tone_of(surface))
    lay_concrete(canvas, surface)
    lay_masonry(canvas, surface)
    lay_weathering(canvas, surface)
    lay_formwork(canvas, surface)
    lay_wear(canvas, surface)
    return canvas


def _project_all(scene: SceneSpec, view: ViewSpec) -> list[ProjectedCrack]:
    homography = face_to_picture(scene, view)
    # Steps well below a pixel: the truth is finer than anything that measures it.
    step_mm = 0.5 * scene.gsd_mm_per_px / view.zoom
    lines: list[CrackLine] = []
    for spec in scene.cracks:
        lines.extend(lay_out(spec, step_mm))
    return [project_crack(line, homography) for line in lines]


def _put_in_front(
    light: Linear,
    mask: npt.NDArray[np.uint8],
    opacity: npt.NDArray[np.float32],
    colour: npt.NDArray[np.float32],
    shadow: npt.NDArray[np.float32],
) -> None:
    light *= shadow[:, :, None]
    light += opacity[:, :, None] * (colour - light)
    mask[opacity > 0.5] = 0
