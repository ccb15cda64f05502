"""Pages of the second factor: who requires it is named, and nobody is left where they arrive."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assets.models import Membership, Organisation, User
from tests.page_text import joined
from tests.sign_in import PASSWORD, code_of, is_in, set_second_factor, sign_in

INDEX = "/accounts/2fa/"
SET_UP = "/accounts/2fa/totp/activate/"


def require_it(place: Organisation) -> None:
    Organisation.objects.filter(pk=place.pk).update(second_factor_required=True)


def asked_for_the_password(client: Client, user: User, place: Organisation, address: str) -> Any:
    """The page where somebody ends who must set one up, signs in and wants to go somewhere."""
    require_it(place)
    sign_in(client, user)
    asked = client.get(address, follow=True)
    assert asked.request["PATH_INFO"] == "/accounts/reauthenticate/"
    return asked


def again(client: Client) -> None:
    """The password again, as before a change of how one signs in."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": INDEX})


def set_up(client: Client, address: str) -> Any:
    """Through the form of the page, with whatever it carries along."""
    page = client.get(address)
    form = {"code": code_of(page.context["form"].secret)}
    if 'name="next"' in page.text:
        form["next"] = page.text.split('name="next" value="')[1].split('"')[0]
    return client.post(SET_UP, form, follow=True)


def test_setting_up_goes_on_to_what_was_wanted(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    asked_for_the_password(desk, ines, organisation, "/invitations/some-token/")
    sent = {"password": PASSWORD, "next": f"{SET_UP}?next=/invitations/some-token/"}
    codes = set_up(desk, desk.post("/accounts/reauthenticate/", sent)["Location"])
    assert "Recovery codes" in codes.text
    assert 'href="/invitations/some-token/">Done' in joined(codes.text)


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_it_leads_to_no_other_site(desk: Client, ines: User, next_: str) -> None:
    sign_in(desk, ines)
    again(desk)
    page = desk.get(SET_UP, {"next": next_})
    assert "evil.example" not in page.text
    assert 'name="next"' not in page.text
    code = code_of(page.context["form"].secret)
    codes = desk.post(SET_UP, {"code": code, "next": next_}, follow=True)
    assert 'href="/account/">Done' in joined(codes.text)


def test_only_what_requires_it_may_be_left_here(
    desk: Client, nora: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    require_it(organisation)
    sign_in(desk, nora)
    again(desk)
    theirs, others = (
        reverse("organisation-leave", args=[Membership.objects.get(user=nora, organisation=one).pk])
        for one in (organisation, other_organisation)
    )
    for address in (SET_UP, INDEX):
        page = desk.get(address).text
        assert f"{organisation.name} requires a second factor." in page
        assert theirs in page
        assert others not in page
        assert "Sign out" in page
        assert 'href="/account/"' not in page  # closed as long as there is none
    assert 'href="/account/"' not in desk.get("/accounts/password/change/").text


def test_who_must_have_one_is_not_offered_to_switch_it_off(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    sign_in(desk, ines, code=code_of(set_second_factor(ines)))
    off = reverse("mfa_deactivate_totp")
    assert off in desk.get(INDEX).text
    require_it(organisation)
    page = desk.get(INDEX).text
    assert off not in page
    assert f"{organisation.name} requires a second factor." in page


def test_recovery_codes_say_what_new_ones_do_and_lead_on(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    again(desk)
    page = set_up(desk, SET_UP).text
    assert "New codes end the old ones." in page
    assert page.count("<li>") >= 10
    assert page.count('class="banner') == 1 + page.count("No analysis worker")  # one message
    asked = desk.get(reverse("mfa_generate_recovery_codes")).text
    assert "lets nobody in any more" in asked
    before = desk.get(reverse("mfa_download_recovery_codes")).text
    made = desk.post(reverse("mfa_generate_recovery_codes"), follow=True)
    assert "10 of 10 are left." in made.text
    assert before != desk.get(reverse("mfa_download_recovery_codes")).text


def test_the_secret_is_readable_and_opens_the_app(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    again(desk)
    page = desk.get(SET_UP)
    secret = page.context["form"].secret
    groups = " ".join(secret[at : at + 4] for at in range(0, 32, 4))
    assert f">{groups}</code>" in joined(page.text)
    assert 'href="otpauth://totp/' in page.text


def test_a_wrong_first_code_is_named_as_on_the_page(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    again(desk)
    desk.get(SET_UP)
    page = desk.post(SET_UP, {"code": "000000"}).text
    assert "Code from the app: This code is wrong" in page


def test_the_code_of_the_set_up_is_used_up(desk: Client, phone: Client, ines: User) -> None:
    sign_in(desk, ines)
    again(desk)
    page = desk.get(SET_UP)
    secret = page.context["form"].secret
    code = code_of(secret)
    desk.post(SET_UP, {"code": code})
    sign_in(phone, ines, code=code)
    assert not is_in(phone)
    sign_in(phone, ines, code=code_of(secret, steps=1))
    assert is_in(phone)


def test_who_must_set_one_up_is_told_why_the_password_is_asked(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    asked = asked_for_the_password(desk, ines, organisation, "/")
    assert f"{organisation.name} requires a second factor." in asked.text
