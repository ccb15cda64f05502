"""Assets, elements, inspections: added and changed with a trace in the ledger."""

from __future__ import annotations

import datetime as dt

import pytest

from assets.cells import cell_of
from assets.errors import DomainError
from assets.models import Asset, Event, Inspection
from assets.services.inspections import edit_inspection, open_inspection
from assets.services.portfolio import create_asset, create_element, edit_asset, edit_element
from tests.factories import make_asset, make_element

pytestmark = pytest.mark.django_db

BRIDGE = {
    "kind": "bridge",
    "code": " BR-1 ",
    "name": "Rhine bridge",
    "latitude": 50.94,
    "longitude": 6.96,
    "time_zone": "Europe/Berlin",
}


def refusal(call, **fields):
    count = Event.objects.count()
    with pytest.raises(DomainError) as caught:
        call(**fields)
    assert caught.value.message and caught.value.hint
    assert Event.objects.count() == count
    return caught.value.code, caught.value.field


def test_an_asset_comes_with_its_whole(organisation, alice):
    asset = create_asset(organisation=organisation, actor=alice, year_built=1972, **BRIDGE)

    assert (asset.code, asset.map_cell) == ("BR-1", cell_of(50.94, 6.96))
    (whole,) = asset.elements.all()
    assert whole.is_whole
    event = Event.objects.get()
    assert (event.verb, event.actor, event.after["year_built"]) == ("asset.created", alice, 1972)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"latitude": 91.0}, "invalid", "latitude"),
        ({"longitude": float("nan")}, "invalid", "longitude"),
        ({"latitude": None}, "invalid", "latitude"),
        ({"kind": "castle"}, "invalid", "kind"),
        ({"name": ""}, "invalid", "name"),
        ({"name": "x" * 161}, "invalid", "name"),
        ({"time_zone": "Mars/Olympus"}, "invalid", "time_zone"),
        ({"code": "BR-9"}, "code_taken", "code"),
        ({"year_built": -5}, "invalid", "year_built"),
    ],
)
def test_what_an_asset_cannot_be(organisation, alice, changes, code, field):
    make_asset(organisation, code="BR-9")

    found = refusal(create_asset, organisation=organisation, actor=alice, **{**BRIDGE, **changes})

    assert found == (code, field)
    assert Asset.objects.count() == 1


def test_another_organisation_may_use_the_code(organisation, other_organisation, alice):
    make_asset(other_organisation, code="BR-1")

    assert create_asset(organisation=organisation, actor=alice, **BRIDGE).pk


def test_only_what_changed_is_written_down(organisation, alice):
    asset = create_asset(organisation=organisation, actor=alice, **BRIDGE)

    edit_asset(asset=asset, actor=alice, name="Rhine bridge", latitude=50.95)
    edit_asset(asset=asset, actor=alice, name="Rhine bridge")

    asset.refresh_from_db()
    assert asset.map_cell == cell_of(50.95, 6.96)
    event = Event.objects.get(verb="asset.edited")
    assert (event.before, event.after) == ({"latitude": 50.94}, {"latitude": 50.95})


def test_the_services_keep_what_is_not_theirs_to_change(organisation, alice):
    with pytest.raises(TypeError, match="worst_level"):
        edit_asset(asset=make_asset(organisation), actor=alice, worst_level=0)


def test_elements(bridge, organisation, alice):
    deck = create_element(asset=bridge, actor=alice, name="Deck", aashto_number=12)

    edit_element(element=deck, actor=alice, name="Deck, span 1")

    deck.refresh_from_db()
    assert deck.name == "Deck, span 1"
    assert refusal(create_element, asset=bridge, actor=alice, name="Deck, span 1") == (
        "name_taken",
        "name",
    )
    assert refusal(edit_element, element=deck, actor=alice, name="") == ("invalid", "name")
    assert create_element(asset=make_asset(organisation), actor=alice, name="Deck, span 1").pk


def test_an_inspection_is_opened_and_corrected(bridge, pier, ines):
    visit = open_inspection(
        asset=bridge,
        actor=ines,
        kind="drone",
        held_on=dt.date(2025, 5, 20),
        title=" North side ",
        element=pier,
        gsd_mm_per_px=0.4,
    )

    changed = edit_inspection(inspection=visit, actor=ines, kind="rope", gsd_mm_per_px=0.5)

    assert (visit.title, visit.created_by) == ("North side", ines)
    assert (changed.kind, changed.gsd_mm_per_px, changed.element) == ("rope", 0.5, pier)
    assert list(Event.objects.values_list("verb", flat=True)) == [
        "inspection.opened",
        "scale.changed",
        "inspection.edited",
    ]


def test_an_inspection_is_today_unless_told_otherwise(bridge, ines):
    visit = open_inspection(asset=bridge, actor=ines, kind="walk")

    assert abs(visit.held_on - dt.datetime.now(dt.UTC).date()) <= dt.timedelta(days=1)


def test_what_an_inspection_cannot_be(bridge, organisation, ines):
    elsewhere = make_element(make_asset(organisation))
    given = {"asset": bridge, "actor": ines, "kind": "walk"}

    assert refusal(open_inspection, **{**given, "kind": "swim"}) == ("invalid", "kind")
    assert refusal(open_inspection, **given, element=elsewhere) == ("element_elsewhere", "element")
    assert refusal(open_inspection, **given, gsd_mm_per_px=0) == (
        "invalid_scale",
        "gsd_mm_per_px",
    )
    assert refusal(open_inspection, **given, title="x" * 121) == ("invalid", "title")
    assert not Inspection.objects.exists()
    visit = open_inspection(**given)
    assert refusal(edit_inspection, inspection=visit, actor=ines, held_on=None) == (
        "invalid",
        "held_on",
    )
