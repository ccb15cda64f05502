"""Members of an organisation; somebody can always change them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.utils import timezone

from assets.errors import DomainError
from assets.models import Event, Membership, Organisation, User
from assets.services.heartbeat import beat, last_seen, workers_alive
from assets.services.heartbeat import leave as worker_leaves
from assets.services.members import (
    change_role,
    create_organisation,
    deactivate_member,
    enrol,
    leave,
    reactivate_member,
    remove_member,
)
from tests.factories import make_user
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def refusal(call, **fields):
    with pytest.raises(DomainError) as caught:
        call(**fields)
    assert caught.value.message and caught.value.hint
    return caught.value.code


def membership(user):
    return Membership.objects.get(user=user)


def membership_in(user, name):
    return Membership.objects.get(user=user, organisation__name=name)


def test_the_operator_enrols_a_new_person_and_gets_a_password_once(organisation):
    added, password = enrol(
        organisation=organisation, email=" Nora@Example.ORG ", name="Nora New", role="inspector"
    )

    user = User.objects.get(email="nora@example.org")
    assert (added.user, added.role, user.name) == (user, "inspector", "Nora New")
    assert len(password) >= 12 and user.check_password(password)
    event = Event.objects.get()
    assert event.verb == "member.added" and password not in str(event.after)


def test_an_account_joins_by_the_operator_only_where_it_is_meant(organisation):
    somebody = make_user("nora@example.org", password="her own words")
    hers = {"organisation": organisation, "email": "NORA@example.org", "role": "manager"}

    assert refusal(enrol, **hers, password="a password of mine") == "account_exists"
    assert not Membership.objects.exists()
    added, password = enrol(**hers, existing_account=True)

    somebody.refresh_from_db()
    assert (added.user, password) == (somebody, None)
    assert not somebody.has_usable_password(), "somebody else may know it"
    assert refusal(enrol, **hers, existing_account=True) == "already_member"


def test_what_a_member_cannot_be(organisation, ada):
    given = {"organisation": organisation, "role": "manager"}

    assert refusal(enrol, **given, email="nobody") == "invalid"
    assert refusal(enrol, **{**given, "role": "king"}, email="a@example.org") == "invalid"
    assert refusal(enrol, **given, email="a@example.org", password="123") == "invalid"
    assert refusal(enrol, **given, email=ada.email) == "account_exists"
    assert User.objects.count() == 1


@pytest.mark.parametrize("look_alike", ["m\u0131ke@example.org", "mike@ex\u0430mple.org"])
def test_addresses_that_a_database_could_take_for_another_are_refused(organisation, look_alike):
    assert refusal(enrol, organisation=organisation, email=look_alike, role="owner") == "invalid"


def test_no_page_and_no_call_enrols_anybody():
    """Who belongs to an organisation accepted an invitation, or the operator said so."""
    sources = [path for room in ("pages", "api") for path in Path("portal", room).rglob("*.py")]
    assert len(sources) > 20
    assert [path for path in sources if re.search(r"\benrol\b", path.read_text())] == []


def test_the_last_keeper_stays(organisation, alice, ines):
    keeper = membership(alice)

    assert refusal(change_role, membership=keeper, actor=alice, role="manager") == "last_keeper"
    assert refusal(remove_member, membership=keeper, actor=alice) == "last_keeper"
    change_role(membership=keeper, actor=alice, role="administrator")
    change_role(membership=membership(ines), actor=alice, role="owner")
    remove_member(membership=keeper, actor=ines)

    assert list(Membership.objects.values_list("user", "role")) == [(ines.pk, "owner")]
    assert User.objects.filter(pk=alice.pk).exists(), "the account stays, and what it did"
    assert refusal(remove_member, membership=keeper, actor=ines) == "conflict"


def test_who_is_switched_off_sees_nothing_until_switched_on(organisation, alice, ines):
    hers = membership(ines)

    off = deactivate_member(membership=hers, actor=alice, reason=" On leave. ")
    again = deactivate_member(membership=hers, actor=alice)

    assert off.deactivated_at == again.deactivated_at is not None
    assert not Organisation.objects.visible_to(ines).exists()
    reactivate_member(membership=hers, actor=alice)
    reactivate_member(membership=hers, actor=alice)
    assert Organisation.objects.visible_to(ines).get() == organisation
    told = Event.objects.order_by("seq").values_list("verb", "about__label", "after", "reason")
    assert list(told) == [
        ("member.deactivated", "ines@example.org", {"role": "inspector"}, "On leave."),
        ("member.reactivated", "ines@example.org", {"role": "inspector"}, ""),
    ]


def test_switching_off_here_leaves_the_person_elsewhere(organisation, alice, otto):
    here = Membership.objects.create(user=otto, organisation=organisation, role="owner")

    deactivate_member(membership=here, actor=alice)

    assert membership_in(otto, "Somebody Else").deactivated_at is None
    assert list(Organisation.objects.visible_to(otto).values_list("name", flat=True)) == [
        "Somebody Else"
    ]


def test_the_last_keeper_cannot_be_switched_off(organisation, alice, ada, ines):
    deactivate_member(membership=membership(ada), actor=alice)

    assert refusal(deactivate_member, membership=membership(alice), actor=alice) == "last_keeper"
    assert refusal(remove_member, membership=membership(alice), actor=alice) == "last_keeper"
    assert membership(alice).deactivated_at is None


def test_people_leave_by_themselves_but_for_the_last_keeper(organisation, alice, ines):
    leave(membership=membership(ines))

    assert refusal(leave, membership=membership(alice)) == "last_keeper"
    assert User.objects.filter(pk=ines.pk).exists(), "the account stays, and what it did"
    event = Event.objects.get()
    assert (event.verb, event.actor, str(event.about)) == ("member.left", ines, ines.email)
    assert event.before == {"role": "inspector"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("take_away", [remove_member, deactivate_member, leave])
def test_the_last_two_keepers_cannot_both_go_at_once(organisation, alice, ada, take_away):
    def go(one, by):
        actor = {} if take_away is leave else {"actor": by}
        try:
            take_away(membership=membership(one), **actor)
        except DomainError as error:
            return error.code
        return "gone"

    outcomes = at_once(lambda: go(alice, ada), lambda: go(ada, alice))

    assert sorted(outcomes) == ["gone", "last_keeper"]


def test_organisations_have_slugs_of_their_own(db):
    first = create_organisation(name="  Brücken & Dämme  ")
    second = create_organisation(name="Brücken & Dämme")

    assert (first.name, first.slug) == ("Brücken & Dämme", "brucken-damme")
    assert second.slug.startswith("brucken-damme-") and second.slug != first.slug
    assert refusal(create_organisation, name="X", slug="brucken-damme") == "slug_taken"
    assert refusal(create_organisation, name="  ") == "invalid"


def test_workers_that_were_heard_of(db):
    assert workers_alive() == [] and last_seen() is None
    beat(name="worker-1", device="cpu")
    beat(name="worker-1", device="cpu")

    (worker,) = workers_alive()
    assert (worker.name, worker.device) == ("worker-1", "cpu") and last_seen() == worker.seen_at
    assert workers_alive(now=timezone.now() + dt.timedelta(seconds=31)) == []
    worker_leaves(name="worker-1")
    assert workers_alive() == []
