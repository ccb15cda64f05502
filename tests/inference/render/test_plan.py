"""Plans are checked before anything is rendered, and say where they are wrong."""

import json

import pytest

from inference.render.plan import load_plan, read_plan
from inference.render.presets import PRESETS, surface_of
from inference.render.specs import SpecError

SCENE = {
    "width_px": 200,
    "height_px": 150,
    "gsd_mm_per_px": 0.5,
    "surface": {"preset": "bridge_pier", "seed": 11, "stains": 0.5},
}
CRACK = {
    "seed": 5, "start_mm": [40, 30], "heading_deg": 80, "length_mm": 31, "width_mm": 0.6,
}  # fmt: skip


def photo(**changes):
    return {"file": "a.jpg", "scene": "pier", "cracks": [CRACK]} | changes


def plan(*photos):
    return {"scenes": {"pier": SCENE}, "photos": list(photos)}


def test_a_plan_becomes_scenes_views_and_capture_data():
    (planned,) = read_plan(
        plan(
            photo(
                view={"shift_mm": [6, -4], "rotation_deg": 0.8},
                exif={"captured_local": "2024-03-18T10:42:00", "offset": "+01:00",
                      "latitude": 46.5, "longitude": 7.4, "camera": "Drone H20"},
            )
        )
    )  # fmt: skip
    assert planned.file == "a.jpg"
    assert planned.scene.surface.boards == "vertical"  # of the preset
    assert planned.scene.surface.stains == 0.5  # changed
    assert planned.scene.margin_px == 16
    assert planned.scene.cracks[0].start_mm == (40.0, 30.0)
    assert planned.view.shift_mm == (6.0, -4.0)
    assert planned.capture.camera == "Drone H20"


def test_a_date_stands_for_ten_in_the_morning():
    (planned,) = read_plan(plan(photo(date="2025-06-01")))
    assert planned.capture.captured_local == "2025-06-01T10:00:00"


def test_a_scene_can_be_given_in_place_and_a_crack_by_waypoints():
    course = {"seed": 1, "length_mm": 50, "width_mm": 1, "waypoints_mm": [[1, 2], [40, 50]]}
    (planned,) = read_plan({"photos": [photo(scene=SCENE, cracks=[course])]})
    assert planned.scene.cracks[0].waypoints_mm == ((1.0, 2.0), (40.0, 50.0))


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ([], "A plan is a JSON object"),
        ({"photos": []}, "needs a list 'photos'"),
        (plan(photo(file="../a.jpg")), r"photos\[0\].file is a plain file name"),
        (plan(photo(), photo()), "Two photos would be written to a.jpg"),
        (plan(photo(scene="pear")), "there is no scene 'pear'"),
        (plan(photo(cracks=[CRACK | {"width": 1}])), r"cracks\[0\] has no 'width'. Did you mean"),
        (plan(photo(cracks=[{"seed": 1}])), "start_mm, heading_deg, length_mm, width_mm missing"),
        (plan(photo(cracks=[CRACK | {"width_mm": -1}])), "width_mm is above 0"),
        (plan(photo(cracks=[CRACK | {"width_mm": "1"}])), "width_mm is a number, not '1'"),
        (plan(photo(cracks=[CRACK | {"start_mm": [1]}])), "start_mm has 2 numbers, not 1"),
        (plan(photo(view={"tilt_x_deg": 80})), "within 40 degrees"),
        (plan(photo(exif={"captured_local": "yesterday"})), "captured_local is a local date"),
        (plan(photo(exif={"offset": "CET"})), r"offset is such as \+01:00"),
        (plan(photo(exif={"latitude": 1.0})), "together or not at all"),
        (plan(photo(exif={"latitude": 100.0, "longitude": 0.0})), "latitude is within 90"),
        (plan(photo(scene=SCENE | {"surface": {"preset": "moon"}})), "preset is one of"),
        (plan(photo(scene=SCENE | {"cracks": []})), "belong to a photo"),
    ],
)
def test_a_broken_plan_names_the_place(broken, sentence):
    with pytest.raises(SpecError, match=sentence):
        read_plan(broken)


def test_files_that_are_no_plans(tmp_path):
    with pytest.raises(SpecError, match="There is no plan"):
        load_plan(tmp_path / "none.json")
    path = tmp_path / "broken.json"
    path.write_text('{"photos": [}')
    with pytest.raises(SpecError, match="not valid JSON: line 1"):
        load_plan(path)
    path.write_text(json.dumps(plan(photo())))
    assert len(load_plan(path)) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_face(preset):
    assert surface_of(preset, 3).seed == 3
