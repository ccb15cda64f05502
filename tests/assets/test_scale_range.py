"""The ranges of scale values: one range and one way to read it, wherever they are given."""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError as FormError
from rest_framework.exceptions import ValidationError as ApiError

from assets import scale_range
from assets.errors import DomainError
from assets.services.given_scale import check_distance, check_marker, check_scale
from inference.capture_plan import camera_of_sensor, gsd_mm_per_px
from inference.cli._scale_options import distance_m, marker_mm, mm_per_px
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale import ScaleInputs, resolve_scale
from inference.measure.scale.camera import Focal, scale_of_camera
from inference.measure.scale.cards.printed import CardRequest, problem_with
from inference.types import Scale
from portal.api.fields import ScaleField as ApiField
from portal.pages.forms import ScaleField as FormField

WALL = np.full((60, 80, 3), 128, np.uint8)
POSSIBLE = ["0.001", "0.25", "1000"]
IMPOSSIBLE = ["0.0009", "0", "-0.25", "1000.1", "inf", "nan"]


def by_the_instrument(value: float) -> float | None:
    inputs = ScaleInputs(look_for_cards=False, mm_per_px=value)
    scale = resolve_scale(WALL, PhotoMetadata(), inputs).scale
    return None if scale is None else scale.gsd_mm_per_px


@pytest.mark.parametrize("text", POSSIBLE)
def test_what_one_door_takes_all_take(text):
    value = float(text)
    assert scale_range.MM_PER_PX.read(text) == mm_per_px(text) == value
    assert FormField().clean(text) == ApiField().run_validation(value) == value
    assert check_scale(value) == by_the_instrument(value) == value


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_one_door_refuses_all_refuse(text):
    value = float(text)
    assert scale_range.MM_PER_PX.read(text) is None and not scale_range.MM_PER_PX.holds(value)
    with pytest.raises(argparse.ArgumentTypeError, match=r"from 0\.001 to 1000"):
        mm_per_px(text)
    with pytest.raises(DomainError) as refused:
        check_scale(value)
    assert refused.value.code == "invalid_scale"
    with pytest.raises(FormError) as form:
        FormField().clean(text)
    with pytest.raises(ApiError) as api:
        ApiField().run_validation(value)
    if math.isfinite(value):
        (sentence,) = form.value.messages
        assert sentence == str(api.value.detail[0]) == refused.value.message
        assert "0.001" in sentence and "1000" in sentence
    assert by_the_instrument(value) is None


@pytest.mark.parametrize("text", ["0,25", " 0.25 ", "2.5e-1"])
def test_a_comma_is_a_point(text):
    assert scale_range.MM_PER_PX.read(text) == mm_per_px(text) == FormField().clean(text) == 0.25


@pytest.mark.parametrize("text", ["", "wide", "0.25 mm", "1/4", "0.2.5"])
def test_what_is_no_number(text):
    assert scale_range.read_number(text) is None
    with pytest.raises(argparse.ArgumentTypeError):
        mm_per_px(text)


def refusal_of(call: Any, *arguments: Any) -> str:
    """What the register says against it; empty where it takes it."""
    try:
        call(*arguments)
    except DomainError as refused:
        return refused.message
    return ""


@pytest.mark.parametrize("text", ["0.02", "3.5", "3,5", "500"])
def test_a_distance_that_one_door_takes_all_take(text):
    value = distance_m(text)
    assert value == float(text.replace(",", ".")) and refusal_of(check_distance, value, None) == ""
    lens = Focal(4000.0, 0.01, None, "profile", None)
    assert isinstance(scale_of_camera(lens, value, None, (80, 60), PhotoMetadata()), Scale)
    assert gsd_mm_per_px(camera_of_sensor("x", 13.2, (5472, 3648), 8.8), value) > 0


@pytest.mark.parametrize("text", ["0.019", "0", "-2", "500.1", "1e30", "inf", "nan", "far"])
def test_a_distance_that_one_door_refuses_all_refuse(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"metres from 0\.02 to 500"):
        distance_m(text)
    value = float(text) if text != "far" else math.nan
    assert refusal_of(check_distance, value, None) == "A distance is between 0.02 and 500 metres."
    refused = scale_of_camera(
        Focal(4000.0, 0.01, None, "profile", None), value, None, (80, 60), PhotoMetadata()
    )
    assert refused.code == "distance_impossible"
    with pytest.raises(ValueError, match=r"between 0\.02 and 500"):
        gsd_mm_per_px(camera_of_sensor("x", 13.2, (5472, 3648), 8.8), value)


@pytest.mark.parametrize("text", ["4", "40", "40,5", "1000"])
def test_a_marker_that_one_door_takes_all_take(text):
    value = marker_mm(text)
    assert refusal_of(check_marker, value, "") == ""
    assert problem_with(CardRequest(side_mm=value)) is None


@pytest.mark.parametrize("text", ["3.9", "0", "-40", "1000.1", "1e30", "inf", "nan", "wide"])
def test_a_marker_that_one_door_refuses_all_refuse(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"millimetres from 4 to 1000"):
        marker_mm(text)
    value = float(text) if text != "wide" else math.nan
    said = refusal_of(check_marker, value, "")
    assert said.endswith(("is between 4 and 1000 mm.", "a length above 0 mm."))
    assert problem_with(CardRequest(side_mm=value)).code == "card_size_invalid"
