"""People in the ledger are random keys; a name can be erased and the chain holds."""

from __future__ import annotations

import pytest

from assets.models import Event, LedgerPerson
from assets.services.access_log import note_access
from assets.services.invitations import accept_as_new, invite
from assets.services.ledger import Entry, append_event, broken_links
from assets.services.ledger_people import forget_name
from assets.services.members import change_role
from tests.factories import make_member

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


def test_a_name_is_erased_and_the_chain_verifies(organisation, other_organisation, alice, ines):
    change_role(membership=ines.memberships.get(), actor=alice, role="manager")
    note(organisation, ines)
    note(other_organisation, ines)
    note_access(ines, "access.signed_in", {"how": ["password"], "from": "192.0.2.7"})
    before = list(Event.objects.order_by("pk").values_list("hash", flat=True))

    assert forget_name(ines) == 0

    left = str(list(Event.objects.values())) + str(list(LedgerPerson.objects.values()))
    assert ines.email not in left and "192.0.2.7" not in left
    assert not Event.objects.filter(actor=ines).exists()
    done = Event.objects.get(organisation=other_organisation)
    assert done.who == "a person whose name was erased"
    assert "alice@example.org" in left, "others stay"
    assert list(Event.objects.order_by("pk").values_list("hash", flat=True)) == before
    for place in (organisation, other_organisation):
        assert list(broken_links(place)) == []
    assert note(organisation, ines).person.user == ines, "who acts again is known again"


def test_an_invited_address_is_erased_too(organisation, alice):
    invite(organisation=organisation, actor=alice, email="nora@example.org", role="inspector")

    forget_name("nora@example.org")

    assert Event.objects.get().about.label == ""
    assert list(broken_links(organisation)) == []


def test_who_accepts_is_the_person_who_was_invited(organisation, alice):
    _invitation, token = invite(
        organisation=organisation, actor=alice, email="nora@example.org", role="inspector"
    )
    nora = accept_as_new(token=token, name="Nora", password="seven words nobody guesses").user

    invited, joined = Event.objects.order_by("seq")
    assert invited.about == joined.about == joined.person
    assert joined.about.user == nora


def test_what_an_old_seal_holds_is_counted(organisation, alice):
    other = make_member(organisation, "inspector")
    note(organisation, alice)
    Event.objects.update(seal_version=0, actor_label="alice@example.org")

    assert (forget_name(alice), forget_name(other)) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_deleted_leaves_its_entries(organisation, alice):
    from django.db import transaction

    with transaction.atomic():
        note(organisation, alice)
    alice.delete()

    event = Event.objects.select_related("person").get()
    assert (event.actor, event.person.user, event.who) == (None, None, "alice@example.org")
    assert list(broken_links(organisation)) == []
