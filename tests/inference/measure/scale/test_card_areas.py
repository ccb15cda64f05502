"""Areas of cards in a picture, the scale in its middle, and why there is none."""

from __future__ import annotations

import numpy as np
import pytest

from assets.findings import say
from assets.marker_cards.layouts import card
from inference.imaging.exif import PhotoMetadata
from inference.measure.scale import PlaneScale, resolve_scale
from inference.measure.scale.card_areas import BEYOND_THE_EDGE_MM, card_areas
from inference.measure.scale.homography import through
from inference.measure.scale.markers import FoundMarker
from inference.measure.scale.other_markers import other_marker
from tests.inference.measure.scale.card_pictures import Print, plane, take

SIZE = (900, 700)


@pytest.mark.parametrize("key", ["a5", "credit-card"])
def test_the_outline_follows_tilt_and_perspective(key):
    layout = card(key, 2)
    middle = (layout.width_mm / 2, layout.height_mm / 2)
    to_px = plane(gsd=0.4, size_px=SIZE, tilt_deg=35, azimuth_deg=20, roll_deg=70, centre_mm=middle)
    seen = [
        FoundMarker(layout.family, place.marker_id, through(to_px, layout.corners_mm(place)))
        for place in layout.markers
    ]
    far = BEYOND_THE_EDGE_MM
    edges = np.array([[-far, -far], [layout.width_mm + far, layout.height_mm + far]])

    (outline,) = card_areas(seen)

    assert outline[[0, 2]] == pytest.approx(through(to_px, edges), abs=1e-6)


def test_a_marker_of_another_maker_has_its_white_around_it():
    square = np.array([[100, 100], [200, 100], [200, 200], [100, 200]], np.float64)
    (outline,) = card_areas([FoundMarker("aruco-4x4", 3, square)])
    assert outline.min() == pytest.approx(75) and outline.max() == pytest.approx(225)


def test_the_scale_in_the_middle_is_not_that_at_the_card():
    layout = card("credit-card")
    place = layout.markers[0]
    to_px = plane(gsd=0.3, size_px=SIZE, tilt_deg=30, azimuth_deg=90)
    marker = Print(layout.family, place.marker_id, 50, -18, layout.side_mm)
    found = resolve_scale(take([marker], to_px, SIZE), PhotoMetadata())
    scale = found.scale
    assert isinstance(scale, PlaneScale)
    middle = np.array([(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2])

    gsd, u = scale.at(middle)

    def true_gsd(at_mm):
        corners = through(to_px, np.asarray(at_mm) + np.array([[0, 0], [0.1, 0], [0, 0.1]]))
        (ax, ay), (bx, by) = corners[1:] - corners[0]
        return 0.1 / np.sqrt(abs(ax * by - ay * bx))

    assert gsd == pytest.approx(true_gsd((0, 0)), abs=3 * u * gsd)
    assert scale.gsd_mm_per_px == pytest.approx(true_gsd((68, 0)), rel=0.01)
    assert abs(gsd / scale.gsd_mm_per_px - 1) > 0.02, "the tilt makes them differ"
    # Beyond the horizon, on one side, there is no plane: then what is known of it is told.
    ends = [scale.at(np.array([x, 350.0])) for x in (-1e7, 1e7)]
    assert (scale.gsd_mm_per_px, scale.u_relative) in ends


def test_rough_concrete_is_no_marker_and_a_printed_one_is():
    rough = np.random.default_rng(5).integers(20, 220, (600, 800, 1), dtype=np.uint8)
    assert other_marker(np.repeat(rough, 3, axis=2)) is None
    to_px = plane(gsd=0.4, size_px=SIZE)
    shown = take([Print("aruco-5x5", 12, -20, -20, 40)], to_px, SIZE)
    found = other_marker(shown)
    assert found is not None and found.code == "card_wrong_dictionary"
    mirrored = take([Print("apriltag-36h11", 540, -20, -20, 40)], to_px, SIZE)[:, ::-1]
    found = other_marker(np.ascontiguousarray(mirrored))
    assert found is not None and found.code == "card_mirrored"


def test_the_first_refusal_is_why_there_is_no_scale():
    to_px = plane(gsd=0.4, size_px=SIZE)
    result = resolve_scale(
        take([Print("apriltag-36h11", 540, -5, -5, 10)], to_px, SIZE), PhotoMetadata()
    )
    assert result.scale is None and result.why_none.code == "card_too_small"
    assert say(result.why_none).sentence.endswith("So widths are in pixels and ungraded.")
    assert len(result.card_areas_px) == 1, "of no use, and still no concrete"
    nothing = resolve_scale(np.full((300, 400, 3), 120, np.uint8), PhotoMetadata())
    assert nothing.why_none.code == "no_scale"
