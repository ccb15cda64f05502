"""A new password: the rules once in our words, and everything that is wrong with it at once."""

from __future__ import annotations

import pytest
from django.test import Client

from assets.models import User
from portal.sign_in.links import make_new_password_link
from tests.sign_in import PASSWORD, sign_in

CHANGE = "/accounts/password/change/"


@pytest.fixture
def link(ines: User) -> str:
    made, _sent = make_new_password_link(person=ines, actor=None, site="")
    return made


def test_the_rules_stand_there_once(desk: Client, ines: User, link: str) -> None:
    by_link = desk.get(link, follow=True).text
    sign_in(desk, ines)
    for page in (by_link, desk.get(CHANGE).text):
        assert page.count("At least 10 characters, not a common password") == 1
        assert "Your password can" not in page


def test_a_difference_is_named_beside_what_else_is_wrong(desk: Client, link: str) -> None:
    form = desk.get(link, follow=True)
    wrong = {"password1": "abc", "password2": "abd"}
    page = desk.post(form.request["PATH_INFO"], wrong).text
    assert "New password: This password is too short" in page
    assert "New password again: The two differ. Type the same password twice." in page
    long = {"password1": "a sturdy phrase", "password2": "a sturdy phrasf"}
    page = desk.post(form.request["PATH_INFO"], long).text
    assert page.count("The two differ") == 2  # in the summary and at its field
    assert "same password each time" not in page


def test_fields_are_called_the_same_everywhere(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    page = desk.post(CHANGE, {"oldpassword": "wrong", "password1": "", "password2": ""}).text
    assert "Password now: " in page
    assert "New password: Fill this in." in page
    good = {"password1": "a sturdy phrase", "password2": "a sturdy phrase"}
    assert desk.post(CHANGE, {"oldpassword": PASSWORD, **good})["Location"] == "/account/"


def test_a_used_link_says_whom_to_ask(desk: Client, link: str, no_mail: None) -> None:
    page = desk.get("/accounts/password/reset/key/1-used/").text
    assert "ask an owner or administrator" in page
    assert "Ask for another" not in page


def test_a_used_link_leads_to_another_where_mail_goes_out(desk: Client, link: str) -> None:
    assert "Ask for another" in desk.get("/accounts/password/reset/key/1-used/").text
