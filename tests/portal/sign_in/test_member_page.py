"""One member's page: what shows to whom, and switching somebody off."""

from __future__ import annotations

import pytest
from django.test import Client

from assets.models import Membership, Organisation, Role, User
from portal.api.authentication import issue_token
from portal.models import ApiToken
from tests import factories
from tests.sign_in import entries, is_in, set_second_factor, sign_in


def page(person: User, place: Organisation) -> str:
    return f"/members/{Membership.objects.get(user=person, organisation=place).pk}/"


def test_a_keeper_sees_how_somebody_signs_in(
    desk: Client, phone: Client, ada: User, ines: User, organisation: Organisation
) -> None:
    sign_in(phone, ines)
    desk.force_login(ada)
    html = desk.get(page(ines, organisation)).text
    for words in ("Inspector", "just now", "Switch off", "Send a link"):
        assert words in html
    assert "Reset it" not in html
    set_second_factor(ines)
    assert "Reset it" in desk.get(page(ines, organisation)).text


def test_others_see_the_role_and_no_more(
    desk: Client, mia: User, ines: User, organisation: Organisation
) -> None:
    desk.force_login(mia)
    html = desk.get(page(ines, organisation)).text
    assert "Inspector" in html
    for words in ("Last sign-in", "Second factor", "Switch off", "Send a link"):
        assert words not in html


def test_ones_own_page_points_to_the_account(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    desk.force_login(ines)
    html = desk.get(page(ines, organisation)).text
    assert "Last sign-in" in html
    assert 'href="/account/"' in html
    assert "Send a link" not in html


def test_an_owner_elsewhere_finds_nobody(
    desk: Client, otto: User, ines: User, organisation: Organisation
) -> None:
    desk.force_login(otto)
    address = page(ines, organisation)
    assert desk.get(address).status_code == 404
    for action in ("deactivate", "reactivate", "new-password", "second-factor"):
        assert desk.post(f"{address}{action}/").status_code == 404
    assert not Membership.objects.exclude(deactivated_at=None).exists()


@pytest.mark.parametrize("action", ["deactivate", "reactivate", "new-password"])
def test_only_forms_act(
    desk: Client, ada: User, ines: User, organisation: Organisation, action: str
) -> None:
    desk.force_login(ada)
    assert desk.get(f"{page(ines, organisation)}{action}/").status_code == 405


def test_switched_off_with_nothing_left_the_person_is_out_everywhere(
    desk: Client, phone: Client, ada: User, ines: User, organisation: Organisation
) -> None:
    sign_in(phone, ines)
    issue_token(user=ines)
    desk.force_login(ada)
    answer = desk.post(f"{page(ines, organisation)}deactivate/", follow=True)
    assert "is switched off" in answer.text
    assert not is_in(phone)
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert entries(organisation, "member.deactivated")
    desk.post(f"{page(ines, organisation)}reactivate/")
    assert not is_in(phone)  # nothing comes back by itself
    sign_in(phone, ines)
    assert is_in(phone)


def test_switched_off_here_the_person_goes_on_elsewhere(
    desk: Client, phone: Client, ada: User, nora: User, organisation: Organisation
) -> None:
    sign_in(phone, nora)
    key, _token = issue_token(user=nora)
    bridge = factories.make_asset(organisation)
    desk.force_login(ada)
    desk.post(f"{page(nora, organisation)}deactivate/")
    assert is_in(phone)
    assert phone.get(f"/assets/{bridge.pk}/").status_code == 404
    by_token = {"HTTP_AUTHORIZATION": f"Token {key}"}
    assert Client().get("/api/v1/assets/", **by_token).json()["count"] == 0


def test_the_last_keeper_is_not_switched_off(
    desk: Client, ada: User, organisation: Organisation
) -> None:
    sign_in(desk, ada)
    answer = desk.post(f"{page(ada, organisation)}deactivate/", follow=True)
    assert "Nobody else could change the members" in answer.text
    assert is_in(desk)
    assert Membership.objects.get(user=ada).deactivated_at is None


def test_two_organisations_have_each_their_page(
    desk: Client, nora: User, alice: User, organisation, other_organisation
) -> None:
    desk.force_login(alice)
    assert desk.get(page(nora, organisation)).status_code == 200
    assert desk.get(page(nora, other_organisation)).status_code == 404
    assert Membership.objects.get(user=nora, organisation=organisation).role == Role.INSPECTOR
