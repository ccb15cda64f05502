"""People in the ledger are random keys: one an organisation, and no address is sealed."""

from __future__ import annotations

import pytest

from assets.models import Event, LedgerPerson
from assets.services.access_log import note_access
from assets.services.invitations import accept_as_new, invite
from assets.services.ledger import Entry, append_event, broken_links
from assets.services.members import change_role

pytestmark = pytest.mark.django_db


def note(organisation, actor):
    return append_event(organisation=organisation, entry=Entry("note.made", "note", 1), actor=actor)


def test_each_ledger_knows_a_person_by_a_key_of_its_own(organisation, other_organisation, alice):
    here, again = note(organisation, alice), note(organisation, alice)
    there = note(other_organisation, alice)

    assert here.person_id == again.person_id != there.person_id
    assert {str(person) for person in LedgerPerson.objects.all()} == {"alice@example.org"}


def test_writing_costs_no_query_more_once_the_person_is_known(
    organisation, alice, django_assert_num_queries
):
    note(organisation, alice)
    with django_assert_num_queries(3):  # lock with key, entry, head
        note(organisation, alice)


def test_the_label_follows_the_address(organisation, alice):
    note(organisation, alice)
    alice.email = "alice.new@example.org"
    alice.save()

    assert note(organisation, alice).person.label == "alice.new@example.org"
    assert LedgerPerson.objects.count() == 1


def test_nothing_sealed_holds_an_address(organisation, alice, ines):
    _invitation, token = invite(
        organisation=organisation, actor=alice, email="nora@example.org", role="inspector"
    )
    accept_as_new(token=token, name="Nora", password="seven words nobody guesses")
    change_role(membership=ines.memberships.get(), actor=alice, role="manager")
    note_access(ines, "access.signed_in", {"how": ["password"], "from": "192.0.2.7"})

    for event in Event.objects.all():
        said = f"{event.before} {event.after} {event.reason} {event.actor_label}"
        assert "@" not in said and "192.0.2.7" not in said, event
        assert event.about is not None


def test_who_accepts_is_the_person_who_was_invited(organisation, alice):
    _invitation, token = invite(
        organisation=organisation, actor=alice, email="nora@example.org", role="inspector"
    )
    nora = accept_as_new(token=token, name="Nora", password="seven words nobody guesses").user

    invited, joined = Event.objects.order_by("seq")
    assert invited.about == joined.about == joined.person
    assert joined.about.user == nora


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_deleted_leaves_its_entries(organisation, alice):
    from django.db import transaction

    with transaction.atomic():
        note(organisation, alice)
    alice.delete()

    event = Event.objects.select_related("person").get()
    assert (event.actor, event.person.user, event.who) == (None, None, "alice@example.org")
    assert list(broken_links(organisation)) == []
