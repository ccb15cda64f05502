"""News: all changes since a person last asked, only theirs, and little to read."""

from __future__ import annotations

import pytest
from django.utils import timezone

from assets.cells import cell_of
from assets.errors import DomainError
from assets.models import Asset, Event, LedgerCheck, LedgerHead, Membership, WorkState
from assets.selectors import news as reads
from assets.selectors.news import news
from assets.services.access_log import note_access
from assets.services.alerts import acknowledge
from assets.services.ledger import Entry, append_event, append_events
from assets.services.portfolio import edit_asset, edit_element
from assets.work.attempts import retry
from tests.factories import analyse, make_asset, make_inspection, make_photo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledgers_that_have_begun(organisation, other_organisation):
    for place in (organisation, other_organisation):
        append_event(organisation=place, entry=Entry("organisation.created", "organisation", 1))


def now(user) -> str:
    """The cursor of somebody who has seen all."""
    return news(user, "").cursor


def touched(user, since: str) -> list[int]:
    found = news(user, since)
    assert not found.everything
    return [one.id for one in found.assets]


def test_nothing_is_new_until_something_is(bridge, alice):
    since = now(alice)
    found = news(alice, since)
    assert (found.cursor, found.everything, found.assets) == (since, False, [])
    assert (found.alerts, found.raised) == (False, [])


def test_an_uploaded_photo_touches_its_asset_and_not_the_map(visit, alice):
    other = make_asset(visit.asset.organisation)
    since = now(alice)

    photo = make_photo(visit, by=alice)

    (one,) = news(alice, since).assets
    assert (one.id, one.on_map, one.whole) == (visit.asset_id, False, False)
    assert (one.photos, one.inspections) == ([photo.pk], [visit.pk])
    assert other.pk not in touched(alice, since)


def test_its_analysis_touches_the_map_and_the_bell(visit, alice):
    photo = make_photo(visit, by=alice)
    since = now(alice)

    analyse(photo, 0.4)

    found = news(alice, since)
    (one,) = found.assets
    assert (one.on_map, one.whole, one.photos, one.inspections) == (
        True, False, [photo.pk], [visit.pk]
    )  # fmt: skip
    assert one.map_cells == [Asset.objects.get(pk=visit.asset_id).map_cell]
    assert found.alerts and len(found.raised) == 1


def test_a_moved_asset_says_where_it_was(bridge, alice):
    was = (bridge.latitude, bridge.longitude)
    since = now(alice)

    edit_asset(asset=bridge, actor=alice, latitude=51.5)
    edit_asset(asset=bridge, actor=alice, longitude=-0.1)

    (one,) = news(alice, since).assets
    between = (51.5, was[1])
    assert set(one.map_cells) == {cell_of(*was), cell_of(*between), cell_of(51.5, -0.1)}
    assert one.whole and one.on_map


def test_a_change_of_a_part_concerns_all_pages_of_the_asset(pier, alice):
    since = now(alice)
    edit_element(element=pier, actor=alice, name="Pier 3")
    (one,) = news(alice, since).assets
    assert one.whole and one.on_map


def test_who_came_in_is_no_news(bridge, alice):
    since = now(alice)
    note_access(alice, "access.signed_in", {"from": "192.0.2.7"})
    assert touched(alice, since) == []


def test_an_acknowledgement_is_news_of_the_bell(visit, alice, mia):
    analyse(make_photo(visit), 0.4)
    since = now(alice)
    acknowledge(alert=visit.asset.alerts.get(), actor=mia)
    found = news(alice, since)
    assert (found.alerts, found.raised) == (True, [])
    assert not found.assets[0].on_map


def test_nobody_hears_of_others(visit, alice, otto):
    since, theirs = now(alice), now(otto)
    make_photo(visit)
    assert touched(alice, since) == [visit.asset_id]
    assert touched(otto, theirs) == []
    # Another's cursor opens nothing: it is not of these organisations.
    stolen = news(otto, since)
    assert stolen.everything and stolen.assets == [] and stolen.cursor == now(otto)


