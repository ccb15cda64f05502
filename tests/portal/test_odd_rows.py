"""Rows of analyses that are damaged or of another version: each answer says what it can."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from assets.models import Analysis, Measurement, Photo, Region
from assets.selectors.scale import refusals_of
from portal.api.authentication import issue_token
from tests import factories
from tests.portal.test_width_budget import FACTS

SCALE = {
    "tilt_deg": 12.0,
    "blur_px": 0.9,
    "cards": [{"corners_px": [[1, 1], [9, 1], [9, 9], [1, 9]]}],
}
WHOLE: list[Any] = [None, True, 7, 1e300, "a text", [], [1], [[1, 2]], ["x", None], {"code": 3}]
SCALE_FACTS: list[Any] = [
    *WHOLE,
    {"tilt_deg": "steep", "blur_px": "none", "cards": 3},
    {"tilt_deg": [1], "blur_px": {}, "cards": {"a": 1}},
    {"cards": [1, None, {}, {"corners_px": 5}, {"corners_px": [[1], [2]]}, "card"]},
    {"tilt_deg": 1e300, "blur_px": -1},
]
WIDTH_FACTS: list[Any] = [
    *WHOLE,
    {"max_at_px": "far", "max_at_mm": [], "length_u_mm": "much", "left_out": 3},
    {"px": 1, "mm": "x", "left_out": [1, None, {}, {"code": 3}, {"code": "end", "from_px": "a"}]},
    {"mm": {"terms": [1, 2], "interval": [1], "p50_u": "x", "max_u": {}}},
    {"mm": {"terms": {"fit": "x", "blur": None, "scale": 1e200, "plane": -1}, "interval": 3}},
    {"left_out": [{"code": "end", "from_px": 0.0, "to_px": None, "from_mm": 1}]},
    {"max_at_px": True, "max_at_mm": 1e300, "length_u_mm": -1},
]
PROFILES: list[Any] = [
    *WHOLE,
    {"width_px": [1.0]},
    {"position_px": 3, "width_px": [1.0], "u_px": [0.1]},
    {"position_px": [0, 1], "width_px": [1.0], "u_px": [0.1]},
    {"position_px": ["a"], "width_px": ["b"], "u_px": ["c"]},
    {"position_px": [0.0], "width_px": [1.0], "u_px": [0.1], "width_mm": [0.5]},
    {"position_px": [0.0], "width_px": [1.0], "u_px": [0.1], "position_mm": [None],
     "width_mm": [None], "u_mm": [None]},
]  # fmt: skip
QUALITIES: list[Any] = [
    *(one for one in WHOLE if one is not None),
    {"fit_to_detect": "yes", "fit_to_measure": [], "reasons": 3, "metrics": 4},
    {"metrics": {"edge_width_px": "wide", "black_share": [1]}, "reasons": {"code": "x"}},
    {"reasons": [1, None, [2]]},
]
LINES: list[Any] = [
    *(one for one in WHOLE if one is not None),
    [[1, 2], [3]],
    [["a", "b"]],
    {"x": [1]},
]
TIMINGS: list[Any] = [one for one in WHOLE if one is not None] + [{"reading": "fast"}]
ODD: dict[str, list[Any]] = {
    "scale_facts": [one for one in SCALE_FACTS if one is not None],
    "width_facts": [one for one in WIDTH_FACTS if one is not None],
    "profile": PROFILES,
    "quality": QUALITIES,
    "centreline_px": LINES,
    "outline_px": LINES,
    "two_points_px": LINES,
    "timings_ms": TIMINGS,
    "scale_refusals": [one for one in WHOLE if one is not None],
}
OF_MEASUREMENT = ("width_facts", "profile", "centreline_px")


@pytest.fixture
def photo(visit) -> Photo:
    """Analysed: a graded line and a region, with all that can be kept of them."""
    made = factories.make_photo(visit)
    factories.analyse(
        made, 0.4, at="2025-05-20T10:00:00", gsd_source="marker_card", gsd_u_relative=0.006,
        scale_facts=SCALE, regions=[factories.make_region(30.0)],
    )  # fmt: skip
    Measurement.objects.update(width_facts={**FACTS, "length_u_mm": 0.4, "max_at_mm": 3.0})
    Photo.objects.filter(pk=made.pk).update(
        tiles_folder="tiles/t", tiles_max_zoom=0, two_points_px=[[1, 2], [90, 2]], two_points_mm=50
    )
    return made


def model_of(column: str) -> Any:
    if column in OF_MEASUREMENT:
        return Measurement
    return {"outline_px": Region, "two_points_px": Photo}.get(column, Analysis)


def answers(client: Client, user: Any, photo: Photo) -> tuple[str, dict[str, Any]]:
    """The photo's page and its API body; every other reader answers too."""
    client.force_login(user)
    asset = photo.inspection.asset_id
    for address in (
        reverse("inspection", args=[photo.inspection_id]),
        reverse("asset", args=[asset]),
        reverse("alerts"),
        reverse("portfolio"),
    ):
        assert client.get(address).status_code == 200, address
    header = {"Authorization": f"Token {issue_token(user=user)[0]}"}
    program = Client(headers=header)
    for address in (
        f"/api/v1/inspections/{photo.inspection_id}/photos/",
        "/api/v1/defects/",
        f"/api/v1/defects/{photo.element.defects.order_by('pk').first().pk}/",
    ):
        assert program.get(address).status_code == 200, address
    page = client.get(reverse("photo", args=[photo.pk]))
    body = program.get(f"/api/v1/photos/{photo.pk}/")
    assert (page.status_code, body.status_code) == (200, 200)
    return re.sub(r"\s+", " ", page.content.decode()), body.json()


