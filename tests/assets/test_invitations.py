"""Nobody belongs to an organisation who was not invited and did not accept.

Otto is an owner of another organisation: whatever he does with an address of this one, he gets in
nowhere, learns nothing and changes no account.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from assets.errors import DomainError
from assets.models import Event, Invitation, Membership, Organisation, User
from assets.selectors.members import list_open_invitations
from assets.services.invitations import (
    accept_as_new,
    accept_invitation,
    invite,
    revoke_invitation,
    usable_invitation,
)
from assets.services.ledger import broken_links
from assets.services.members import change_role, deactivate_member, enrol, remove_member
from tests.factories import make_member, make_user
from tests.threads import at_once

pytestmark = pytest.mark.django_db

GOOD = "seven words nobody guesses"


def refusal(call, **fields):
    before = picture()
    with pytest.raises(DomainError) as caught:
        call(**fields)
    assert caught.value.message and caught.value.hint
    assert picture() == before, "a refusal leaves no state between"
    return caught.value.code


def picture():
    return [
        list(rows.order_by("pk").values())
        for rows in (User.objects, Membership.objects, Invitation.objects, Event.objects)
    ]


def ask(organisation, actor, email="nora@example.org", role="inspector"):
    return invite(organisation=organisation, actor=actor, email=email, role=role)


def test_an_invitation_gives_nothing_until_it_is_accepted(organisation, ada, settings):
    settings.INVITATION_DAYS = 3
    invitation, token = ask(organisation, ada, " Nora@Example.ORG ")

    assert not User.objects.filter(email="nora@example.org").exists()
    assert (invitation.email, invitation.role) == ("nora@example.org", "inspector")
    left = invitation.expires_at - timezone.now()
    assert dt.timedelta(days=2, hours=23) < left <= dt.timedelta(days=3)
    assert len(token) >= 43
    stored = str(Invitation.objects.values().get()) + str(Event.objects.values().get())
    assert token not in stored, "only the hash of the secret is kept"

    joined = accept_as_new(token=token, name="Nora New", password=GOOD)

    nora = User.objects.get(email="nora@example.org")
    assert (joined.user, joined.role, joined.organisation) == (nora, "inspector", organisation)
    assert nora.name == "Nora New" and nora.check_password(GOOD)
    assert list(Event.objects.order_by("seq").values_list("verb", "actor")) == [
        ("member.invited", ada.pk), ("member.joined", nora.pk)
    ]  # fmt: skip
    invited, came = Event.objects.order_by("seq")
    assert (str(came.about), came.after["role"]) == ("nora@example.org", "inspector")
    assert invited.about == came.about and came.about.user == nora
    assert list(broken_links(organisation)) == []


def test_who_has_an_account_joins_with_it_and_a_new_password(organisation, ada, otto):
    _, token = ask(organisation, ada, "OTTO@example.org", "manager")
    assert not Organisation.objects.visible_to(otto).filter(pk=organisation.pk).exists()

    def joining(password):
        return refusal(accept_invitation, token=token, user=otto, password=password)

    assert joining("short") == "invalid"
    assert joining(otto.email) == "invalid"
    otto.set_password(GOOD)
    assert joining("other words that nobody guesses") == "conflict", "changed since it was read"
    otto.save()
    assert joining(GOOD) == "same_password"

    accept_invitation(token=token, user=otto, password="other words that nobody guesses")

    assert Organisation.objects.visible_to(otto).count() == 2
    assert otto.memberships.get(organisation=organisation).role == "manager"
    assert User.objects.get(pk=otto.pk).check_password("other words that nobody guesses")


@pytest.mark.parametrize("password", [GOOD, None])
def test_without_a_new_password_there_is_none(organisation, ada, password):
    """Also of an account that had none, the stored word changes: sessions hang on it."""
    nora = make_user("nora@example.org", password=password)
    _, token = ask(organisation, ada)
    before = User.objects.get(pk=nora.pk).password

    accept_invitation(token=token, user=User.objects.get(pk=nora.pk))

    nora.refresh_from_db()
    assert not nora.has_usable_password()
    assert nora.password != before


def test_inviting_looks_the_same_whether_the_address_has_an_account(organisation, ada, otto):
    without, _ = ask(organisation, ada, "nobody@example.org")
    having, _ = ask(organisation, ada, otto.email)

    for invitation in (without, having):
        invitation.refresh_from_db()
        assert (invitation.accepted_by, invitation.accepted_at, invitation.mailed_at) == (
            None, None, None
        )  # fmt: skip
    assert User.objects.count() == 2
    assert otto.memberships.count() == 1


def test_who_cannot_be_invited(organisation, alice, ines, emil):
    deactivate_member(membership=emil.memberships.get(), actor=alice)

    def asked(email, role="manager"):
        return refusal(invite, organisation=organisation, actor=alice, email=email, role=role)

    assert asked("nobody") == "invalid"
    assert asked("m\u0131ke@example.org") == "invalid"
    assert asked("a@example.org", "king") == "invalid"
    assert asked("ALICE@example.org") == "yourself"
    assert asked("INES@example.org") == "already_member"
    assert asked("emil@example.org") == "switched_off"


def test_a_new_link_ends_the_one_before(organisation, alice, ada):
    first, old = ask(organisation, alice)
    second, new = ask(organisation, ada, role="engineer")

    assert refusal(accept_as_new, token=old, name="", password=GOOD) == "revoked"
    first.refresh_from_db()
    assert first.revoked_at is not None and second.revoked_at is None
    verbs = list(Event.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["member.invited", "invitation.revoked", "member.invited"]
    assert accept_as_new(token=new, name="", password=GOOD).role == "engineer"


def test_other_organisations_invite_the_same_address_for_themselves(organisation, alice, otto):
    _, here = ask(organisation, alice)
    there, _ = ask(otto.memberships.get().organisation, otto)

    assert usable_invitation(here).organisation == organisation
    revoke_invitation(invitation=there, actor=otto)
    assert usable_invitation(here).organisation == organisation


def test_links_that_open_nothing(organisation, alice, otto):
    gone, revoked = ask(organisation, alice, otto.email)
    revoke_invitation(invitation=gone, actor=alice)
    late, expired = ask(organisation, alice, otto.email)
    Invitation.objects.filter(pk=late.pk).update(expires_at=timezone.now())

    def everywhere(token):
        return {
            refusal(usable_invitation, token=token),
            refusal(accept_invitation, token=token, user=otto),
            refusal(accept_as_new, token=token, name="", password=GOOD),
        }

    assert everywhere(revoked) == {"revoked"}
    assert everywhere(expired) == {"expired"}
    assert everywhere("") == everywhere("x" * 43) == {"unknown"}
    _, used = ask(organisation, alice, otto.email)
    accept_invitation(token=used, user=otto)
    assert everywhere(used) == {"used"}
    assert refusal(revoke_invitation, invitation=late, actor=alice) == "conflict"


@pytest.mark.parametrize("becomes", ["demoted", "switched off", "removed", "account off", "gone"])
def test_an_invitation_holds_only_while_its_inviter_may_invite(
    organisation, alice, ada, otto, becomes
):
    _, token = ask(organisation, ada, otto.email)
    hers = ada.memberships.get()
    if becomes == "demoted":
        change_role(membership=hers, actor=alice, role="inspector")
    elif becomes == "switched off":
        deactivate_member(membership=hers, actor=alice)
    elif becomes == "removed":
        remove_member(membership=hers, actor=alice)
    elif becomes == "account off":
        User.objects.filter(pk=ada.pk).update(is_active=False)
    else:
        ada.delete()

    assert refusal(accept_invitation, token=token, user=otto) == "void"
    assert [row.holds for row in list_open_invitations(alice, Organisation.objects.all())] == [
        False
    ]
    _, again = ask(organisation, alice, otto.email)
    assert accept_invitation(token=again, user=otto).user == otto


def test_the_keeper_of_another_organisation_is_none_here(organisation, alice, otto):
    """The service does not ask who may: what Otto would have made does not hold."""
    _, token = ask(organisation, otto)

    assert refusal(accept_as_new, token=token, name="", password=GOOD) == "void"


def test_somebody_else_cannot_use_the_link(organisation, alice, otto, ines):
    _, token = ask(organisation, alice, "nora@example.org", "owner")

    assert refusal(accept_invitation, token=token, user=otto) == "other_person"
    assert refusal(accept_invitation, token=token, user=ines) == "other_person"
    assert usable_invitation(token).email == "nora@example.org"


def test_an_account_is_never_taken_over(organisation, alice, otto):
    """Otto sees the link to Alice's address that he invited; he gets neither hers nor a second."""
    _, token = ask(otto.memberships.get().organisation, otto, "ALICE@example.org")

    assert refusal(accept_as_new, token=token, name="Alice", password=GOOD) == "address_taken"
    assert refusal(accept_as_new, token=token, name="Alice", password="123") == "invalid"
    assert refusal(accept_invitation, token=token, user=otto) == "other_person"
    assert User.objects.get(email="alice@example.org").check_password("letmein")
    assert User.objects.count() == 2


