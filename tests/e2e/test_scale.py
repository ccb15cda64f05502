"""Two points and the width strip in a browser: mouse, keys, bad input, the photo measured again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import PHONE, Installation, wait_done

pytestmark = pytest.mark.browser


def test_points_are_marked_by_keys_alone(page: Any, measured: int) -> None:
    page.goto(f"/photos/{measured}/")
    page.locator("#strip polyline.series").first.wait_for(state="attached")
    page.keyboard.press("t")
    form = page.locator("#two-points")
    form.get_by_text("Mark the first end").wait_for()
    assert page.locator(".cross").is_visible()
    page.keyboard.press("Enter")
    form.get_by_text("Now mark its other end.").wait_for()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    form.get_by_text("Drag the points").wait_for()
    page.keyboard.press("Escape")
    form.wait_for(state="hidden")


def test_letter_keys_act_on_the_photo_and_can_be_switched_off(page: Any, measured: int) -> None:
    """WCAG 2.1.4: the switch of the account reaches this page too; other keys stay."""
    page.goto(f"/photos/{measured}/")
    page.locator("#strip polyline.series").first.wait_for(state="attached")
    lines = page.locator('[data-viewer="lines"]')
    selected = page.locator("[data-sight][data-selected]")
    page.keyboard.press("h")
    assert lines.get_attribute("aria-pressed") == "false"
    page.keyboard.press("j")
    assert selected.count() == 1

    page.goto("/account/")
    page.locator("#letter-keys").uncheck()
    page.goto(f"/photos/{measured}/")
    page.locator("#strip polyline.series").first.wait_for(state="attached")
    zoom = page.locator("[data-zoom]").inner_text()
    for key in ("h", "l", "t", "j", "k", "0", "1", "+", "-", "?"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert lines.get_attribute("aria-pressed") == "true"
    assert page.locator('[data-viewer="labels"]').get_attribute("aria-pressed") == "true"
    assert page.locator("#two-points").is_hidden()
    assert page.locator("#keys").is_hidden()
    assert selected.count() == 0
    assert page.locator("[data-zoom]").inner_text() == zoom
    page.locator("[data-sight] button").first.click()
    assert selected.count() == 1
    page.keyboard.press("Escape")
    assert selected.count() == 0


def test_letter_keys_wait_while_a_dialog_is_open(page: Any, measured: int) -> None:
    page.goto(f"/photos/{measured}/")
    page.locator("#strip polyline.series").first.wait_for(state="attached")
    page.keyboard.press("?")
    page.locator("#keys").wait_for(state="visible")
    page.keyboard.press("h")
    assert page.locator('[data-viewer="lines"]').get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    page.locator("#keys").wait_for(state="hidden")
    page.keyboard.press("h")
    assert page.locator('[data-viewer="lines"]').get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("page", [{"viewport": PHONE, "color_scheme": "dark"}], indirect=True)
def test_on_a_phone_a_tap_marks_and_the_panel_leaves_the_photo_free(
    page: Any, measured: int
) -> None:
    page.goto(f"/photos/{measured}/")
    page.locator("[data-measure]").click()
    form = page.locator("#two-points")
    form.get_by_text("Mark the first end").wait_for()
    box = page.locator("#viewer").bounding_box()
    assert form.bounding_box()["y"] >= box["y"] + 0.8 * box["height"]
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    form.get_by_text("Now mark its other end.").wait_for()
    form.get_by_role("button", name="Undo").click()
    form.get_by_text("Mark the first end").wait_for()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")


def test_two_points_by_mouse_and_keys_give_millimetres(
    page: Any, measured: int, installation: Installation
) -> None:
    page.goto(f"/photos/{measured}/")
    strip = page.locator("#strip")
    strip.get_by_text("Width along crack").wait_for()
    assert strip.locator("polyline.series").count() >= 1
    assert " px" in strip.locator("[data-readout]").inner_text()

    page.locator("#viewer").wait_for()
    page.keyboard.press("t")
    form = page.locator("#two-points")
    form.get_by_text("Mark the first end").wait_for()
    # Kept too early: a sentence, and nothing is lost.
    form.get_by_role("button", name="Keep and measure again").click()
    form.get_by_text("Mark both points in the photo first.").wait_for()

    box = page.locator("#viewer").bounding_box()
    middle = box["y"] + 0.55 * box["height"]
    page.mouse.click(box["x"] + 0.25 * box["width"], middle)
    form.get_by_text("Now mark its other end.").wait_for()
    page.mouse.click(box["x"] + 0.55 * box["width"], middle)
    preview = form.locator("[data-preview]")
    before = float(preview.inner_text().split(" px")[0])
    # The second point by keys: ten pixels and one to the right, and one step back.
    page.locator(".two-point").nth(1).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    assert float(preview.inner_text().split(" px")[0]) == pytest.approx(before + 11, abs=0.2)
    form.get_by_role("button", name="Undo").click()
    assert float(preview.inner_text().split(" px")[0]) == pytest.approx(before + 10, abs=0.2)

    form.get_by_label("Length between them").fill("0")
    form.get_by_role("button", name="Keep and measure again").click()
    form.get_by_text("Type the length between the points").wait_for()
    # What only the server refuses stands in the same place.
    form.get_by_label("Length between them").fill("900")
    form.get_by_label("Unit", exact=True).select_option("m")
    form.get_by_role("button", name="Keep and measure again").click()
    form.get_by_text("at most 100 m").wait_for()
    form.get_by_label("Unit", exact=True).select_option("mm")
    form.get_by_label("Length between them").fill(str(round((before + 10) * 0.5, 1)))
    assert "a pixel covers 0.500 mm" in preview.inner_text()
    form.get_by_role("button", name="Keep and measure again").click()

    page.get_by_text("Two points kept").wait_for()
    body = wait_done(installation, installation.token(), measured)
    assert body["scale"]["source"] == "two_points"
    assert body["scale"]["gsd_mm_per_px"] == pytest.approx(0.5, rel=0.01)
    # The page loads itself anew when the result is there: going there too would be interrupted.
    page.locator("#scale").get_by_text("Two points of known distance").wait_for()
    page.locator("#strip [data-readout]").filter(has_text=" mm at ").wait_for()


def test_the_strips_cursor_stands_on_the_photo(page: Any, measured: int) -> None:
    page.goto(f"/photos/{measured}/")
    chart = page.locator("#strip svg.chart")
    chart.hover()
    page.locator(".acrossline").wait_for(state="attached")
    first = page.locator("#strip [data-readout]").inner_text()
    chart.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    assert page.locator("#strip [data-readout]").inner_text() != first
    page.get_by_text("Show as table").click()
    assert page.locator("#strip tbody tr").count() > 3
