"""Somebody is invited in one browser and joins in another; by keys, on a phone, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import PHONE, Installation, Watch
from tests.e2e.test_places import LOOKS, POOR_CONTRAST, WIDER_THAN_SCREEN

pytestmark = pytest.mark.browser

PASSWORD = "seven words nobody guesses"


@pytest.fixture
def somebody(browser: Any, installation: Installation) -> Iterator[Any]:
    """A page of a person on a phone who is not signed in."""
    context = browser.new_context(viewport=PHONE, base_url=installation.base, locale="en-GB")
    tab = context.new_page()
    watch = Watch(tab, installation.base)
    yield tab
    context.close()
    assert not watch.complaints, "\n".join(watch.complaints)


def link_for(page: Any, email: str) -> str:
    """Invites by the form, with the keyboard; the link that is shown once."""
    page.goto("/members/")
    page.get_by_role("link", name="Invite somebody").press("Enter")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Role").select_option("engineer")
    page.get_by_label("E-mail").press("Enter")
    return page.get_by_label("Link").input_value()


def test_the_link_is_copied_and_opens_the_way_in(page: Any, somebody: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = link_for(page, "nora@example.org")
    page.get_by_role("button", name="Copy").press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == link

    somebody.goto(link)
    somebody.get_by_label("Your name").fill("Nora New")
    somebody.get_by_label("Password", exact=True).fill(PASSWORD)
    somebody.get_by_label("Password again").fill(PASSWORD)
    somebody.get_by_label("Password again").press("Enter")
    somebody.get_by_text("You belong to Northmoor now, as Engineer.").wait_for()

    page.goto("/members/")
    page.get_by_role("link", name="Nora New", exact=True).wait_for()
    somebody.goto("/account/")
    somebody.get_by_role("link", name="Leave Northmoor").click()
    somebody.get_by_role("button", name="Leave Northmoor").click()
    somebody.get_by_text("You left Northmoor.").wait_for()


def test_without_a_clipboard_the_link_is_selected(page: Any) -> None:
    page.add_init_script("delete Navigator.prototype.clipboard")
    link = link_for(page, "nils@example.org")
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Press Ctrl and C").wait_for()
    assert page.evaluate("getSelection().toString()") == link
    page.goto("/members/")
    page.get_by_role("button", name="Withdraw the invitation of nils@example.org").press("Enter")
    page.get_by_text("The invitation of nils@example.org was withdrawn.").wait_for()


@pytest.mark.parametrize("page", LOOKS, indirect=True)
def test_the_pages_of_an_invitation_are_readable(page: Any) -> None:
    def check() -> None:
        assert not page.evaluate(POOR_CONTRAST), page.url
        assert not page.evaluate(WIDER_THAN_SCREEN), f"{page.url} scrolls sideways"
        assert page.locator("h1").count() == 1, page.url

    link = link_for(page, "a.person.with.quite.a.long.address@engineering.example.org")
    check()
    page.goto("/members/")
    check()
    page.goto(link)  # as somebody else
    check()
    page.get_by_role("button", name="Sign out and open it again").press("Enter")
    page.get_by_role("heading", name="I am new here").wait_for()
    check()
