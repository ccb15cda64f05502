"""``python -m inference render``, as a person and as the demo use it."""

import json

import pytest
from PIL import Image

from inference.__main__ import main


def render(folder, *options):
    return main(["render", "--out", str(folder), *options])


def test_pictures_with_their_truth(tmp_path, capsys):
    assert render(tmp_path / "new", "--count", "2", "--size", "96x64", "--cracks", "1") == 0
    names = sorted(p.name for p in (tmp_path / "new").iterdir())
    assert names == [
        "photo_001.jpg", "photo_001.json", "photo_001.mask.png",
        "photo_002.jpg", "photo_002.json", "photo_002.mask.png",
    ]  # fmt: skip
    printed = capsys.readouterr().out.split()
    assert [line.rsplit("/", 1)[1] for line in printed] == ["photo_001.jpg", "photo_002.jpg"]
    with Image.open(tmp_path / "new" / "photo_001.jpg") as picture:
        assert picture.size == (96, 64)


def test_a_series_and_pictures_only(tmp_path):
    options = ("--kind", "series", "--count", "3", "--size", "120x90", "--pictures-only")
    assert render(tmp_path, *options) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"photo_00{n}.jpg" for n in (1, 2, 3)]


def test_crack_free_pictures_have_no_cracks(tmp_path):
    assert render(tmp_path, "--kind", "crack-free", "--size", "96x64") == 0
    assert json.loads((tmp_path / "photo_001.json").read_text())["cracks"] == []


def test_a_plan_is_rendered(tmp_path):
    scene = {"width_px": 100, "height_px": 80, "gsd_mm_per_px": 1, "surface": {"seed": 1}}
    crack = {"seed": 2, "start_mm": [50, 40], "heading_deg": 10, "length_mm": 40, "width_mm": 3}
    plan = {"photos": [{"file": "x.jpg", "scene": scene, "cracks": [crack]}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert render(tmp_path / "out", "--plan", str(tmp_path / "plan.json")) == 0
    (crack_truth,) = json.loads((tmp_path / "out" / "x.json").read_text())["cracks"]
    assert crack_truth["width_mm_p95"] == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--plan", "nowhere.json"), "There is no plan"),
        (("--count", "0"), "--count is 1 or more"),
        (("--size", "8x8"), "16 to 12000 px"),
    ],
)
def test_what_cannot_be_rendered_is_said(tmp_path, capsys, options, sentence):
    assert render(tmp_path, *options) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "2000", "wide"])
def test_a_scale_that_cannot_be(tmp_path, capsys, scale):
    with pytest.raises(SystemExit) as ended:
        render(tmp_path, f"--gsd-mm-per-px={scale}")
    assert ended.value.code == 2
    assert "millimetres per pixel from 0.001 to 1000" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert render(tmp_path / "file", "--size", "96x64") == 1
    assert "Give another --out" in capsys.readouterr().err
