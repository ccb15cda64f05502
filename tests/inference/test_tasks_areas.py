"""The worker with regions: matched, measured and carried over, as lines are.

No shipped network proposes regions. Here the real worker gets them beside its real lines, as a
network that does will hand them over.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assets.models import Alert, Defect, Photo, Region
from assets.services.scale import set_photo_scale
from inference import bridge, tasks
from inference import types as values
from inference.measure.areas import measure_areas
from tests.factories import make_photo
from tests.inference.test_tasks import GSD, DarkLines, wall

pytestmark = pytest.mark.django_db(transaction=True)


def square(x: float, y: float, side: float, kind: str = "spalling") -> values.Region:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return values.Region(kind, np.array(corners, np.float32), side**2, 0.8)


@pytest.fixture
def shows(monkeypatch):
    """Says which regions the network proposes on the next photos."""
    proposed: list[values.Region] = []
    real = bridge.analyse

    def analyse(pixels, *, scale, **how):
        found = real(pixels, scale=scale, **how)
        regions = measure_areas(proposed, scale.scale)
        return replace(found, analysis=replace(found.analysis, regions=regions))

    monkeypatch.setattr(bridge, "analyse", analyse)
    monkeypatch.setattr(tasks, "current_model", DarkLines)
    monkeypatch.setattr(tasks, "current_screen", lambda: None)

    def show(*regions: values.Region) -> None:
        proposed[:] = regions

    return show


def run(photo: Photo) -> list[Region]:
    tasks.analyse_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.state == "done", photo.reasons
    return list(Region.objects.filter(photo=photo, is_current=True).order_by("ordinal"))


def test_regions_are_matched_measured_and_measured_again(visit, alice, shows):
    shows(square(100, 450, 120))
    (first,) = run(make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD))
    spall = Defect.objects.get(kind="spalling")
    assert first.area_mm2 == pytest.approx((120 * GSD) ** 2)
    assert first.extent_mm == pytest.approx(120 * GSD * 2**0.5, rel=1e-5)
    assert (first.identity, spall.severity) == ("new", "CS2")

    # Another view of the same wall: the old one has grown, another has come.
    shows(square(500, 400, 60), square(60, 400, 290))
    photo = make_photo(visit, data=wall(1.0, view=1, day="2025-08-20"))
    new, grown = run(photo)
    assert (new.identity, grown.identity) == ("new", "matched")
    assert grown.defect == spall and grown.extent_mm is None and grown.severity == ""

    # Its scale comes later: the regions stay, with millimetres.
    set_photo_scale(photo=photo, gsd_mm_per_px=GSD, actor=alice)
    new, grown = run(photo)
    assert (new.identity, grown.identity) == ("carried", "carried")
    assert grown.extent_mm == pytest.approx(290 * GSD * 2**0.5, rel=1e-5)
    spall.refresh_from_db()
    assert (spall.severity, spall.extent_mm) == ("CS3", grown.extent_mm)
    assert Alert.objects.filter(rule="worsened", defect=spall).exists()


def test_where_no_view_fits_a_person_decides(visit, shows):
    shows(square(100, 450, 120))
    run(make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD))
    (elsewhere,) = run(make_photo(visit, data=wall(1.0, seed=11), gsd_mm_per_px=GSD))

    assert (elsewhere.identity, elsewhere.defect) == ("unmatched", None)
    assert Alert.objects.get(rule="unmatched").count == 1
