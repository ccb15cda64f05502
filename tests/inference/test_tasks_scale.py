"""The worker finds a photo's scale: card first, then what people said, else a reason."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from assets.findings import say
from assets.marker_cards.layouts import card
from assets.models import Analysis, Measurement, Photo
from assets.services.given_scale import TwoPointsGiven
from assets.services.scale import set_photo_scale
from inference import tasks
from inference.bridge.scale import camera_profiles
from inference.measure.scale.families import pattern
from inference.render.jpeg_file import jpeg_bytes
from inference.render.photo import render
from inference.render.presets import surface_of
from inference.render.specs import CrackSpec, SceneSpec, ViewSpec
from tests.factories import make_photo
from tests.inference.test_tasks import CALM, GSD, DarkLines

pytestmark = pytest.mark.django_db(transaction=True)

# Where the card lies in the picture, pixels.
CARD_AT = (540, 420)


@pytest.fixture(autouse=True)
def _network(monkeypatch):
    monkeypatch.setattr(tasks, "current_model", DarkLines)


def with_card(family: str | None = None, marker_id: int = 540, *, printed_at: float = 1.0) -> bytes:
    """A wall with one crack of 1 mm and a credit-card marker card; None: our own family.

    Args:
        printed_at: of its true size, drawn by a printer that scales.
    """
    crack = CrackSpec(40, (90.0, 40.0), 88, 190, 1.0, tortuosity=0.3, edge_damage=0.0)
    scene = SceneSpec(900, 700, GSD, surface_of("bridge_pier", 3, **CALM), (crack,), margin_px=60)
    pixels = render(scene, ViewSpec(seed=1, light_gradient=0.1), compress=False).pixels.copy()
    layout = card("credit-card", 1)
    cells = pattern(family or layout.family, marker_id)
    fine = 8  # drawn finer, then averaged: edges lie between pixels
    px_per_mm = printed_at / GSD
    width, height = (round(side * px_per_mm) for side in (layout.width_mm, layout.height_mm))
    paper = np.full((height * fine, width * fine), 235, np.uint8)
    side = round(layout.side_mm * px_per_mm * fine)
    place = layout.markers[0]
    left, top = (round(edge * px_per_mm * fine) for edge in (place.left_mm, place.top_mm))
    drawn = cv2.resize(cells.astype(np.uint8) * 205 + 25, (side, side), interpolation=0)
    paper[top : top + side, left : left + side] = drawn
    small = cv2.resize(paper, (width, height), interpolation=cv2.INTER_AREA)
    x, y = CARD_AT
    pixels[y : y + height, x : x + width] = small[:, :, None]
    return jpeg_bytes(cv2.GaussianBlur(pixels, (0, 0), 0.7), 95)


def run(photo: Photo) -> Analysis:
    """Answers a ring for the photo; its current analysis afterwards."""
    tasks.analyse_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.state == "done", photo.reasons
    return Analysis.objects.get(photo=photo, is_current=True)


def only_crack(analysis: Analysis) -> Measurement:
    return analysis.measurements.get()


def test_a_card_in_the_picture_beats_the_number_that_was_typed(visit):
    analysis = run(make_photo(visit, data=with_card(), gsd_mm_per_px=2 * GSD))

    assert analysis.gsd_source == "marker_card"
    assert analysis.gsd_mm_per_px == pytest.approx(GSD, rel=0.01)
    assert 0.001 < analysis.gsd_u_relative < 0.02
    assert analysis.scale_facts["tilt_deg"] < 6
    assert analysis.scale_facts["blur_px"] == pytest.approx(0.9, abs=0.4)
    assert [said["code"] for said in analysis.scale_refusals] == ["scales_disagree"]
    row = only_crack(analysis)
    assert row.width_mm_p95 == pytest.approx(1.0, rel=0.2)


def test_what_is_printed_on_the_card_is_no_crack(visit):
    analysis = run(make_photo(visit, data=with_card()))

    x, y = CARD_AT
    line = np.array(only_crack(analysis).centreline_px)
    assert line[:, 0].max() < x, "the one crack is left of the card"
    corners = np.array(analysis.scale_facts["cards"][0]["corners_px"])
    assert corners.min(axis=0) == pytest.approx([x, y], abs=8)


def test_a_profile_is_kept_in_millimetres_where_there_is_a_scale(visit):
    profile = only_crack(run(make_photo(visit, data=with_card()))).profile

    known = [i for i, width in enumerate(profile["width_px"]) if width is not None]
    assert len(known) > 20
    ratio = [profile["width_mm"][i] / profile["width_px"][i] for i in known]
    assert ratio == pytest.approx([GSD] * len(known), rel=0.05)
    assert profile["position_mm"][-1] == pytest.approx(profile["position_px"][-1] * GSD, rel=0.03)
    assert all(profile["u_mm"][i] > 0 for i in known)


@pytest.mark.parametrize(
    ("family", "marker_id", "code"),
    [("aruco-6x6", 7, "card_wrong_dictionary"), (None, 30, "card_size_unknown")],
)
def test_markers_that_are_none_of_ours_are_named(visit, family, marker_id, code):
    analysis = run(make_photo(visit, data=with_card(family, marker_id)))

    assert (analysis.gsd_mm_per_px, analysis.gsd_source) == (None, "")
    assert [said["code"] for said in analysis.scale_refusals] == [code]
    reasons = {row.not_measurable["code"] for row in analysis.measurements.all()}
    assert reasons == {code}
    told = analysis.measurements.first().not_measurable
    assert str(marker_id) in say(told).sentence
    assert say(told).remedy


def test_a_card_too_small_is_refused_and_the_number_holds(visit):
    analysis = run(make_photo(visit, data=with_card(printed_at=0.4), gsd_mm_per_px=GSD))

    assert analysis.gsd_source == "photo"
    assert [said["code"] for said in analysis.scale_refusals] == ["card_too_small"]


def test_nothing_known_is_said_with_its_remedy(visit):
    photo = make_photo(visit, data=jpeg_bytes(_plain_wall(), 92))
    analysis = run(photo)

    assert analysis.gsd_source == "" and analysis.scale_refusals == []
    told = only_crack(analysis).not_measurable
    assert told["code"] == "no_scale" and "two points" in say(told).remedy


def test_two_points_measure_again_along_the_same_line(visit, ines, monkeypatch):
    photo = make_photo(visit, data=jpeg_bytes(_plain_wall(), 92), gsd_mm_per_px=3.0)
    before = only_crack(run(photo))
    monkeypatch.setattr(tasks, "current_model", lambda: pytest.fail("the network was asked"))
    points = TwoPointsGiven((100.0, 600.0), (600.0, 600.0), 500 * GSD)
    set_photo_scale(photo=photo, two_points=points, actor=ines)

    analysis = run(photo)

    assert analysis.gsd_source == "two_points"
    assert analysis.gsd_mm_per_px == pytest.approx(GSD)
    assert [said["code"] for said in analysis.scale_refusals] == ["scales_disagree"]
    row = only_crack(analysis)
    assert row.centreline_px == before.centreline_px
    assert row.width_mm_p95 == pytest.approx(1.0, rel=0.2)
    u = np.hypot(row.width_px_u * GSD, row.width_mm_p95 * analysis.gsd_u_relative)
    assert row.width_mm_u == pytest.approx(u, rel=0.05)


def test_camera_and_distance_give_a_scale_where_nothing_better_does(visit, ines):
    photo = make_photo(visit, data=jpeg_bytes(_plain_wall(), 92))  # with a focal length in its EXIF
    set_photo_scale(photo=photo, distance_m=0.4, actor=ines)

    analysis = run(photo)

    assert (analysis.gsd_source, analysis.scale_refusals) == ("camera_distance", [])
    assert 0.02 < analysis.gsd_u_relative < 0.1
    assert only_crack(analysis).width_mm_p95 == pytest.approx(1.0, rel=0.3)


def test_a_distance_without_a_known_camera_says_what_is_missing(visit, ines):
    _done, data = cv2.imencode(".png", _plain_wall()[:, :, ::-1])
    photo = make_photo(visit, data=data.tobytes())
    set_photo_scale(photo=photo, distance_m=1.5, actor=ines)

    analysis = run(photo)

    assert [said["code"] for said in analysis.scale_refusals] == ["camera_unknown"]
    assert only_crack(analysis).not_measurable["code"] == "camera_unknown"


def test_a_broken_camera_profile_stops_nobody(settings, tmp_path):
    settings.CAMERA_PROFILES = tmp_path
    (tmp_path / "broken.json").write_text("{")
    assert camera_profiles() == ()


def _plain_wall() -> np.ndarray:
    crack = CrackSpec(40, (90.0, 40.0), 88, 190, 1.0, tortuosity=0.3, edge_damage=0.0)
    scene = SceneSpec(900, 700, GSD, surface_of("bridge_pier", 3, **CALM), (crack,), margin_px=60)
    return render(scene, ViewSpec(seed=1, light_gradient=0.1), compress=False).pixels


@pytest.mark.parametrize("kept_as", ["facts", "a sentence", "no list"])
def test_the_quality_of_before_counts_where_its_facts_were_kept(visit, ines, kept_as):
    """Rows of before hold a finished sentence, damaged ones anything: it is looked at anew."""
    photo = make_photo(visit, data=jpeg_bytes(_plain_wall(), 92), gsd_mm_per_px=GSD)
    analysis = run(photo)
    noisy = {"noise_levels": 15.0, "limit_levels": 14.0}
    told = {"values": noisy} if kept_as == "facts" else {"sentence": "Noisy.", "remedy": "Light."}
    analysis.quality = {
        "fit_to_detect": True, "fit_to_measure": False,
        "reasons": [{"code": "noisy", **told}], "metrics": {},
    }  # fmt: skip
    if kept_as == "no list":
        analysis.quality["reasons"] = 7
    analysis.save()
    set_photo_scale(photo=photo, actor=ines, gsd_mm_per_px=2 * GSD)
    again = run(photo)
    if kept_as == "facts":
        assert only_crack(again).not_measurable == {"code": "noisy", "values": noisy}
        assert again.quality["reasons"] == [{"code": "noisy", "values": noisy}]
    else:
        assert only_crack(again).not_measurable is None
        assert again.quality["fit_to_measure"] and again.quality["reasons"] == []