def test_several_organisations_are_followed_apart(visit, other_organisation, alice):
    Membership.objects.create(user=alice, organisation=other_organisation, role="owner")
    theirs = make_inspection(make_asset(other_organisation))
    since = now(alice)

    make_photo(theirs)
    between = now(alice)
    make_photo(visit)

    assert touched(alice, since) == sorted([visit.asset_id, theirs.asset_id])
    assert touched(alice, between) == [visit.asset_id]


def test_a_membership_that_begins_or_ends_makes_everything_new(
    visit, other_organisation, alice, otto
):
    alone = now(alice)
    also = Membership.objects.create(user=alice, organisation=other_organisation, role="owner")
    assert news(alice, alone).everything
    both = now(alice)
    make_photo(make_inspection(make_asset(other_organisation)))

    Membership.objects.filter(pk=also.pk).update(deactivated_at=timezone.now())

    found = news(alice, both)
    assert found.everything and found.assets == [] and found.cursor == alone


def test_work_that_belongs_to_no_asset_is_no_news_of_any_page(organisation, alice):
    """The nightly check of the ledger fails, and is tried again: no map drops a tile for it."""
    since = now(alice)
    check = LedgerCheck.objects.create(
        organisation=organisation, night=timezone.localdate(), queued_at=timezone.now(),
        state=WorkState.FAILED,
    )  # fmt: skip
    assert retry(check, actor=alice)

    assert Event.objects.filter(verb="ledger_check.retried").exists()
    assert touched(alice, since) == []


@pytest.mark.parametrize("most", ["MOST_ASSETS", "MOST_ENTRIES"])
def test_too_much_is_everything(organisation, alice, monkeypatch, most):
    monkeypatch.setattr(reads, most, 2)
    visits = [make_inspection(make_asset(organisation)) for _ in range(3)]
    since = now(alice)

    for visit in visits[:2]:
        make_photo(visit)
    assert len(touched(alice, since)) == 2
    make_photo(visits[2])

    found = news(alice, since)
    assert found.everything and found.assets == []


def test_a_ledger_restored_from_a_backup_makes_everything_new(visit, organisation, alice):
    make_photo(visit)
    since = now(alice)
    LedgerHead.objects.filter(pk=organisation.pk).update(news_seq=1)
    assert news(alice, since).everything


def test_an_entry_of_before_that_names_no_asset_makes_everything_new(visit, alice):
    since = now(alice)
    make_photo(visit)
    Event.objects.filter(verb="photo.stored").update(asset_id=None)
    assert news(alice, since).everything


@pytest.mark.parametrize("since", ["x", "1", "1.2_", "1.2,3.4", "1.2\n", "٣.٤", "1." + "9" * 30])
def test_what_is_no_cursor_is_refused(alice, since):
    with pytest.raises(DomainError, match="no place in the news"):
        news(alice, since)


def test_an_account_that_is_off_hears_nothing(visit, alice):
    since = now(alice)
    make_photo(visit)
    alice.is_active = False
    found = news(alice, since)
    assert (found.cursor, found.assets) == ("", [])


def test_a_step_at_a_time_tells_all_of_it(organisation, alice):
    """Whatever the moments at which somebody asks, each asset is told once it was touched."""
    assets = [make_asset(organisation) for _ in range(12)]
    since, told = now(alice), []
    for n, asset in enumerate(assets):
        entry = Entry("asset.edited", "asset", asset.pk, before={}, after={}, asset_id=asset.pk)
        append_events(organisation=organisation, entries=[entry] * (n % 3 + 1))
        if n % 2:
            found = news(alice, since)
            since = found.cursor
            told += [one.id for one in found.assets]
    assert told == [asset.pk for asset in assets]


def test_the_question_costs_few_queries(visit, alice, django_assert_max_num_queries):
    since = now(alice)
    analyse(make_photo(visit), 0.4)
    for _ in range(20):
        make_photo(visit)
    with django_assert_max_num_queries(5):
        news(alice, since)
