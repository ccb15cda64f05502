"""People without an organisation are told so everywhere, and what to do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Membership, Organisation, User

PLACES = ["/", "/inspections/", "/capture/", "/alerts/", "/members/", "/organisation/",
          "/assets/new/"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_who_left_is_told(client: Client, ines: User, place: str) -> None:
    Membership.objects.filter(user=ines).delete()
    client.force_login(ines)
    answer = client.get(place)
    assert answer.status_code == 200
    assert "You belong to no organisation" in answer.text
    assert ines.email in answer.text
    assert "Sign out" in answer.text
    assert "switched off" not in answer.text


def test_who_is_switched_off_reads_where(
    client: Client, ines: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    Membership.objects.filter(user=ines).update(deactivated_at=timezone.now())
    client.force_login(ines)
    page = client.get("/").text
    assert f"Your membership of {organisation.name} is switched off." in page
    assert other_organisation.name not in page


@pytest.mark.parametrize("place", PLACES)
def test_strangers_still_go_to_the_sign_in_page(client: Client, db: None, place: str) -> None:
    assert client.get(place)["Location"] == f"/accounts/login/?next={place}"


def test_members_are_asked_nothing_more(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.get("/members/")
    with CaptureQueriesContext(connection) as queries:
        assert "Alice Owner" in client.get("/members/").text
    own = [one for one in queries if "assets_membership" in one["sql"] and "ORDER BY" in one["sql"]]
    mine = [one for one in own if one["sql"].endswith('ORDER BY "assets_organisation"."name" ASC')]
    assert len(mine) == 1
