"""What the worker stores beside a width: budget, widest place, stretches left out."""

from __future__ import annotations

import json
from dataclasses import asdict

import cv2
import numpy as np
import pytest

from assets import severity
from assets.budget import LEFT_OUT, TERMS
from assets.findings import Finding, say
from assets.marker_cards.layouts import card
from assets.models import Photo
from assets.services.scale import set_photo_scale
from assets.services.visit_scale import set_inspection_scale
from assets.severity import pixels_too_coarse
from inference import tasks
from inference.bridge.records import as_record
from inference.cli._grading import grade_analysis
from inference.measure.scale import ScaleResult, to_millimetres
from inference.measure.scale.profiles import CameraProfile, save_profile
from inference.measure.width.widths import LOW_CONTRAST, TOO_THIN
from inference.types import Analysis, CrackMeasurement, CrackTrace, Quality, Scale
from tests.factories import make_photo
from tests.inference.test_tasks import GSD, DarkLines, wall
from tests.inference.test_tasks_scale import only_crack, run, with_card

MODEL = DarkLines.info
SIDE_MM = card("credit-card", 1).side_mm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _network(monkeypatch):
    monkeypatch.setattr(tasks, "current_model", DarkLines)


def test_a_width_keeps_its_budget_and_where_it_is_widest(visit):
    row = only_crack(run(make_photo(visit, data=with_card())))
    facts = row.width_facts
    json.dumps(facts, allow_nan=False)
    for unit, u in (("px", row.width_px_u), ("mm", row.width_mm_u)):
        terms = facts[unit]["terms"]
        assert set(terms) == set(TERMS)
        assert np.sqrt(sum(term**2 for term in terms.values())) == pytest.approx(u, rel=0.01)
        assert 0 < facts[unit]["p50_u"] <= u * 1.01
        assert facts[unit]["max_u"] >= u * 0.99
        low, high = facts[unit]["interval"]
        assert low < getattr(row, f"width_{unit}_p95") < high
    assert facts["px"]["terms"]["scale"] == 0.0 < facts["mm"]["terms"]["scale"]
    assert facts["max_at_mm"] == pytest.approx(facts["max_at_px"] * GSD, rel=0.03)
    assert 0 < facts["length_u_mm"] < 0.02 * row.length_mm
    widest = np.nanmax(np.array(row.profile["width_mm"], float))
    at = row.profile["position_px"].index(
        min(row.profile["position_px"], key=lambda x: abs(x - facts["max_at_px"]))
    )
    assert row.profile["width_mm"][at] == pytest.approx(widest, rel=0.25)


def test_what_was_left_out_is_kept_by_stretch(visit):
    row = only_crack(run(make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD)))
    stretches = row.width_facts["left_out"]
    for at, width in zip(row.profile["position_px"], row.profile["width_px"], strict=True):
        inside = any(one["from_px"] <= at <= one["to_px"] for one in stretches)
        assert inside == (width is None)
    assert {one["code"] for one in stretches} <= set(LEFT_OUT)
    assert (stretches[0]["code"], stretches[0]["from_px"]) == ("end", 0.0)
    assert stretches[0]["to_mm"] == pytest.approx(stretches[0]["to_px"] * GSD, rel=0.01)


@pytest.mark.parametrize("family", ["aruco-6x6", ""])
def test_a_marker_of_another_maker_counts_at_the_side_given(visit, ines, family):
    photo = make_photo(visit, data=with_card("aruco-6x6", 7))
    assert run(photo).gsd_source == ""
    set_photo_scale(photo=photo, actor=ines, marker_mm=SIDE_MM, marker_family=family)
    analysis = run(photo)
    assert analysis.gsd_source == "marker_card"
    assert analysis.gsd_mm_per_px == pytest.approx(GSD, rel=0.01)


def test_our_own_card_keeps_its_own_size_whatever_was_typed(visit):
    analysis = run(make_photo(visit, data=with_card(), gsd_mm_per_px=None))
    photo = Photo.objects.get(pk=analysis.photo_id)
    set_photo_scale(photo=photo, actor=None, marker_mm=3 * SIDE_MM)
    again = run(photo)
    assert again.gsd_mm_per_px == pytest.approx(analysis.gsd_mm_per_px, rel=1e-3)


def test_a_camera_profile_of_the_visit_stands_for_what_the_file_does_not_say(
    visit, ines, settings, tmp_path
):
    settings.CAMERA_PROFILES = tmp_path
    pixels = cv2.imdecode(np.frombuffer(wall(1.0), np.uint8), cv2.IMREAD_COLOR)
    photo = make_photo(visit, data=cv2.imencode(".png", pixels)[1].tobytes())
    assert run(photo).gsd_source == ""
    profile = CameraProfile(
        "NIKON", "D850", "35mm", 35.0, (900, 700), (1000.0, 1000.0), (449.5, 349.5),
        (0.0,) * 5, 0.002, 0.5, (0.001,) * 5, 0.2, 12, "charuco", "2026-05-01",
    )  # fmt: skip
    save_profile(profile, tmp_path / "d850-35.json")
    set_inspection_scale(inspection=visit, actor=ines, distance_m=0.4, camera_profile="d850-35")
    analysis = run(photo)
    assert (analysis.gsd_source, analysis.scale_refusals) == ("camera_distance", [])
    assert analysis.gsd_mm_per_px == pytest.approx(0.4, rel=1e-3)

    set_inspection_scale(inspection=visit, actor=ines, camera_profile="gone")
    assert "camera_profile_missing" in {said["code"] for said in run(photo).scale_refusals}


def test_pixels_too_coarse_for_the_standard_are_named():
    assert TOO_THIN.code == severity.TOO_THIN
    found = pixels_too_coarse(TOO_THIN.code, 0.8, "aashto_mbei_rc")
    assert (found.state, found.limit_mm, found.pixel_mm) == ("CS2", 0.3, 0.8)
    assert found.most_pixel_mm == pytest.approx(0.1)
    assert "a pixel covers 0.80 mm" in say(Finding("pixels_too_coarse", asdict(found))).sentence
    assert pixels_too_coarse(TOO_THIN.code, 0.1, "aashto_mbei_rc") is None
    assert pixels_too_coarse(TOO_THIN.code, None, "aashto_mbei_rc") is None
    assert pixels_too_coarse(LOW_CONTRAST.code, 0.8, "aashto_mbei_rc") is None


def test_a_crack_without_a_width_says_how_coarse_its_pixels_are():
    line = np.array([[0, 0], [60, 0], [100, 0]], np.float32)
    thin = CrackMeasurement(
        CrackTrace(line, 100.0, 0.0, 0.9),
        None,
        TOO_THIN,
        surface=to_millimetres(None, 100.0, Scale(0.8)),
    )
    analysis = Analysis(
        (200, 100), Quality(True, True), Scale(0.8), MODEL, (thin,), (), 0.0, "m/m2", {}
    )
    kept = as_record(analysis, ScaleResult(Scale(0.8)), features=None, mask="")
    assert kept.cracks[0].mm_per_px == 0.8
    assert kept.cracks[0].not_measurable["code"] == TOO_THIN.code
    # The command line says it in terms of its rule set; the register does when it writes the row.
    (told,) = grade_analysis(analysis, "kistec_rc").analysis.cracks
    assert "KISTEC" in say(told.not_measurable).sentence
