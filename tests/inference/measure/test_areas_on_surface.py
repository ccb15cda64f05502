"""Area and extent of known rectangles: flat, tilted, through a lens, and beyond the horizon."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.measure.areas import area_on_surface, measure_areas
from inference.measure.scale.plane import PlaneScale
from inference.types import Region, Scale

RECTANGLE = np.array([[100.0, 50.0], [400.0, 50.0], [400.0, 450.0], [100.0, 450.0]])


def tilted(**facts) -> PlaneScale:
    """A plane whose scale grows from left to right."""
    to_px = np.array([[2.0, 0, 0], [0, 2.0, 0], [0.002, 0, 1.0]])
    values = {"plane_to_px": to_px, "image_size_px": (1000, 1000), **facts}
    return PlaneScale(0.5, 0.0, "marker_card", **values)


def test_a_rectangle_under_one_scale():
    found = area_on_surface(RECTANGLE, 300 * 400, Scale(0.5, 0.02))
    assert found is not None
    assert found.area_mm2 == pytest.approx(150 * 200)
    assert found.area_mm2_u == pytest.approx(0.04 * 150 * 200)
    assert found.extent_mm == pytest.approx(250.0)
    assert found.extent_mm_u == pytest.approx(0.02 * 250.0)


def test_the_area_given_counts_not_the_outlines():
    found = area_on_surface(RECTANGLE, 0.9 * 300 * 400, Scale(0.5, 0.02))
    assert found is not None and found.area_mm2 == pytest.approx(0.9 * 150 * 200)


def test_a_rectangle_of_a_tilted_plane_is_as_large_as_it_is():
    scale = tilted()
    on_plane = np.array([[20.0, 30.0], [170.0, 30.0], [170.0, 110.0], [20.0, 110.0]])
    outline = scale.to_picture_px(on_plane)
    area_px = cv2.contourArea(outline.astype(np.float32))
    found = area_on_surface(outline, area_px, scale)
    assert found is not None
    assert found.area_mm2 == pytest.approx(150 * 80, rel=1e-4)
    assert found.extent_mm == pytest.approx(np.hypot(150, 80), rel=1e-6)
    one_scale = area_on_surface(outline, area_px, Scale(0.5))
    assert one_scale is not None and one_scale.area_mm2 < 0.9 * found.area_mm2


def test_the_planes_uncertainty_is_the_regions():
    u_common = 0.03
    found = area_on_surface(RECTANGLE, 300 * 400, tilted(u_common=u_common))
    assert found is not None
    assert 2 * u_common < found.area_mm2_u / found.area_mm2 < 3 * u_common
    assert u_common < found.extent_mm_u / found.extent_mm < 2 * u_common


def test_beyond_the_horizon_there_is_no_area():
    steep = tilted(plane_to_px=np.array([[2.0, 0, 0], [0, 2.0, 0], [0.01, 0, 1.0]]))
    assert area_on_surface(RECTANGLE, 300 * 400, steep) is None


@pytest.mark.parametrize("outline", [[[5.0, 5.0]], [[5.0, 5.0], [9.0, 5.0]]])
def test_what_encloses_nothing_has_the_area_of_its_pixels(outline):
    found = area_on_surface(outline, 3.0, Scale(0.5, 0.02))
    assert found is not None and found.area_mm2 == pytest.approx(0.75)
    assert found.extent_mm == pytest.approx(2.0 if len(outline) == 2 else 0.0)


def test_regions_without_a_scale_have_no_millimetres():
    region = Region("spalling", RECTANGLE.astype(np.float32), 120_000.0, 0.8)
    (bare,) = measure_areas([region], None)
    (measured,) = measure_areas([region], Scale(0.5))
    assert bare.surface is None
    assert measured.surface is not None and measured.surface.extent_mm == pytest.approx(250.0)
