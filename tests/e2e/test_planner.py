"""The capture planner in a browser: both ways of asking, bad input, no network, any screen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import PHONE
from tests.e2e.test_places import LOOKS, POOR_CONTRAST, WIDER_THAN_SCREEN

pytestmark = pytest.mark.browser


def _out(page: Any, name: str) -> str:
    return page.locator(f'[data-out="{name}"]').inner_text()


@pytest.mark.parametrize("page", LOOKS, indirect=True)
def test_the_planner_is_readable_and_inside_the_screen(page: Any) -> None:
    page.goto("/planner/#camera=mavic-3e&distance=0.6&element-width=12&element-height=3.5")
    page.locator("#frames").wait_for()
    assert page.evaluate(POOR_CONTRAST) == []
    assert not page.evaluate(WIDER_THAN_SCREEN)
    assert page.locator(".standard").first.is_visible()
    page.locator("#distance").fill("0")
    page.locator("#overlap").focus()
    page.locator("#distance-error").wait_for()
    assert page.evaluate(POOR_CONTRAST) == []
    assert not page.evaluate(WIDER_THAN_SCREEN)


def test_from_a_distance_to_what_is_told_apart(page: Any) -> None:
    page.goto("/planner/")
    page.locator("#camera").select_option("phantom-4-pro")
    page.locator("#distance").fill("3")
    assert _out(page, "answer") == "A pixel covers 0.82 mm"
    assert _out(page, "cover") == "4.49 × 2.99 m"
    row = page.locator('[data-standard="aashto_mbei_rc"] [data-limit="CS2"]')
    assert "not told apart" in row.inner_text()
    page.locator("#distance").fill("0,3")  # with a comma, as many type it
    assert "told apart" in row.inner_text()
    assert "not told apart" not in row.inner_text()
    page.locator("#element-width").fill("6.8")
    page.locator("#element-height").fill("3")
    assert "×" in _out(page, "rows")
    page.locator("#focal").fill("20")
    assert page.locator("#camera").input_value() == ""


def test_from_a_width_to_the_distance_and_the_link_keeps_it(page: Any) -> None:
    page.goto("/planner/")
    page.locator("#camera").select_option("phantom-4-pro")
    page.get_by_role("button", name="I know the width").press("Enter")
    page.locator("#grade").fill("0.3")
    # 0.1 mm a pixel: 0.1 · 3648 + 8.8 mm
    assert _out(page, "answer") == "Photograph from 0.374 m or closer"
    kept = page.url
    page.goto("/inspections/")
    page.goto(kept)
    assert _out(page, "answer") == "Photograph from 0.374 m or closer"
    page.locator("#grade").fill("0.001")
    page.keyboard.press("Tab")
    assert "closer than it can" in page.locator("#grade-error").inner_text()
    assert page.locator("#grade").get_attribute("aria-invalid") == "true"


def test_empty_and_impossible_input_gets_a_sentence_when_the_field_is_left(page: Any) -> None:
    page.goto("/planner/")
    for name, text, sentence in (
        ("distance", "", "Give a number above 0."),
        ("distance", "-1", "Give a number above 0."),
        ("distance", "five", "Give a number above 0."),
        ("distance", "501", "Give a distance between 0.02 and 500 m."),
        ("across", "4032.5", "Give whole pixels, 1 or more."),
    ):
        page.goto("/alerts/")
        page.goto("/planner/")
        field, error = page.locator(f"#{name}"), page.locator(f"#{name}-error")
        field.fill(text)
        assert not error.is_visible()
        assert page.locator("#missing").is_visible()
        assert not page.locator("#seen").is_visible()
        field.press("Tab")
        error.wait_for()
        assert sentence in error.inner_text()
    page.locator("#across").fill("4032")
    page.locator("#element-width").fill("3")
    page.locator("#element-height").focus()
    page.keyboard.press("Tab")
    assert "Give both width and height" in page.locator("#element-height-error").inner_text()
    page.locator("#element-width").fill("")
    page.locator("#camera").select_option("full-frame-24")
    page.locator("#distance").fill("0.09")
    page.locator("#distance").press("Tab")
    assert "cannot be in focus" in page.locator("#distance-error").inner_text()
    page.locator("#distance").fill("0.5")
    assert not page.locator("#distance-error").is_visible()
    assert page.locator("#seen").is_visible()


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
def test_it_works_on_without_a_network(page: Any) -> None:
    page.goto("/planner/")
    page.locator("#seen").wait_for()
    page.context.set_offline(True)
    page.locator("#camera").select_option("zenmuse-p1")
    page.locator("#distance").fill("5")
    assert _out(page, "answer") == "A pixel covers 0.622 mm"  # (5000 - 35) / (35 · 8192 / 35.9)
    assert page.locator(".standard").first.is_visible()
    page.context.set_offline(False)


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
def test_once_opened_it_opens_again_without_a_network(page: Any) -> None:
    page.goto("/planner/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.locator("#camera").select_option("phantom-4-pro")
    page.locator("#distance").fill("3")
    page.context.set_offline(True)
    page.reload()
    page.get_by_text("There is no network").wait_for()
    # What was typed stands in the address, and all goes on.
    assert _out(page, "answer") == "A pixel covers 0.82 mm"
    page.locator("#camera").select_option("zenmuse-p1")
    page.locator("#distance").fill("5")
    assert _out(page, "answer") == "A pixel covers 0.622 mm"
    page.locator("#element-width").fill("12")
    page.locator("#element-height").fill("3.5")
    assert int(_out(page, "total")) > 1
    # Icons and styles came from what was kept: nothing is bare.
    assert page.locator(".banner").evaluate("e => getComputedStyle(e).display") == "flex"
    # Nothing of the person who opened it.
    assert "Northmoor" not in page.content() and "ada@example.org" not in page.content()
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.locator("#bell").wait_for()


@pytest.mark.parametrize("page", LOOKS, indirect=True)
def test_the_kept_page_is_readable_and_inside_the_screen(page: Any) -> None:
    page.goto("/planner/offline/#camera=mavic-3e&distance=0.6&element-width=12&element-height=3.5")
    page.locator("#frames").wait_for()
    assert page.evaluate(POOR_CONTRAST) == []
    assert not page.evaluate(WIDER_THAN_SCREEN)
