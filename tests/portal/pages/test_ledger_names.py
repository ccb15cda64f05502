"""A keeper erases the name of somebody who left; whoever runs the server does it by command."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from assets.models import Event, LedgerPerson, Membership, Organisation, Role, User
from assets.services.access_log import note_access
from assets.services.ledger import broken_links
from assets.services.members import deactivate_member, remove_member
from assets.services.visit_scale import set_inspection_scale
from tests.sign_in import entries

pytestmark = pytest.mark.django_db


def names(place: Organisation) -> str:
    return f"/organisation/{place.pk}/ledger/names/"


def erase(place: Organisation, person: LedgerPerson) -> str:
    return f"{names(place)}{person.pk}/erase/"


def known(place: Organisation, user: User) -> LedgerPerson:
    return LedgerPerson.objects.get(organisation=place, user=user)


@pytest.fixture
def left(organisation, ada, ines) -> LedgerPerson:
    """Ines, as the ledger knows her, after she was removed."""
    note_access(ines, "access.signed_in", {"from": "192.0.2.7"})
    remove_member(membership=ines.memberships.get(), actor=ada)
    return known(organisation, ines)


def test_a_keeper_erases_the_name_of_who_left(client: Client, organisation, ada, ines, left):
    client.force_login(ada)
    assert names(organisation) in client.get("/organisation/").text
    page = client.get(names(organisation)).text
    assert ines.email in page
    assert f"Erase the name of {ada.email}" not in page, "members are not in the list"
    asked = client.get(erase(organisation, left)).text
    for words in ("all seals still verify", "Every entry of what they did stays", "Nobody can"):
        assert words in asked
    assert "earlier release" not in asked
    assert known(organisation, ines) == left, "asking erases nothing"

    answer = client.post(erase(organisation, left), follow=True)

    assert "The name is erased from the ledger of Rhine Bridges." in answer.text
    assert ines.email not in answer.text
    [entry] = entries(organisation, "person.name_erased")
    assert (entry.actor, entry.about_id) == (ada, left.pk)
    held = f"{list(Event.objects.values())} {list(LedgerPerson.objects.values())}"
    assert ines.email not in held
    assert "192.0.2.7" not in held
    assert list(broken_links(organisation)) == []
    again = client.post(erase(organisation, left), follow=True)
    assert "This name was erased already." in again.text


def test_where_a_page_says_who_it_says_no_name_any_more(client, organisation, ada, ines, visit):
    set_inspection_scale(inspection=visit, actor=ines, gsd_mm_per_px=0.5)
    remove_member(membership=ines.memberships.get(), actor=ada)
    client.force_login(ada)
    assert f"by {ines.email}" in client.get(f"/inspections/{visit.pk}/").text

    client.post(erase(organisation, known(organisation, ines)))

    page = client.get(f"/inspections/{visit.pk}/").text
    assert "by a person whose name was erased" in page
    assert ines.email not in page


def test_a_member_who_is_switched_off_has_the_way_on_their_page(client, organisation, ada, ines):
    client.force_login(ada)
    membership = ines.memberships.get()
    page = f"/members/{membership.pk}/"
    note_access(ines, "access.signed_in")
    assert "Erase the name" not in client.get(page).text
    refused = client.get(erase(organisation, known(organisation, ines)), follow=True)
    assert "ines@example.org belongs to Rhine Bridges" in refused.text

    deactivate_member(membership=membership, actor=ada)

    assert erase(organisation, known(organisation, ines)) in client.get(page).text


def test_each_organisation_decides_for_its_own_ledger(
    client, organisation, other_organisation, ada, otto, ines, left
):
    """Ines left both. Ada erases her name here; in the other ledger only Otto may."""
    there = Membership.objects.create(
        user=ines, organisation=other_organisation, role=Role.INSPECTOR
    )
    note_access(ines, "access.signed_in", organisation=other_organisation)
    remove_member(membership=there, actor=otto)
    elsewhere = known(other_organisation, ines)
    client.force_login(ada)
    # Not by the other's address, and not by a key of the other under the own address.
    for address in (erase(other_organisation, elsewhere), erase(organisation, elsewhere)):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404

    client.post(erase(organisation, left))

    elsewhere.refresh_from_db()
    assert (elsewhere.user, elsewhere.label) == (ines, ines.email)
    client.force_login(otto)
    assert ines.email in client.get(names(other_organisation)).text


def test_the_command_erases_in_every_ledger(
    organisation, other_organisation, ada, otto, ines, left
):
    there = Membership.objects.create(
        user=ines, organisation=other_organisation, role=Role.INSPECTOR
    )
    note_access(ines, "access.signed_in", organisation=other_organisation)
    with pytest.raises(SystemExit, match="belongs to Somebody Else"):
        call_command("erase_name", ines.email, "--yes")
    assert known(organisation, ines) == left, "all or none"

    out = StringIO()
    call_command("erase_name", ines.email, "--yes", "--organisation", organisation.slug, stdout=out)
    assert "erased from the ledger of Rhine Bridges." in out.getvalue()
    assert known(other_organisation, ines).label == ines.email

    remove_member(membership=there, actor=otto)
    call_command("erase_name", "INES@example.org", "--yes", stdout=out)
    assert "erased from the ledger of Somebody Else." in out.getvalue()
    assert not LedgerPerson.objects.filter(label=ines.email).exists()
    for place in (organisation, other_organisation):
        [entry] = entries(place, "person.name_erased")
        assert (entry.actor, entry.who) == (None, "hairline")
        assert list(broken_links(place)) == []
    with pytest.raises(SystemExit, match="is not in any ledger"):
        call_command("erase_name", ines.email, "--yes")
    with pytest.raises(SystemExit, match="nobody to ask"):
        call_command("erase_name", ada.email)