def test_a_bad_password_is_said_before_whether_there_is_an_account(organisation, alice, otto):
    codes = set()
    for email in (otto.email, "nobody@example.org"):
        _, token = ask(organisation, alice, email)
        codes.add(refusal(accept_as_new, token=token, name="", password="1234567890"))
    assert codes == {"invalid"}


def test_nobody_comes_back_by_an_old_link(organisation, alice, otto):
    _, token = ask(organisation, alice, otto.email, "owner")
    membership, _ = enrol(
        organisation=organisation, email=otto.email, role="manager", existing_account=True
    )
    assert refusal(accept_invitation, token=token, user=otto) == "revoked"

    # Even where an open one is left, as by an address that changed.
    Invitation.objects.update(revoked_at=None)
    assert refusal(accept_invitation, token=token, user=otto) == "already_member"
    deactivate_member(membership=membership, actor=alice)
    assert refusal(accept_invitation, token=token, user=otto) == "switched_off"
    remove_member(membership=membership, actor=alice)
    assert refusal(accept_invitation, token=token, user=otto) == "revoked"


def test_who_sees_open_invitations(organisation, alice, otto):
    ask(organisation, alice)
    everywhere = Organisation.objects.all()

    assert [row.email for row in list_open_invitations(alice, everywhere)] == ["nora@example.org"]
    assert not list_open_invitations(otto, everywhere).exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_accept_one_link_at_once(organisation, alice):
    _, token = ask(organisation, alice)

    def join(name):
        try:
            return accept_as_new(token=token, name=name, password=GOOD).user.name
        except DomainError as error:
            return error.code

    first, second = at_once(lambda: join("One"), lambda: join("Two"))

    assert sorted([first, second]) in (["One", "used"], ["Two", "used"])
    assert User.objects.filter(email="nora@example.org").count() == 1
    assert organisation.memberships.count() == 2
    assert Event.objects.filter(verb="member.joined").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_accepts_in_two_windows_at_once(organisation, alice):
    nora = make_user("nora@example.org")
    _, token = ask(organisation, alice)

    def join():
        try:
            return accept_invitation(token=token, user=nora).role
        except DomainError as error:
            return error.code

    assert sorted(at_once(join, join)) == ["inspector", "used"]


