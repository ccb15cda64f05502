"""A known crack is found again among thousands of views, and no other is taken for it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from assets.models import Identity
from assets.services.analysis import record_analysis
from inference.bridge.matching import propose_match
from inference.measure.identity.registration import Features, extract_features
from tests.factories import facts_at, hold, make_photo, make_record
from tests.inference.measure.identity.faces import draw_face, photograph_again
from tests.many_views import Shot, add_views, make_defect

pytestmark = pytest.mark.django_db

BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=10)
SIZE = (800, 600)
LINE = ((100.0, 200.0), (300.0, 240.0), (500.0, 220.0))
MANY, THERE = 3000, 1200


def nothing_like_it() -> tuple[bytes, int]:
    """Features of no face: few, so that thousands of them fit into a test."""
    rng = np.random.default_rng(5)
    points = rng.uniform((0, 0), SIZE, (30, 2)).astype(np.float32)
    descriptors = rng.integers(0, 256, (30, 32), dtype=np.uint8)
    return Features(points, descriptors, SIZE).to_bytes(), 30


@pytest.fixture
def deck(visit, pier):
    """A walk along a deck of forty cracks; one of them is on a face that we know."""
    defects = [make_defect(pier, n + 1, BEGIN) for n in range(40)]
    pier.asset.last_defect_number = 40
    pier.asset.save()
    face = extract_features(draw_face(1))
    kept, few = nothing_like_it()
    shots = []
    for n in range(MANY):
        known = (face.to_bytes(), len(face.points)) if n == THERE else (kept, few)
        lines = (defects[n // 75],) if n % 75 == 0 else ()
        shots.append(
            Shot(BEGIN + n * STEP, *known, (50.94, 6.96 + n * 1.4e-5), lines, line_px=LINE)
        )
    assert shots[THERE].defects
    add_views(visit, pier, shots)
    return shots[THERE].defects[0]


def photographed(visit, seed, facts):
    """What the register says of one more photo of the face, or of another, with one line."""
    again, truth = photograph_again(draw_face(seed), 7, turn_deg=4.0)
    line = np.column_stack([np.array(LINE), np.ones(3)]) @ truth.T
    lines = [(line[:, :2] / line[:, 2:]).astype(np.float32)]
    features = extract_features(again)
    photo = make_photo(visit)
    held = hold(photo)
    match = propose_match(photo, lines, features, SIZE, facts)
    kept = {"features": features.to_bytes(), "key_points": len(features.points)}
    result = make_record(0.2, **kept)
    analysis = record_analysis(claim=held, result=result, match=match, facts=facts)
    return analysis.measurements.get(), match


def test_by_its_position_and_no_other_crack_is_taken_for_it(visit, deck):
    here = facts_at("2025-01-01T10:00:00", latitude=50.94, longitude=6.96 + THERE * 1.4e-5)

    line, match = photographed(visit, 1, here)
    assert (line.defect, line.identity) == (deck, Identity.MATCHED)
    assert match.earlier_visit_at == BEGIN + THERE * STEP

    other, _match = photographed(visit, 2, here)
    assert (other.defect, other.identity) == (None, Identity.UNMATCHED)


def test_by_the_walk_where_no_position_is_known(visit, pier, deck):
    lost, _match = photographed(visit, 1, facts_at("2025-01-01T10:00:00"))
    assert (lost.defect, lost.identity) == (None, Identity.UNMATCHED), "it awaits a person"

    (last,) = add_views(visit, pier, [Shot(dt.datetime(2025, 2, 1, 10, tzinfo=dt.UTC))])
    type(last.view).objects.filter(pk=last.pk).update(
        earlier_visit_at=BEGIN + (THERE - 2) * STEP, data=nothing_like_it()[0]
    )
    line, _match = photographed(visit, 1, facts_at("2025-02-01T10:00:20"))
    assert (line.defect, line.identity) == (deck, Identity.MATCHED)
