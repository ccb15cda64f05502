"""The capture planner: what the page brings, and that the browser plans as the instrument does."""

from __future__ import annotations

import itertools
import json
import re
from html import escape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Organisation, Role, User
from assets.severity import DESIGN_GUIDES, RULE_SETS, ConditionState, RuleSet
from inference.capture_plan import camera_of_sensor, distance_to_grade, plan_capture
from inference.measure.scale.sensors import SENSORS
from portal.pages.planner import CAMERAS, rule_set_data
from tests.factories import make_member
from tests.javascript import STATIC, run_modules

CLOSE = RuleSet(
    "close", "Limits that lie close", "", "", "",
    (ConditionState("A", 1, "", 0.0), ConditionState("B", 2, "", 0.2),
     ConditionState("C", 3, "", 0.205), ConditionState("D", 3, "", 0.4)),
)  # fmt: skip
TWO_FINE = RuleSet(
    "fine", "Fine limits", "", "", "",
    (ConditionState("A", 1, "", 0.0), ConditionState("B", 2, "", 0.1),
     ConditionState("C", 3, "", 0.15)),
)  # fmt: skip
ALL_RULES = [*RULE_SETS.values(), *DESIGN_GUIDES.values(), CLOSE, TWO_FINE]

# Camera, then (distance in m or None, width in mm or None, element, overlap).
TRIALS = [
    *itertools.product(
        [(36.0, (6000, 4000), 50.0), (9.84, (4032, 3024), 6.8), (17.3, (3956, 5280), 12.29)],
        [
            (0.05, None, None, 0.3), (0.15, None, (12.0, 3.5), 0.3), (0.9, None, (1.0, 9.0), 0.6),
            (3.0, None, (0.2, 0.2), 0.0), (80.0, None, (1000.0, 40.0), 0.95),
            (None, 0.1, (4.0, 4.0), 0.3), (None, 0.01, None, 0.3), (None, 0.3, None, 0.3),
            (None, 5000.0, None, 0.3),
            (0.0, None, None, 0.3), (0.019, None, None, 0.3), (501.0, None, None, 0.3),
            (1.0, None, (0.0, 1.0), 0.3), (1.0, None, (1.0, 1.0), 0.96), (None, -1.0, None, 0.3),
        ],
    ),
    ((0.0, (100, 100), 5.0), (1.0, None, None, 0.3)),
    ((5.0, (0, 100), 5.0), (1.0, None, None, 0.3)),
]  # fmt: skip

IN_THE_BROWSER = """
const { cameraOfSensor, distanceToGrade, NotPossible, planCapture } = await import(modules[0]);
const [{ trials, ruleSets }] = words;
console.log(JSON.stringify(trials.map(([[sensor, px, focal], [distance, grade, elementM, overlap]]) => {
  try {
    const camera = cameraOfSensor(sensor, px, focal);
    return planCapture(camera, distance ?? distanceToGrade(camera, grade), ruleSets, { elementM, overlap });
  } catch (problem) {
    if (!(problem instanceof NotPossible)) throw problem;
    return problem.code;
  }
})));
"""  # noqa: E501


def _by_the_instrument(camera: Any, wanted: Any) -> Any:
    distance_m, grade_mm, element_m, overlap = wanted
    try:
        known = camera_of_sensor("any", *camera)
        if distance_m is None:
            distance_m = distance_to_grade(known, grade_mm)
        return plan_capture(known, distance_m, ALL_RULES, element_m=element_m, overlap=overlap)
    except ValueError:
        return None


def test_the_browser_plans_as_the_instrument_does() -> None:
    asked = {"trials": TRIALS, "ruleSets": [rule_set_data(rules) for rules in ALL_RULES]}
    told = run_modules(IN_THE_BROWSER, [STATIC / "capture_plan.js"], asked)
    refused = 0
    answers = set()
    for trial, found in zip(TRIALS, told, strict=True):
        plan = _by_the_instrument(*trial)
        if plan is None:
            refused += 1
            assert isinstance(found, str), trial
            continue
        assert found["distanceM"] == pytest.approx(plan.distance_m, rel=1e-12)
        assert found["gsdMmPerPx"] == pytest.approx(plan.gsd_mm_per_px, rel=1e-12)
        assert found["coverM"] == pytest.approx(list(plan.cover_m), rel=1e-12)
        assert found["goodFromMm"] == pytest.approx(plan.good_from_mm, rel=1e-12)
        assert found["measurableFromMm"] == pytest.approx(plan.measurable_from_mm, rel=1e-12)
        for seen, standard in zip(found["standards"], plan.standards, strict=True):
            assert seen["key"] == standard.key
            assert seen["smallestToldMm"] == standard.smallest_told_mm
            assert seen["distanceM"] == pytest.approx(standard.distance_m, rel=1e-12)
            for limit, expected in zip(seen["limits"], standard.limits, strict=True):
                assert (limit["code"], limit["fromMm"]) == (expected.code, expected.from_mm)
                assert limit["told"] == expected.told_apart, (trial, limit)
                assert limit["pxAcross"] == pytest.approx(expected.px_across, rel=1e-12)
                assert limit["U"] == pytest.approx(expected.U_mm, rel=1e-12)
                answers.add(limit["told"])
        if plan.frames is None:
            assert found["frames"] is None
        else:
            frames = plan.frames
            assert found["frames"] == {
                "across": frames.across, "down": frames.down, "turned": frames.turned,
                "total": frames.total,
            }  # fmt: skip
    assert answers == {"yes", "borderline", "no"}
    assert 12 < refused < len(TRIALS) - 12


