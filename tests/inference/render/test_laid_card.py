"""A marker card on a rendered face is read at the scale that it was rendered with."""

from __future__ import annotations

import numpy as np
import pytest

from inference.imaging.exif import PhotoMetadata
from inference.measure.scale import resolve_scale
from inference.render.photo import render
from inference.render.plan import read_plan
from inference.render.presets import surface_of
from inference.render.specs import CardSpec, SceneSpec, SpecError, ViewSpec

GSD = 0.25


def scene(*cards: CardSpec) -> SceneSpec:
    return SceneSpec(700, 500, GSD, surface_of("dam", 5), margin_px=40, cards=cards)


def test_the_scale_of_the_card_is_that_of_the_picture():
    card = CardSpec((35.0, 30.0), turn_deg=4.0, asset="BR-1", url="https://demo.example/send")
    picture = render(scene(card), ViewSpec(seed=2, zoom=1.05), compress=False)
    found = resolve_scale(picture.pixels, PhotoMetadata())
    assert found.source == "marker_card" and not found.refusals
    assert found.scale is not None
    assert found.scale.gsd_mm_per_px == pytest.approx(picture.gsd_mm_per_px, rel=0.003)
    assert len(found.card_areas_px) == 1


def test_a_card_that_reaches_over_the_edge_stays_in_the_picture():
    bare = render(scene(), compress=False).pixels
    cut = render(scene(CardSpec((150.0, 100.0)), CardSpec((-60.0, -40.0), number=2)),
                 compress=False).pixels  # fmt: skip
    assert cut.shape == bare.shape
    changed = np.any(np.abs(cut.astype(int) - bare) > 20, axis=2)
    assert changed[-1, -100:].mean() > 0.5 and changed[0, :100].mean() > 0.5
    assert not changed[200:250, 300:400].any()


def test_a_plan_names_cards_and_refuses_what_there_is_not():
    plan = {"photos": [{"file": "a.jpg", "scene": {
        "width_px": 300, "height_px": 200, "gsd_mm_per_px": 0.5, "surface": {"seed": 1},
        "cards": [{"at_mm": [10, 10], "number": 3}]}}]}  # fmt: skip
    assert read_plan(plan)[0].scene.cards == (CardSpec((10.0, 10.0), number=3),)
    plan["photos"][0]["scene"]["cards"] = [{"at_mm": [10, 10], "number": 9}]  # type: ignore[index]
    with pytest.raises(SpecError, match="1 to 8"):
        read_plan(plan)
