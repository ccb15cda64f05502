"""Millimetres per pixel: whoever gives them, one range and one way to read them."""

from __future__ import annotations

import argparse
import math

import numpy as np
import pytest
from django.core.exceptions import ValidationError as FormError
from rest_framework.exceptions import ValidationError as ApiError

from assets import scale_range
from assets.errors import DomainError
from assets.services.given_scale import check_scale
from inference.cli._scale_options import mm_per_px
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale import ScaleInputs, resolve_scale
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
    assert scale_range.read_mm_per_px(text) == mm_per_px(text) == value
    assert FormField().clean(text) == ApiField().run_validation(value) == value
    assert check_scale(value) == by_the_instrument(value) == value


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_one_door_refuses_all_refuse(text):
    value = float(text)
    assert scale_range.read_mm_per_px(text) is None and not scale_range.is_possible(value)
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
    assert scale_range.read_mm_per_px(text) == mm_per_px(text) == FormField().clean(text) == 0.25


@pytest.mark.parametrize("text", ["", "wide", "0.25 mm", "1/4", "0.2.5"])
def test_what_is_no_number(text):
    assert scale_range.read_number(text) is None
    with pytest.raises(argparse.ArgumentTypeError):
        mm_per_px(text)
