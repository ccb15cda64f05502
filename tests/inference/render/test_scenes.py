"""Random scenes: deterministic, varied, and honest about where cracks are."""

import cv2
import numpy as np
import pytest

from inference.render.bench import CRACKS, HEIGHT_PX, WIDTH_PX, bench_scene
from inference.render.layouts import LAYOUTS
from inference.render.objects import FRONT_KINDS
from inference.render.paths import lay_out
from inference.render.photo import render
from inference.render.scenes import crack_free_scene, random_scene, random_view, training_photo
from inference.render.specs import SceneSpec, SpecError, SurfaceSpec


def test_the_same_seed_gives_the_same_pixels():
    first, again, other = (training_photo(seed, 200, 160) for seed in (21, 21, 22))
    assert (first.pixels == again.pixels).all()
    assert (first.mask == again.mask).all()
    assert (first.pixels != other.pixels).mean() > 0.5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_mask_lies_on_the_truth(layout):
    scene = random_scene(5, 300, 300, 0.5, 2, layout=layout, distractors=0.0)
    photo = render(scene, random_view(5, clean=True))
    assert photo.mask.any()
    assert set(np.unique(photo.mask)) <= {0, 255}
    near = cv2.dilate(photo.mask, np.ones((5, 5), np.uint8))
    for truth in photo.cracks:
        x, y = np.round(truth.centreline_px).astype(int).T
        visible = np.asarray(truth.width_mm_along) > 0.5 * scene.gsd_mm_per_px
        assert (near[y, x] > 0)[visible].all()
    lines = np.zeros_like(photo.mask)
    for truth in photo.cracks:
        cv2.polylines(lines, [np.round(truth.centreline_px).astype(np.int32)], False, 255, 1)
    widest = max(max(t.width_mm_along) for t in photo.cracks) / scene.gsd_mm_per_px
    away = cv2.distanceTransform(255 - lines, cv2.DIST_L2, 5)[photo.mask > 0]
    assert np.quantile(away, 0.99) < widest + 3


def test_crack_free_scenes_have_no_crack_but_much_else():
    scenes = [crack_free_scene(seed, 160, 160) for seed in range(12)]
    assert all(scene.cracks == () for scene in scenes)
    assert len({o.kind for scene in scenes for o in scene.objects}) >= 5
    photo = render(scenes[0], random_view(0))
    assert not photo.mask.any()
    assert photo.cracks == ()


def test_scenes_vary():
    scenes = [random_scene(seed, 512, 512) for seed in range(60)]
    assert len({s.surface.concrete for s in scenes}) == 7
    assert len({s.surface.finish for s in scenes}) == 6
    free = sum(not s.cracks for s in scenes)
    assert 5 <= free <= 22
    widths = [c.width_mm / s.gsd_mm_per_px for s in scenes for c in s.cracks]
    assert min(widths) < 1.5
    assert max(widths) > 8


def test_what_lies_in_front_hides_the_crack():
    seed = next(
        s for s in range(60)
        if any(o.kind in FRONT_KINDS for o in random_scene(s, 160, 160, 0.5, 3).objects)
    )  # fmt: skip
    scene = random_scene(seed, 160, 160, 0.5, 3)
    bare = SceneSpec(160, 160, 0.5, scene.surface, scene.cracks)
    assert (render(scene).mask > 0).sum() <= (render(bare).mask > 0).sum()


def test_the_bench_photo_is_as_promised():
    scene, _ = bench_scene()
    assert (scene.width_px, scene.height_px, scene.gsd_mm_per_px) == (4000, 3000, 1.0)
    lines = [lay_out(crack, 1.0) for crack in scene.cracks]
    assert len(lines) == CRACKS == 30
    assert all(len(line) == 1 for line in lines)
    points = [line[0].points_mm for line in lines]
    total_m = sum(np.hypot(*np.diff(p, axis=0).T).sum() for p in points) / 1000
    assert total_m == pytest.approx(20.0, abs=0.01)
    assert all((p > 0).all() and (p < [WIDTH_PX, HEIGHT_PX]).all() for p in points)


def test_impossible_specs_are_refused_with_a_sentence():
    with pytest.raises(SpecError, match="concrete is one of grey"):
        SurfaceSpec(seed=1, concrete="pink")
    with pytest.raises(SpecError, match="16 to 12000 px"):
        SceneSpec(4, 4, 1.0, SurfaceSpec(seed=1))
    with pytest.raises(SpecError, match=r"from 0\.001 to 1000"):
        SceneSpec(64, 64, 0.0, SurfaceSpec(seed=1))
