"""The demo organisation: what is in it, that it is made once, and that its pictures come in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
from django.conf import settings as django_settings

from assets.models import Asset, AssetKind, Element, Inspection, Photo, Priority, User
from assets.severity import grade
from inference.render.plan import read_plan
from portal.demo.loading import DemoLoader, missing_photos
from portal.demo.organisation import ACCOUNTS, OUTSIDER, ensure_demo
from portal.demo.pictures import FACES, plan_photos
from portal.demo.portfolio import STRUCTURES
from tests.chaos.installation import wait_for

TODAY = dt.date(2026, 3, 1)


def test_the_portfolio_is_what_was_promised():
    assert len(STRUCTURES) >= 14
    kinds = Counter(structure.kind for structure in STRUCTURES)
    assert {"bridge", "dam", "tunnel", "building"} <= set(kinds) <= set(AssetKind.values)
    assert len({structure.time_zone for structure in STRUCTURES}) >= 8
    assert len({structure.code for structure in STRUCTURES}) == len(STRUCTURES)


def test_the_renderer_takes_the_plan():
    photos = plan_photos(TODAY)
    planned = read_plan({"photos": [photo.render for photo in photos]})
    assert 40 <= len(planned) <= 80
    assert all(one.scene.width_px * one.scene.height_px <= 2_000_000 for one in planned)
    assert [one.file for one in planned] == [photo.name for photo in photos]


def test_two_years_of_visits_end_a_few_days_ago_in_order():
    days = [photo.held_on for photo in plan_photos(TODAY)]
    assert days == sorted(days)
    assert (TODAY - days[0]).days > 700
    assert 0 < (TODAY - days[-1]).days < 30
    assert all(list(face.days_ago) == sorted(face.days_ago, reverse=True) for face in FACES)


def test_every_picture_shows_an_element_that_exists():
    elements = {(one.code, name) for one in STRUCTURES for name, _ in one.elements}
    assert {(photo.code, photo.element) for photo in plan_photos(TODAY)} <= elements


def test_the_pictures_have_something_to_tell():
    widths = [defect.widths_mm for face in FACES for defect in face.cracks]
    assert {grade(each[-1]) for each in widths} == {"CS1", "CS2", "CS3"}
    assert all(a <= b for each in widths for a, b in pairwise(each)), "cracks do not close"
    assert any(grade(each[0]) != grade(each[-1]) for each in widths)
    assert any(not face.cracks for face in FACES)
    assert any(not face.scale_known for face in FACES)
    assert sum(face.moved_at is not None for face in FACES) == 1
    assert sum(face.dark_at is not None for face in FACES) == 1
    for face in FACES:
        assert all(len(defect.widths_mm) == len(face.days_ago) for defect in face.cracks)


@pytest.mark.django_db
def test_it_is_made_once_and_kept():
    first = ensure_demo()
    assert first.is_new
    assert len(first.password) >= 10
    for email, _, _ in (*ACCOUNTS, OUTSIDER):
        assert User.objects.get(email=email).check_password(first.password)
    counts = [model.objects.count() for model in (Asset, Element, Inspection, User)]

    again = ensure_demo()
    assert not again.is_new
    assert again.password is None
    assert counts == [model.objects.count() for model in (Asset, Element, Inspection, User)]


@pytest.mark.django_db
def test_what_was_interrupted_is_completed():
    ensure_demo()
    Inspection.objects.order_by("-pk").first().delete()
    User.objects.filter(email="manager@demo.example").delete()
    completed = ensure_demo()
    visits = {(photo.code, photo.held_on) for photo in completed.photos}
    demo_visits = Inspection.objects.filter(asset__organisation=completed.organisation)
    assert set(demo_visits.values_list("asset__code", "held_on")) == visits
    assert User.objects.get(email="manager@demo.example").check_password(completed.password)


@pytest.mark.django_db
def test_a_given_password_counts_the_second_time_too():
    ensure_demo()
    assert ensure_demo(password="quite simple").password == "quite simple"
    for email, _, _ in (*ACCOUNTS, OUTSIDER):
        assert User.objects.get(email=email).check_password("quite simple")
    assert ensure_demo(password="quite simple").password is None


@pytest.mark.django_db
def test_the_outsider_sees_nothing_of_it():
    ensure_demo()
    seen = {email: Asset.objects.visible_to(User.objects.get(email=email)).count() for email in
            ("owner@demo.example", OUTSIDER[0])}  # fmt: skip
    assert seen == {"owner@demo.example": len(STRUCTURES), OUTSIDER[0]: 1}


@pytest.mark.django_db(transaction=True)
def test_pictures_are_rendered_and_sent_behind_everybody():
    demo = ensure_demo()
    small = []
    for photo in demo.photos[:2]:
        scene = {**photo.render["scene"], "width_px": 320, "height_px": 240}
        small.append(dataclasses.replace(photo, render={**photo.render, "scene": scene}))
    demo = dataclasses.replace(demo, photos=tuple(small))
    said: list[str] = []
    shown: list[str] = []
    loader = DemoLoader(demo, say=said.append, show=shown.append)
    loader.start()
    try:
        wait_for(lambda: not missing_photos(demo), "the pictures do not come", every_s=0.2)
        wait_for(lambda: not loader.folder.exists(), "rendered files are left", every_s=0.1)
    finally:
        loader.stop()
    rows = {row.original_name: row for row in Photo.objects.select_related("element")}
    assert {name: row.element.name for name, row in rows.items()} == {
        photo.name: photo.element for photo in small
    }
    assert {row.priority for row in rows.values()} == {Priority.BACKLOG}
    assert said == []
    assert set(shown) == {"Pictures: 0 of 2 analysed"}
    assert loader.folder.parent == django_settings.DATA_DIR
