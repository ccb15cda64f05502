"""The scale of a whole visit: distance and camera, who is measured again, and back."""

from __future__ import annotations

import pytest

from assets.errors import DomainError
from assets.models import Event, Photo
from assets.services.given_scale import given_scale
from assets.services.scale import set_photo_scale
from assets.services.visit_scale import last_change, set_inspection_scale, undo_inspection_scale
from tests.assets.test_scale import states
from tests.factories import analyse, make_photo, match_now

pytestmark = pytest.mark.django_db


def test_a_distance_measures_again_what_has_no_scale_of_its_own(visit, ines):
    carded, typed, near, plain = (make_photo(visit) for _ in range(4))
    for photo, source in ((carded, "marker_card"), (typed, "photo"), (near, ""), (plain, "")):
        analyse(photo, 0.4, gsd_source=source, match=match_now(visit, registered=False))
    Photo.objects.filter(pk=typed.pk).update(gsd_mm_per_px=0.5)
    Photo.objects.filter(pk=near.pk).update(distance_m=1.5)

    set_inspection_scale(inspection=visit, actor=ines, distance_m=2.5, distance_u_m=0.05)

    assert [work for _, work in states(carded, typed, near, plain)] == [
        "analyse", "analyse", "analyse", "measure",
    ]  # fmt: skip
    rows = Photo.objects.select_related("inspection").in_bulk()
    assert (given_scale(rows[plain.pk]).distance_m, given_scale(rows[plain.pk]).distance_u_m) == (
        2.5, 0.05,
    )  # fmt: skip
    assert (given_scale(rows[near.pk]).distance_m, given_scale(rows[near.pk]).distance_u_m) == (
        1.5, None,
    )  # fmt: skip


def test_the_last_change_is_taken_back(visit, ines):
    set_inspection_scale(inspection=visit, actor=ines, distance_m=2.5, distance_u_m=0.05)
    set_inspection_scale(inspection=visit, actor=ines, distance_m=3.0, camera_profile="d850-35")
    visit.refresh_from_db()
    assert (visit.distance_m, visit.distance_u_m, visit.camera_profile) == (3.0, None, "d850-35")
    photo = make_photo(visit)
    analyse(photo, None)

    undone = undo_inspection_scale(inspection=visit, actor=ines)

    assert (undone.distance_m, undone.distance_u_m, undone.camera_profile) == (2.5, 0.05, "")
    assert states(photo) == [("queued", "measure")]
    assert Event.objects.filter(verb="scale.changed").count() == 3
    again = undo_inspection_scale(inspection=undone, actor=ines)
    assert (again.distance_m, again.camera_profile) == (3.0, "d850-35")


def test_nothing_was_changed_so_nothing_is_taken_back(visit, ines):
    assert last_change(visit) is None
    with pytest.raises(DomainError) as refused:
        undo_inspection_scale(inspection=visit, actor=ines)
    assert refused.value.code == "nothing_to_undo"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"distance_m": 0.0}, "invalid_distance"),
        ({"distance_m": -2.0}, "invalid_distance"),
        ({"distance_m": 2.0, "distance_u_m": 1.5}, "invalid_distance"),
        ({"distance_m": 5000.0}, "invalid_distance"),
        ({"camera_profile": "../secret"}, "invalid_profile"),
    ],
)
def test_what_cannot_be_changes_nothing(visit, ines, given, code):
    with pytest.raises(DomainError) as refused:
        set_inspection_scale(inspection=visit, actor=ines, **given)
    visit.refresh_from_db()
    assert refused.value.code == code and refused.value.hint
    assert visit.distance_m is None and not Event.objects.exists()


def test_a_photos_marker_is_measured_with_and_checked(visit, ines):
    photo = make_photo(visit)
    analyse(photo, None)
    photo = set_photo_scale(photo=photo, actor=ines, marker_mm=60.0, marker_family="aruco-4x4")
    assert states(photo) == [("queued", "measure")]
    given = given_scale(photo)
    assert (given.marker_mm, given.marker_family) == (60.0, "aruco-4x4")
    unknown = {"marker_mm": 50, "marker_family": "qr"}
    for wrong in (*({"marker_mm": mm} for mm in (0, -5, 60_000, float("nan"))), unknown):
        with pytest.raises(DomainError) as refused:
            set_photo_scale(photo=photo, actor=ines, **wrong)
        assert refused.value.code == "invalid_marker" and refused.value.hint
    photo = set_photo_scale(photo=photo, actor=ines, marker_mm=None, marker_family="")
    assert given_scale(photo).marker_mm is None
