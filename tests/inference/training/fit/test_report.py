"""The report: one file, nothing fetched, no script; figures, examples and doubts are in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from inference.training.data.datasets import Pair
from inference.training.data.gather import TrainingData
from inference.training.fit.recipe import read_recipe
from inference.training.fit.report import Report, write_report
from inference.training.fit.report.curves import curve
from inference.training.fit.report.recipe_text import recipe_text
from inference.training.fit.tasks import Example
from tests.inference.training.walls import draw_wall, write_data


def validation(f1):
    return {"cracked": {"f1": f1, "score": f1, "marked_share": 0.03}}


@pytest.fixture
def report(tmp_path):
    recipe = read_recipe(write_data(tmp_path))
    pixels, mask = draw_wall(1, 96, cracked=True)
    drawn = np.repeat(mask[..., None], 3, 2)
    images = [tmp_path / f"wall_{n}.jpg" for n in range(3)]
    pairs = tuple(Pair(image, image) for image in images)
    return Report(
        recipe=recipe,
        data=TrainingData({"cracked": pairs, "clean": ()}, {"cracked": pairs[:1]}, ()),
        log=[
            {"step": 50, "spent_s": 3, "loss": 1.5},
            {"step": 50, "validation": validation(0.25), "collapsed": "It has collapsed."},
            {"step": 100, "spent_s": 6, "loss": 0.5},
            {"step": 100, "validation": validation(0.75), "collapsed": None},
        ],
        facts={"steps": "100", "computed on": "a <very> small machine"},
        examples=[
            Example("cracked/wall_1.jpg", pixels, drawn, pixels, "F1 0.7"),
            Example("clean/x.jpg", pixels, "crack", "no_crack, 93 %"),
        ],
        kept_step=100,
        notes=["Read this first."],
    )


class Reader(HTMLParser):
    """Tags that must be closed are, and what the page would fetch."""

    open_tags: list[str]
    fetched: list[str]
    void = {"meta", "img", "wbr", "br"}

    def __init__(self):
        super().__init__()
        self.open_tags, self.fetched = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open_tags.append(tag)
        self.fetched += [v for k, v in attrs if k in ("src", "href")]

    def handle_startendtag(self, tag, attrs):
        pass  # of SVG: closed already

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(report, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, report)
    page = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    assert reader.open_tags == []
    assert len(reader.fetched) == 4
    assert all(each.startswith("data:image/jpeg;base64,") for each in reader.fetched)
    assert "<script" not in page
    assert "http" not in re.sub(r"data:image[^\"]*", "", page)
    assert not list(tmp_path.glob("*.partial"))


def test_the_page_says_what_matters(report, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, report)
    page = path.read_text(encoding="utf-8")
    assert "a &lt;very&gt; small machine" in page
    assert "Read this first." in page
    assert "0.750" in page  # F1 of the last validation
    assert "3.00%" in page
    assert "no_crack, 93 %" in page
    assert "<title>step 100: 0.5</title>" in page  # a point of the loss
    assert "step 100, whose weights are kept" in page
    assert "It has collapsed." not in page  # it recovered
    assert "rate_encoder = 0.002" in page


def test_a_collapse_at_the_end_stands_at_the_top(report, tmp_path):
    from dataclasses import replace

    path = tmp_path / "report.html"
    write_report(path, replace(report, log=report.log[:2]))
    assert '<p class="warn">It has collapsed.</p>' in path.read_text(encoding="utf-8")


def test_a_training_without_figures_has_a_page_too(report, tmp_path):
    from dataclasses import replace

    path = tmp_path / "report.html"
    write_report(path, replace(report, log=[], examples=[], kept_step=None))
    assert "Nothing to draw yet." in path.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_a_sentence(report, tmp_path):
    with pytest.raises(ValueError, match=r"report\.html could not be written"):
        write_report(tmp_path / "nowhere" / "report.html", report)


def test_a_curve_lies_in_its_frame_and_high_is_up():
    drawn = curve([(0, 1.0), (50, 3.0), (100, 2.0), (150, float("nan"))], title="t")
    circles = re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)
    places = [(float(x), float(y)) for x, y in circles]
    assert len(places) == 3
    assert places[0][0] < places[1][0] < places[2][0] <= 640
    assert places[1][1] < places[2][1] < places[0][1] < 260


def test_the_recipe_reads_back(report, tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(recipe_text(report.recipe), encoding="utf-8")
    assert read_recipe(path) == report.recipe