def test_cameras_that_the_instrument_knows_have_its_numbers() -> None:
    known = {sensor.name: sensor for sensor in SENSORS}
    same = [camera for camera in CAMERAS if str(camera.title) in known]
    assert len(same) >= 3
    for camera in same:
        sensor = known[str(camera.title)]
        assert camera.sensor_mm == sensor.width_mm
        assert camera.image_px == sensor.image_px
        assert camera.focal_mm == sensor.focal_mm


def _data(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="planner-data" type="application/json">(.*?)</script>', html)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("role", Role.values)
def test_every_role_may_plan(client: Client, organisation: Organisation, role: str) -> None:
    client.force_login(make_member(organisation, role, "who@example.org", "Who"))
    answer = client.get("/planner/")
    assert answer.status_code == 200
    assert "Capture planner" in answer.content.decode()


def test_nobody_plans_without_signing_in(client: Client, db: None) -> None:
    answer = client.get("/planner/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/planner/"
    assert client.post("/planner/").status_code == 405


def test_the_page_brings_cameras_limits_and_a_row_for_each(client: Client, mia: User) -> None:
    client.force_login(mia)
    html = client.get("/planner/").content.decode()
    data = _data(html)
    assert data["cameras"]["mavic-3e"] == [17.3, 5280, 3956, 12.29]
    assert set(re.findall(r'<option value="([\w-]+)"', html)) == set(data["cameras"])
    shown = [*RULE_SETS.values(), *DESIGN_GUIDES.values()]
    for rules, sent in zip(shown, data["ruleSets"], strict=True):
        assert sent["key"] == rules.key
        assert f'data-standard="{rules.key}"' in html
        card = html[html.index(f'data-standard="{rules.key}"') :]
        for limit in sent["limits"]:
            assert f'data-limit="{escape(limit["code"])}"' in card
    assert data["ruleSets"][0]["limits"][0] == {"code": "CS2", "from_mm": 0.3}


def test_only_the_frame_of_the_page_asks_the_database(client: Client, ines: User) -> None:
    client.force_login(ines)
    counts = []
    for address in ("/models/", "/planner/"):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 8


def test_the_rail_capture_and_account_lead_here(client: Client, ines: User) -> None:
    client.force_login(ines)
    for address in ("/inspections/", "/capture/", "/account/"):
        assert 'href="/planner/"' in client.get(address).content.decode()
    assert client.get("/capture/").content.decode().count('href="/planner/"') == 2


def _constants(worker: str) -> dict[str, Any]:
    found = re.findall(r"^const (FILES|PAGE|KEPT) = (.*);$", worker, re.MULTILINE)
    return {name: json.loads(value) for name, value in found}


def test_all_that_the_kept_page_loads_is_kept_with_it(client: Client, db: None) -> None:
    page = client.get("/planner/offline/").content.decode()
    worker = client.get("/planner/worker.js")
    assert worker["Content-Type"] == "text/javascript" and worker["Cache-Control"] == "no-cache"
    kept = _constants(worker.content.decode())
    assert kept["PAGE"] == "/planner/offline/"
    wanted = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    scripts = [address for address in wanted if address.endswith(".js")]
    for script in scripts:  # which grows while it is read: what is imported imports too
        source = (STATIC / script.removeprefix("/static/js/")).read_text()
        for name in re.findall(r'from "\./([\w-]+\.js)"', source):
            if (address := f"/static/js/{name}") not in wanted:
                wanted.add(address)
                scripts.append(address)
    assert {"/static/js/capture_plan.js", "/static/js/numbers.js"} <= wanted
    assert set(kept["FILES"]) == wanted


def test_what_is_kept_names_nobody(client: Client, ines: User) -> None:
    client.force_login(ines)
    page = client.get("/planner/offline/").content.decode()
    mine = client.get("/planner/").content.decode()
    for private in (str(ines), ines.initials, "csrfmiddlewaretoken", "X-CSRFToken"):
        assert private not in page.replace("\n", " "), private
    assert str(ines) in mine and "X-CSRFToken" in mine
    assert _data(page) == _data(mine)
