"""The planner's arithmetic against numbers worked out by hand, and the command's answers."""

from __future__ import annotations

import json
import math

import pytest

from assets.severity import ConditionState, RuleSet
from inference.__main__ import main
from inference.capture_plan import (
    PlannedCamera,
    camera_of_35mm,
    camera_of_sensor,
    distance_m_for,
    distance_to_grade,
    frames_for,
    gsd_mm_per_px,
    plan_capture,
)

# 13.2 mm over 5472 px: 2.412 µm; 8.8 mm are 3648 px.
DRONE = camera_of_sensor("drone", 13.2, (5472, 3648), 8.8)
RULES = RuleSet(
    "two", "Two limits", "", "", "",
    (ConditionState("A", 1, "", 0.0), ConditionState("B", 2, "", 0.3),
     ConditionState("C", 3, "", 1.27)),
)  # fmt: skip


def test_pixel_size_is_distance_over_focal_length() -> None:
    assert DRONE.focal_px == pytest.approx(3648)
    assert gsd_mm_per_px(DRONE, 3.0) == pytest.approx((3000 - 8.8) / 3648)
    plan = plan_capture(DRONE, 3.0, [RULES])
    assert plan.cover_m == pytest.approx((4.487, 2.991), abs=0.001)
    assert plan.good_from_mm == pytest.approx(3 * plan.gsd_mm_per_px)


def test_20_megapixels_at_5_m_tell_no_state_apart() -> None:
    """The field's own example: at 1.4 mm a pixel a photo shows that there is a crack, no more."""
    seen = plan_capture(DRONE, 5.0, [RULES]).standards[0]
    assert [limit.told_apart for limit in seen.limits] == ["no", "no"]
    assert seen.smallest_told_mm is None


def test_the_three_answers_and_the_distance_at_which_all_is_told() -> None:
    for distance_m, answers in ((0.3, ["yes", "yes"]), (0.9, ["borderline", "yes"]),
                                (1.3, ["no", "yes"]), (2.5, ["no", "borderline"])):  # fmt: skip
        seen = plan_capture(DRONE, distance_m, [RULES]).standards[0]
        assert [limit.told_apart for limit in seen.limits] == answers, distance_m
        told = distance_m <= seen.distance_m
        assert told == (answers == ["yes", "yes"])


def test_limits_that_lie_close_want_finer_pixels() -> None:
    close = RuleSet(
        "close", "Close limits", "", "", "",
        (ConditionState("A", 1, "", 0.0), ConditionState("B", 2, "", 0.3),
         ConditionState("C", 3, "", 0.33)),
    )  # fmt: skip
    # 0.3 mm would be 3 px at 0.1 mm a pixel, but 0.03 mm between limits want a U of 0.015 mm.
    camera = PlannedCamera("any", (4000, 3000), 1000.0)
    seen = plan_capture(camera, 0.066, [close]).standards[0]
    assert [limit.told_apart for limit in seen.limits] == ["yes", "yes"]
    assert plan_capture(camera, 0.07, [close]).standards[0].limits[1].told_apart == "no"
    assert 0.066 < seen.distance_m < 0.07


def test_from_a_width_to_the_distance_and_back() -> None:
    for width_mm in (0.1, 0.3, 2.0):
        distance_m = distance_to_grade(DRONE, width_mm)
        assert gsd_mm_per_px(DRONE, distance_m) == pytest.approx(width_mm / 3)
    assert distance_m_for(DRONE, 0.1) == pytest.approx((364.8 + 8.8) / 1000)


def test_a_35_mm_equivalent_is_over_the_diagonal() -> None:
    phone = camera_of_35mm("phone", 26.0, (4032, 3024))
    assert phone.focal_px == pytest.approx(26 * 5040 / math.hypot(36, 24))


@pytest.mark.parametrize(
    ("element", "overlap", "across", "down", "turned"),
    [
        ((4.0, 3.0), 0.3, 1, 1, False),
        ((3.0, 4.0), 0.3, 1, 1, True),
        ((6.8, 3.0), 0.3, 2, 1, False),  # 4 + 2.8
        ((6.81, 3.0), 0.3, 3, 1, False),
        ((8.0, 6.0), 0.0, 2, 2, False),
    ],
)
def test_frames(element, overlap, across, down, turned) -> None:
    found = frames_for(element, (4.0, 3.0), overlap)
    assert (found.across, found.down, found.turned) == (across, down, turned)
    assert found.total == across * down


