"""A key made by the client: sent again it doubles nothing, whatever came between."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from assets.errors import DomainError
from assets.models import ClientKey, Event, Inspection, Photo, PhotoState
from assets.services.inspections import edit_inspection, open_inspection_once
from assets.services.intake import store_photo
from tests.factories import (
    make_asset,
    make_element,
    make_inspection,
    make_member,
    picture_bytes,
    upload,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db

KEY = "0d1c7f0e-8f6d-4c58-9f53-2f8c3e1a9b77"


def open_visit(asset: Any, actor: Any, key: str = KEY, **given: Any) -> Any:
    return open_inspection_once(
        asset=asset, actor=actor, client_key=key, **{"kind": "walk", **given}
    )


def send(visit: Any, actor: Any, data: bytes, key: str = KEY, **given: Any) -> Any:
    return store_photo(
        inspection=visit, file=upload(data), uploaded_by=actor, original_name="a.jpg",
        client_key=key, **given,
    )  # fmt: skip


def refusal(call: Any, *args: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(DomainError) as caught:
        call(*args, **given)
    assert caught.value.message and caught.value.hint
    return caught.value.code, caught.value.field


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_visit_is_opened_once(bridge, ines):
    first, again = open_visit(bridge, ines), open_visit(bridge, ines)

    assert (first.created, again.created) == (True, False)
    assert first.inspection == again.inspection == Inspection.objects.get()
    assert Event.objects.filter(verb="inspection.opened").count() == 1


def test_what_was_corrected_meanwhile_stays(bridge, ines):
    visit = open_visit(bridge, ines, title="Lower face").inspection
    edit_inspection(inspection=visit, actor=ines, title="Upper face")

    assert open_visit(bridge, ines, title="Lower face").inspection.title == "Upper face"


@pytest.mark.parametrize("left_out", [{"title": ""}, {"note": ""}, {"element": None}], ids=str)
def test_what_is_empty_is_what_is_left_out(bridge, ines, left_out):
    first = open_visit(bridge, ines)

    assert open_visit(bridge, ines, **left_out).inspection == first.inspection


@pytest.mark.parametrize(
    "other", [{"kind": "drone"}, {"title": "x"}, {"gsd_mm_per_px": 0.5}], ids=str
)
def test_the_same_key_with_another_visit_is_refused(bridge, ines, other):
    open_visit(bridge, ines)

    assert refusal(open_visit, bridge, ines, **other) == ("key_used", "client_key")
    assert Inspection.objects.count() == 1


def test_a_photo_is_taken_in_once(visit, ines):
    data = picture_bytes(seed=1)
    first, again = send(visit, ines, data), send(visit, ines, data)

    assert (first.created, again.created) == (True, False)
    assert first.photo == again.photo == Photo.objects.get()
    assert len(stored_files()) == 1 and Event.objects.filter(verb="photo.stored").count() == 1


def test_a_photo_sent_again_is_the_same_though_its_visit_was_corrected(visit, ines):
    """What was left out stays left out, though it means another element by now."""
    data = picture_bytes(seed=1)
    photo = send(visit, ines, data).photo
    edit_inspection(inspection=visit, actor=ines, element=make_element(visit.asset, "Abutment"))
    visit.refresh_from_db()

    again = send(visit, ines, data)
    assert (again.created, again.photo, again.photo.element) == (False, photo, photo.element)


def test_a_photo_that_is_there_already_is_not_moved_to_another_element(visit, ines):
    data = picture_bytes(seed=1)
    photo = send(visit, ines, data).photo
    pier = make_element(visit.asset, "Abutment")

    refused = ("photo_on_other_element", "element")
    assert refusal(send, visit, ines, data, key="another-key", element=pier) == refused
    assert not ClientKey.objects.filter(key="another-key").exists()
    assert send(visit, ines, data, key="another-key", element=photo.element).photo == photo


def test_the_same_key_with_another_photo_is_refused(visit, bridge, ines):
    data = picture_bytes(seed=1)
    send(visit, ines, data)

    assert refusal(send, visit, ines, picture_bytes(seed=2)) == ("key_used", "client_key")
    assert refusal(send, visit, ines, data, gsd_mm_per_px=0.5) == ("key_used", "client_key")
    assert refusal(send, make_inspection(bridge), ines, data) == ("key_used", "client_key")
    assert refusal(open_visit, bridge, ines) == ("key_used", "client_key")
    photo = Photo.objects.get()
    assert photo.gsd_mm_per_px is None
    assert len(stored_files()) == 1


def test_a_photo_that_is_there_already_takes_another_key(visit, ines, emil):
    data = picture_bytes(seed=1)
    photo = send(visit, ines, data).photo

    assert send(visit, ines, data, key="another-key").photo == photo
    assert send(visit, emil, data).photo == photo
    assert set(ClientKey.objects.values_list("user", "key", "photo")) == {
        (ines.pk, KEY, photo.pk), (ines.pk, "another-key", photo.pk), (emil.pk, KEY, photo.pk),
    }  # fmt: skip
    other = picture_bytes(seed=2)
    assert refusal(send, visit, ines, other, key="another-key")[0] == "key_used"


def test_sent_again_a_key_changes_nothing(visit, ines):
    """Not the scale that was set since, and no second try of what was rejected."""
    data = picture_bytes(seed=1)
    photo = send(visit, ines, data, gsd_mm_per_px=0.5).photo
    Photo.objects.filter(pk=photo.pk).update(
        state=PhotoState.REJECTED, reason_code="too_dark", gsd_mm_per_px=0.25
    )

    again = send(visit, ines, data, gsd_mm_per_px=0.5)
    assert not again.created
    assert (again.photo.state, again.photo.gsd_mm_per_px) == ("rejected", 0.25)


def test_the_key_goes_with_its_row(visit, ines):
    """Nothing of the site deletes a photo; where an operator did, it comes in anew."""
    data = picture_bytes(seed=1)
    send(visit, ines, data).photo.delete()

    assert not ClientKey.objects.exists()
    assert send(visit, ines, data).created


def test_another_persons_key_is_another_key(bridge, ines, emil, other_organisation):
    first = open_visit(bridge, ines, title="Ines'")
    second = open_visit(bridge, emil, title="Emil's")
    assert second.created and first.inspection != second.inspection

    elsewhere = make_asset(other_organisation)
    olga = make_member(other_organisation, "inspector")
    assert open_visit(elsewhere, olga).created


@pytest.mark.parametrize(
    "key", ["short-7", "x" * 81, "with blank", "line-end\n", "ümläute-8", "a/b/c/d/e"]
)
def test_what_is_no_key(bridge, visit, ines, key):
    assert refusal(open_visit, bridge, ines, key) == ("invalid_key", "client_key")
    assert refusal(send, visit, ines, picture_bytes(), key) == ("invalid_key", "client_key")
    assert Inspection.objects.get() == visit and not Photo.objects.exists()


def test_the_database_holds_the_rule(bridge, visit, ines):
    fields = {"user": ines, "organisation": bridge.organisation, "content_sha256": "0" * 64}
    ClientKey.objects.create(key=KEY, inspection=visit, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClientKey.objects.create(key=KEY, inspection=visit, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClientKey.objects.create(key="names-nothing", **fields)


@pytest.mark.django_db(transaction=True)
def test_the_same_visit_twice_at_the_same_moment(bridge, ines):
    for _ in range(5):
        key = str(uuid.uuid4())
        found = at_once(*[lambda key=key: open_visit(bridge, ines, key)] * 3)
        assert sorted(each.created for each in found) == [False, False, True]
        assert len({each.inspection.pk for each in found}) == 1
    assert Inspection.objects.count() == 5
    assert Event.objects.filter(verb="inspection.opened").count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_photos_with_one_key_at_the_same_moment(visit, ines):
    """One comes in, the other is refused and leaves no file."""

    def outcome(data: bytes) -> str:
        try:
            return "made" if send(visit, ines, data).created else "there"
        except DomainError as error:
            return error.code

    first, second = picture_bytes(seed=1), picture_bytes(seed=2)
    assert sorted(at_once(lambda: outcome(first), lambda: outcome(second))) == ["key_used", "made"]
    assert Photo.objects.count() == len(stored_files()) == 1


@pytest.mark.django_db(transaction=True)
def test_one_photo_twice_with_one_key_at_the_same_moment(visit, ines):
    data = picture_bytes(seed=1)
    found = at_once(*[lambda: send(visit, ines, data)] * 3)
    assert sorted(stored.created for stored in found) == [False, False, True]
    assert Photo.objects.count() == len(stored_files()) == ClientKey.objects.count() == 1