def viewer_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="photo-data"[^>]*>(.*?)</script>', page)
    assert found is not None
    return json.loads(found.group(1))


def test_a_sound_row_is_told_whole(client, ines, photo):
    page, body = answers(client, ines, photo)
    assert "12°, corrected along each width" in page and "fit to measure" in page
    assert viewer_of(page)["scale"]["cards"] == [SCALE["cards"][0]["corners_px"]]
    assert viewer_of(page)["scale"]["points"]["at"] == [[1, 2], [90, 2]]
    analysis = body["analysis"]
    assert analysis["scale"]["tilt_deg"] == 12 and analysis["quality"]["fit_to_measure"] is True
    crack = analysis["cracks"][0]
    assert (crack["length_mm_u"], crack["max_at_px"], crack["max_at_mm"]) == (0.4, 300, 3)
    assert [one["code"] for one in crack["left_out"]] == ["end", "junction"]
    assert crack["left_out"][1]["from_mm"] == 20 and len(crack["centreline_px"]) == 3
    assert len(analysis["regions"][0]["outline_px"]) == 4
    assert body["scale_given"]["two_points"]["length_mm"] == 50


@pytest.mark.parametrize("column", list(ODD))
def test_an_odd_column_takes_nothing_but_itself(client, ines, photo, column):
    for odd in ODD[column]:
        model_of(column).objects.update(**{column: odd})
        page, body = answers(client, ines, photo)
        crack = body["analysis"]["cracks"][0]
        assert crack["width_mm"]["p95"] == 0.4, odd
        assert "0.40 ± 0.04" in re.sub(r"<[^>]+>", "", page), odd
        assert len(viewer_of(page)["cracks"]) == (0 if column == "centreline_px" else 1), odd
        check(column, odd, page, body)


def check(column: str, odd: Any, page: str, body: dict[str, Any]) -> None:
    """What the answers say of the odd column itself."""
    analysis = body["analysis"]
    crack = analysis["cracks"][0]
    match column:
        case "scale_facts":
            assert analysis["scale"]["tilt_deg"] is None, odd
            assert viewer_of(page)["scale"]["cards"] == [] and "corrected along" not in page, odd
        case "width_facts":
            kept = (crack["length_mm_u"], crack["max_at_mm"], crack["left_out"])
            assert kept == (None, None, []), odd
            assert crack["width_mm"]["p50_u"] is crack["width_mm"]["interval"] is None, odd
        case "quality":
            assert analysis["quality"]["fit_to_measure"] is False, odd
            assert "fit to measure" not in page, odd
        case "centreline_px":
            assert crack["centreline_px"] == ([[1, 2]] if odd == [[1, 2]] else []), odd
        case "outline_px":
            drawn = analysis["regions"][0]["outline_px"]
            assert drawn == ([[1, 2]] if odd == [[1, 2]] else []), odd
        case "two_points_px":
            assert body["scale_given"]["two_points"] is None, odd
            assert viewer_of(page)["scale"]["points"] is None, odd
        case "timings_ms":
            assert all(isinstance(ms, float) for ms in analysis["timings_ms"].values()), odd


ONE = "1e400"  # valid JSON
CARDS = f'[{{"corners_px": [[{ONE}, 1], [2, 1], [2, 2], [1, 2]]}}]'
REASONS = f'[{{"code": "blurred", "values": {{"edge_width_px": {ONE}}}}}]'
HUGE = [
    ("assets_analysis", "scale_facts", f'{{"tilt_deg": {ONE}, "cards": {CARDS}}}'),
    ("assets_analysis", "quality", f'{{"metrics": {{"x_px": {ONE}}}, "reasons": {REASONS}}}'),
    ("assets_analysis", "timings_ms", f'{{"reading": {ONE}}}'),
    ("assets_measurement", "width_facts", f'{{"max_at_px": {ONE}, "mm": {{"p50_u": {ONE}}}}}'),
    (
        "assets_measurement",
        "profile",
        f'{{"position_px": [0], "width_px": [{ONE}], "u_px": [1]}}',
    ),
    ("assets_measurement", "centreline_px", f"[[{ONE}, 1], [2, 3]]"),
]


@pytest.mark.parametrize(("table", "column", "text"), HUGE)
def test_a_number_that_no_answer_can_hold(client, ines, photo, table, column, text):
    """Databases keep it, Python reads it as an infinity, JSON has no word for it."""
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE {table} SET "{column}" = %s', [text])
    page, body = answers(client, ines, photo)
    assert "Infinity" not in page
    assert body["analysis"]["cracks"][0]["width_mm"]["p95"] == 0.4


def test_odd_refusals_still_say_that_there_is_no_scale(client, ines, photo):
    Analysis.objects.update(gsd_mm_per_px=None)
    for odd in (None, 0, "a text", {"code": 3}):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE assets_analysis SET scale_refusals = %s", [json.dumps(odd)])
        assert photo.pk in refusals_of(ines, [photo])
        client.force_login(ines)
        visit = reverse("inspection", args=[photo.inspection_id])
        for address in (visit, f"{visit}?show=noscale", reverse("photo", args=[photo.pk])):
            assert client.get(address).status_code == 200
