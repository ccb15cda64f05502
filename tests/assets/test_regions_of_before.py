"""Regions from before regions had an identity await no decision until the next analysis."""

from __future__ import annotations

import pytest

from assets.models import Alert, Photo, Region, ViewFeatures
from assets.services.known_views import known_views
from assets.services.queue import retry_photo
from assets.services.scale import set_photo_scale
from tests.factories import analyse, make_photo, make_region, match_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_before(visit):
    """A photo with a crack and such a region, as the migration leaves them."""
    photo = make_photo(visit)
    analyse(photo, 0.4, at="2023-05-01T00:00:00")
    analysis = photo.analyses.get()
    Region.objects.create(
        analysis=analysis, photo=photo, captured_at=photo.captured_at, ordinal=0, kind="spalling",
        outline_px=[[0, 0], [9, 0], [9, 9]], area_px=40.5, confidence=0.8,
    )  # fmt: skip
    return photo


def test_no_notice_and_still_a_view(visit, of_before):
    unregistered = match_now(visit, registered=False)
    analyse(make_photo(visit), 0.4, regions=[make_region()], match=unregistered)

    notice = Alert.objects.get(rule="unmatched")
    assert notice.count == 1, "the new photo alone"
    known = known_views(make_photo(visit), with_areas=True)
    (view,) = [view for view in known.views if view.photo_id == of_before.pk]
    assert len(view.lines) == 1 and view.areas == ()


def test_measured_again_it_still_awaits_nobody(of_before, alice):
    set_photo_scale(photo=of_before, gsd_mm_per_px=0.5, actor=alice)
    analysis = analyse(of_before, 0.4, regions=[make_region(60.0)])

    region = analysis.regions.get()
    assert (region.identity, region.defect, region.extent_mm) == ("", None, 60.0)
    assert not Alert.objects.filter(rule="unmatched").exists()


def test_analysed_again_it_has_an_identity(visit, of_before):
    Photo.objects.filter(pk=of_before.pk).update(state="failed")
    of_before.refresh_from_db()
    retry_photo(photo=of_before, actor=None)
    analysis = analyse(of_before, regions=[make_region(60.0)], match=match_now(visit))

    assert analysis.regions.get().identity == "new"
    assert ViewFeatures.objects.get(analysis=analysis).is_usable