@pytest.mark.parametrize("distance_m", [0.0, -1.0, math.nan, 0.03, 1000.0])
def test_impossible_distances_are_refused(distance_m: float) -> None:
    lens = camera_of_sensor("lens", 36.0, (6000, 4000), 50.0)
    with pytest.raises(ValueError, match="m "):
        gsd_mm_per_px(lens, distance_m)


def test_impossible_cameras_elements_and_overlaps_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        camera_of_sensor("x", 0.0, (100, 100), 5.0)
    with pytest.raises(ValueError, match="above 0"):
        PlannedCamera("x", (0, 100), 50.0)
    with pytest.raises(ValueError, match="overlap"):
        frames_for((1, 1), (1, 1), 1.0)
    with pytest.raises(ValueError, match="element"):
        frames_for((0, 1), (1, 1))
    with pytest.raises(ValueError, match="above 0"):
        distance_to_grade(DRONE, -0.1)


def test_the_command_in_words_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    camera = ["--sensor-mm", "13.2", "--image-px", "5472x3648", "--focal-mm", "8.8"]
    assert main(["plan", *camera, "--distance", "3", "--element", "12x3.5"]) == 0
    told = capsys.readouterr().out
    assert "pixel size      0.82 mm" in told and "frames" in told and "CS2" in told
    grade = ["--grade", "0.1", "--json", "--standard", "aashto_mbei_rc"]
    assert main(["plan", "--camera", "phantom 4 pro", *grade]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["gsd_mm_per_px"] == pytest.approx(0.1 / 3)
    assert plan["distance_m"] == pytest.approx(0.1 / 3 * 3.648 + 0.0088)
    assert [standard["key"] for standard in plan["standards"]] == ["aashto_mbei_rc"]
    assert main(["plan", "--camera", "list"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--camera", "box brownie", "--distance", "1"], "not in the list"),
        (["--camera", "mavic", "--distance", "1"], "fits several"),
        (["--camera", "p1", "--distance", "1"], "give --focal-mm"),
        (["--camera", "mavic 2 pro", "--grade", "1e9"], "between 0.02 and 500"),
        (["--camera", "mavic 2 pro"], "--grade"),
        (["--camera", "mavic 2 pro", "--distance", "1", "--standard", "x"], "aashto_mbei_rc"),
        (["--distance", "1"], "Which camera"),
        (["--photo", "missing.jpg", "--distance", "1"], "cannot be read"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *arguments]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--distance", "-1", "metres from 0.02 to 500"),
        ("--distance", "501", "metres from 0.02 to 500"),
        ("--distance", "nan", "metres from 0.02 to 500"),
        ("--image-px", f"{'9' * 400}x1", "a size is like"),
    ],
)
def test_numbers_that_cannot_be_are_a_mistake_of_use(
    option: str, value: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan", "--camera", "mavic 2 pro", option, value])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_command_says_the_narrowest_limit_and_from_where_all_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    phone = ["plan", "--camera", "phone, 1/1.28 inch, 12 megapixels", "--standard"]
    assert main([*phone, "aashto_mbei_rc", "--distance", "0.5"]) == 0
    told = capsys.readouterr().out
    # 0.5 m over 2786 px: 0.177 mm a pixel, so 0.3 mm is 1.7 px and 1.27 mm is 7.2 px.
    assert "told apart from 1.27 mm (CS3) on; all from 0.285 m or closer" in told
    assert main([*phone, "aashto_mbei_rc", "--distance", "5"]) == 0
    assert "no limit is told apart; all from" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--camera", "mavic 2 pro", "--profile", "x.json"], "--camera and --profile name more"),
        (["--camera", "mavic 2 pro", "--focal-mm", "0"], "above 0"),
    ],
)
def test_what_contradicts_itself_is_refused(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *arguments, "--distance", "1"]) == 1
    assert sentence in capsys.readouterr().err
