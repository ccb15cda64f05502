"""A scale given or changed measures again: what, when, and nothing twice."""

from __future__ import annotations

import pytest

from assets.errors import DomainError
from assets.models import Event, Photo
from assets.services.analysis import record_analysis
from assets.services.given_scale import GivenScale
from assets.services.inspections import edit_inspection
from assets.services.scale import set_photo_scale
from assets.services.visit_scale import set_inspection_scale
from tests.factories import analyse, hold, make_photo, make_record, match_now
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def states(*photos):
    rows = Photo.objects.in_bulk([photo.pk for photo in photos])
    return [(rows[photo.pk].state, rows[photo.pk].work) for photo in photos]


def test_a_visits_scale_measures_its_photos_without_one_of_their_own(visit, ines):
    own, plain, waits = make_photo(visit, gsd_mm_per_px=0.2), make_photo(visit), make_photo(visit)
    analyse(own, 0.2)
    analyse(plain, None, match=match_now(visit, registered=False))

    set_inspection_scale(inspection=visit, gsd_mm_per_px=0.5, actor=ines)

    assert states(own, plain, waits) == [
        ("done", "analyse"),
        ("queued", "measure"),
        ("queued", "analyse"),
    ]
    assert hold(plain).given == hold(waits).given == GivenScale(0.5, "inspection")
    event = Event.objects.get(verb="scale.changed")
    assert (event.before, event.after) == ({"gsd_mm_per_px": None}, {"gsd_mm_per_px": 0.5})


def test_the_same_scale_again_writes_nothing(visit, ines):
    photo = make_photo(visit, gsd_mm_per_px=0.2)
    analyse(photo, 0.2)
    count = Event.objects.count()

    set_photo_scale(photo=photo, gsd_mm_per_px=0.2, actor=ines)
    set_inspection_scale(inspection=visit, gsd_mm_per_px=None, actor=ines)

    assert states(photo) == [("done", "analyse")] and Event.objects.count() == count


def test_taking_a_photos_scale_away_leaves_that_of_the_visit(visit, ines):
    set_inspection_scale(inspection=visit, gsd_mm_per_px=0.5, actor=ines)
    visit.refresh_from_db()
    photo = make_photo(visit, gsd_mm_per_px=0.2)
    analyse(photo, 0.2)

    photo = set_photo_scale(photo=photo, gsd_mm_per_px=None, actor=ines)

    assert states(photo) == [("queued", "measure")]
    assert (photo.effective_gsd_mm_per_px, photo.gsd_source) == (0.5, "inspection")


@pytest.mark.parametrize("whose", ["photo", "inspection"])
def test_a_scale_that_comes_while_the_worker_computes_is_measured_right_after(visit, ines, whose):
    photo = make_photo(visit)
    held = hold(photo)

    if whose == "photo":
        set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)
    else:
        set_inspection_scale(inspection=visit, gsd_mm_per_px=0.5, actor=ines)
    assert states(photo) == [("processing", "analyse")]
    record_analysis(claim=held, result=make_record(None))

    assert states(photo) == [("queued", "measure")]
    again = hold(photo)
    assert (again.work, again.given.gsd_mm_per_px, again.attempt) == ("measure", 0.5, 2)
    record_analysis(claim=again, result=make_record(0.4))
    assert states(photo) == [("done", "measure")]


def test_a_wrong_scale_changes_nothing_of_a_visit(visit, ines):
    with pytest.raises(DomainError) as refused:
        edit_inspection(inspection=visit, actor=ines, title="New", gsd_mm_per_px=-1)

    visit.refresh_from_db()
    assert refused.value.code == "invalid_scale" and visit.title == ""
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_scale_and_a_result_at_the_same_moment_miss_each_other_never(visit, ines):
    for n in range(6):
        photo = make_photo(visit)
        held, scale = hold(photo), 0.5 + n

        at_once(
            lambda: set_inspection_scale(inspection=visit, gsd_mm_per_px=scale, actor=ines),  # noqa: B023
            lambda: record_analysis(claim=held, result=make_record()),  # noqa: B023
        )

        assert states(photo) == [("queued", "measure")]
        assert hold(photo).given.gsd_mm_per_px == scale
