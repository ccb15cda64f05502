"""A name is erased from one organisation's ledger, and its seals verify as before."""

from __future__ import annotations

import datetime as dt

import pytest

from assets.errors import DomainError
from assets.models import Event, LedgerHead, LedgerPerson, Membership, Role
from assets.selectors.ledger import names_to_erase
from assets.services import seals
from assets.services.access_log import note_access
from assets.services.erased_names import erase_name, people_called, sealed_with_the_name
from assets.services.invitations import invite, revoke_invitation
from assets.services.ledger import Entry, append_event, broken_links
from assets.services.members import (
    change_role,
    deactivate_member,
    reactivate_member,
    remove_member,
)
from tests.factories import make_member

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 3, 4, 5, 6, 7, 890000, tzinfo=dt.UTC)


def note(organisation, actor):
    return append_event(organisation=organisation, entry=Entry("note.made", "note", 1), actor=actor)


def known(organisation, user) -> LedgerPerson:
    return LedgerPerson.objects.get(organisation=organisation, user=user)


def remove(organisation, user, keeper) -> LedgerPerson:
    """Takes the member out; the person as the ledger knows them."""
    membership = Membership.objects.get(organisation=organisation, user=user)
    remove_member(membership=membership, actor=keeper)
    return known(organisation, user)


def told(organisation) -> str:
    """All that the ledger of an organisation holds, people included."""
    events = Event.objects.filter(organisation=organisation)
    people = LedgerPerson.objects.filter(organisation=organisation)
    return f"{list(events.values())} {list(people.values())}"


def test_a_name_goes_from_this_ledger_and_its_seals_verify(organisation, alice, ines):
    change_role(membership=ines.memberships.get(), actor=alice, role="manager")
    note(organisation, ines)
    note_access(ines, "access.signed_in", {"how": ["password"], "from": "192.0.2.7"})
    person = remove(organisation, ines, alice)
    before = list(Event.objects.order_by("seq").values_list("hash", flat=True))
    assert ines.email in told(organisation)

    assert erase_name(person=person, actor=alice) == 0

    left = told(organisation)
    assert ines.email not in left
    assert "192.0.2.7" not in left
    assert "alice@example.org" in left, "others stay"
    assert not Event.objects.filter(actor=ines).exists()
    *old, erased = Event.objects.select_related("person").order_by("seq")
    assert [event.hash for event in old] == before
    assert {event.who for event in old} == {"alice@example.org", "a person whose name was erased"}
    assert (erased.verb, erased.who, erased.about_id) == (
        "person.name_erased",
        "alice@example.org",
        person.pk,
    )
    assert (erased.before, erased.after, erased.personal, erased.reason) == (None, None, None, "")
    assert list(broken_links(organisation)) == []


def test_another_organisation_keeps_what_it_knows(
    organisation, other_organisation, alice, otto, ines
):
    Membership.objects.create(user=ines, organisation=other_organisation, role=Role.ENGINEER)
    note(organisation, ines)
    there = note(other_organisation, ines)
    note_access(ines, "access.signed_in", {"from": "192.0.2.7"}, organisation=other_organisation)
    kept = told(other_organisation)
    person = remove(organisation, ines, alice)

    erase_name(person=person, actor=alice)

    assert ines.email not in told(organisation)
    assert told(other_organisation) == kept
    there = Event.objects.select_related("person").get(pk=there.pk)
    assert (there.who, there.actor) == (ines.email, ines)
    ines.refresh_from_db()
    assert ines.email == "ines@example.org", "the account is the person's own"


def test_a_member_keeps_the_name_until_switched_off(organisation, alice, ines):
    note(organisation, ines)
    person = known(organisation, ines)
    with pytest.raises(DomainError) as refused:
        erase_name(person=person, actor=alice)
    assert refused.value.code == "still_here"
    assert refused.value.message == (
        "ines@example.org belongs to Rhine Bridges, or is invited to it."
    )
    assert not names_to_erase(alice, organisation.pk).exists()

    membership = deactivate_member(membership=ines.memberships.get(), actor=alice)
    (listed,) = names_to_erase(alice, organisation.pk)
    assert (listed, listed.switched_off) == (person, True)
    erase_name(person=person, actor=alice)
    assert not names_to_erase(alice, organisation.pk).exists()

    reactivate_member(membership=membership, actor=alice)
    assert note(organisation, ines).person_id != person.pk, "who comes back is known anew"
    person.refresh_from_db()
    assert (person.user, person.label) == (None, "")
    assert list(broken_links(organisation)) == []


def test_who_is_invited_keeps_the_name_until_that_is_withdrawn(organisation, alice):
    invitation, _token = invite(
        organisation=organisation, actor=alice, email="nora@example.org", role="inspector"
    )
    person = LedgerPerson.objects.get(label="nora@example.org")
    with pytest.raises(DomainError) as refused:
        erase_name(person=person, actor=alice)
    assert refused.value.code == "still_here"

    revoke_invitation(invitation=invitation, actor=alice)
    erase_name(person=person, actor=alice)
    assert "nora@example.org" not in told(organisation)
    assert list(broken_links(organisation)) == []


def test_a_name_is_erased_once(organisation, alice, ines):
    person = remove(organisation, ines, alice)
    erase_name(person=person, actor=alice)
    count = Event.objects.count()
    with pytest.raises(DomainError) as refused:
        erase_name(person=person, actor=alice)
    assert refused.value.code == "already_erased"
    assert Event.objects.count() == count


def test_what_an_old_seal_holds_is_counted_and_stays(organisation, other_organisation, alice, ines):
    """Of three entries of before: done by Ines, about her, and neither."""

    def of_before(place, seq, prev_hash, **words) -> Event:
        event = Event(
            organisation=place, seq=seq, at=AT, subject_type="membership", subject_id=7,
            verb="member.added", prev_hash=prev_hash, **words,
        )  # fmt: skip
        event.hash = seals.seal(event)
        return event

    done = of_before(organisation, 1, seals.GENESIS, actor=ines, actor_label=ines.email)
    about = of_before(
        organisation, 2, done.hash, actor=alice, actor_label=alice.email,
        after={"email": ines.email, "role": "inspector"},
    )  # fmt: skip
    other = of_before(organisation, 3, about.hash, actor=alice, actor_label=alice.email)
    there = of_before(other_organisation, 1, seals.GENESIS, actor=ines, actor_label=ines.email)
    Event.objects.bulk_create([done, about, other, there])
    LedgerHead.objects.create(organisation=organisation, seq=3, news_seq=3, hash=other.hash)
    person = remove(organisation, ines, alice)
    assert [event.seq for event in sealed_with_the_name(person).order_by("seq")] == [1, 2]

    assert erase_name(person=person, actor=alice) == 2

    assert list(broken_links(organisation)) == []
    assert not Event.objects.filter(organisation=organisation, actor=ines).exists()
    assert Event.objects.get(organisation=other_organisation).actor == ines


def test_an_account_of_before_is_found_by_its_address(organisation, other_organisation, alice):
    gone = make_member(organisation, "inspector", "gone@example.org")
    note(organisation, gone)
    note(other_organisation, gone)
    remove(organisation, gone, alice)
    gone.delete()

    found = people_called(" Gone@Example.org")
    assert [person.organisation for person in found] == [organisation, other_organisation]
    assert {person.user for person in found} == {None}