@pytest.mark.django_db(transaction=True)
def test_accepted_and_withdrawn_at_once_is_one_of_both(organisation, alice):
    invitation, token = ask(organisation, alice)

    def outcome(call):
        try:
            call()
        except DomainError as error:
            return error.code
        return "done"

    accepted, withdrawn = at_once(
        lambda: outcome(lambda: accept_as_new(token=token, name="", password=GOOD)),
        lambda: outcome(lambda: revoke_invitation(invitation=invitation, actor=alice)),
    )

    assert (accepted, withdrawn) in {("done", "conflict"), ("revoked", "done")}
    assert User.objects.filter(email="nora@example.org").exists() == (accepted == "done")


@pytest.mark.django_db(transaction=True)
def test_two_keepers_invite_the_same_address_at_once(organisation, alice, ada):
    make_member(organisation, "owner")
    (_, one), (_, two) = at_once(
        lambda: ask(organisation, alice), lambda: ask(organisation, ada, role="engineer")
    )

    assert Invitation.objects.filter(revoked_at=None).count() == 1
    codes = []
    for token in (one, two):
        try:
            codes.append(usable_invitation(token).email)
        except DomainError as error:
            codes.append(error.code)
    assert sorted(codes) == ["nora@example.org", "revoked"]
    assert list(broken_links(organisation)) == []
