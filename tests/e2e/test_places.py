"""The places in a browser: map, asset, forms; readable, inside the screen, reached by keys."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e.conftest import DESK, PHONE, Installation, sign_in

pytestmark = pytest.mark.browser

LOOKS = [
    pytest.param({"viewport": DESK, "color_scheme": "light"}, id="desk-light"),
    pytest.param({"viewport": DESK, "color_scheme": "dark"}, id="desk-dark"),
    pytest.param({"viewport": PHONE, "color_scheme": "light"}, id="phone-light"),
    pytest.param({"viewport": PHONE, "color_scheme": "dark"}, id="phone-dark"),
]

# Text below the contrast that WCAG 2.2 AA asks for: 4.5, from 24 px on 3.0. What lies on a canvas
# or a photo, and what is switched off, is left out.
POOR_CONTRAST = """
() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith("color(srgb") ? numbers.map((n, i) => (i < 3 ? 255 * n : n)) : numbers;
  };
  const ground = (element) => {
    const stack = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" || at.matches(".leaflet-container")) return null;
      const [r, g, b, a = 1] = parse(style.backgroundColor);
      if (a > 0) stack.push([r, g, b, a]);
      if (a === 1) break;
    }
    return stack.reverse().reduce((under, [r, g, b, a]) =>
      [r, g, b].map((v, i) => a * v + (1 - a) * (under[i] ?? 255)), [255, 255, 255]);
  };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.checkVisibility()) continue;
    const left = "svg, .visually-hidden, .skip, .scale, :disabled, script, noscript, .art";
    if (element.closest(left)) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    if (!below) continue;
    const [a, b] = [luminance(parse(style.color)), luminance(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if (ratio < least - 0.05) {
      poor.push(`${ratio.toFixed(1)} ${walk.currentNode.data.trim().slice(0, 40)}`);
    }
  }
  return poor;
}
"""
WIDER_THAN_SCREEN = """
() => [document.documentElement, document.querySelector("main")]
  .some((element) => element && element.scrollWidth > element.clientWidth + 1)
"""


@pytest.fixture(scope="module")
def bridge(installation: Installation) -> int:
    """The first of four assets around the world."""
    token = installation.token()
    places = [
        ("PL-1", "Kellbrook Viaduct", "bridge", 51.5, 7.1),
        ("PL-2", "Sennard Dam", "dam", 46.6, 8.6),
        ("PL-3", "Tokaido Tunnel", "tunnel", 35.2, 138.9),
        ("PL-4", "Cape Wall", "retaining_wall", -33.9, 18.4),
    ]
    made = []
    for code, name, kind, latitude, longitude in places:
        asset = {"code": code, "name": name, "kind": kind}
        where = {"latitude": latitude, "longitude": longitude}
        made.append(installation.api("POST", "/api/v1/assets/", {**asset, **where}, token)["id"])
    return made[0]


@pytest.mark.parametrize("page", LOOKS, indirect=True)
def test_every_place_is_readable_and_inside_the_screen(page: Any, bridge: int) -> None:
    places = ["/", f"/assets/{bridge}/", "/assets/new/", f"/assets/{bridge}/inspections/new/",
              "/inspections/", "/capture/", "/alerts/", "/members/", "/members/invite/",
              "/account/", "/accounts/password/change/", "/nothing/here/"]  # fmt: skip
    found = {}
    for place in places:
        page.goto(place)
        page.wait_for_timeout(150)
        poor = page.evaluate(POOR_CONTRAST)
        if poor:
            found[place] = poor[:5]
        assert not page.evaluate(WIDER_THAN_SCREEN), f"{place} scrolls sideways"
        assert page.locator("h1").count() == 1, place
    assert not found


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
def test_the_way_back_on_a_phone_takes_a_thumb(page: Any, bridge: int) -> None:
    page.goto(f"/assets/{bridge}/")
    box = page.locator(".topbar .back").bounding_box()
    assert box["height"] >= 44
    page.goto(f"/assets/{bridge}/edit/")
    assert page.locator(".topbar .back").bounding_box()["height"] >= 44
    assert not page.evaluate(WIDER_THAN_SCREEN)


def test_map_shows_assets_as_buttons_and_the_list_follows(page: Any, bridge: int) -> None:
    page.goto("/?search=PL-")
    cape = page.get_by_role("button", name="Cape Wall, PL-4: None seen")
    cape.wait_for()
    page.get_by_role("button", name="Tokaido Tunnel").wait_for()
    page.wait_for_function("() => document.querySelectorAll('#assets .asset').length === 4")
    cape.press("Enter")
    card = page.locator("#card")
    card.get_by_role("link", name="Open asset").wait_for()
    assert "Cape Wall" in card.inner_text()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")

    # Zoomed in on one, the list holds what is in view.
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(400)
    page.wait_for_function("() => document.querySelectorAll('#assets .asset').length < 4")


def test_filters_narrow_map_and_list_without_leaving_the_page(page: Any, bridge: int) -> None:
    page.goto("/")
    page.evaluate("window.sameDocument = true")
    page.locator("label.chip", has_text="Dam").click()
    page.get_by_role("button", name="Sennard Dam").wait_for()
    page.wait_for_function("() => document.querySelectorAll('#assets .asset').length === 1")
    # List and markers are fetched apart: each may be the later one.
    page.get_by_role("button", name="Cape Wall").wait_for(state="detached")
    page.keyboard.press("/")
    page.keyboard.type("no such thing")
    page.get_by_text("No asset fits the filter").wait_for()
    page.get_by_role("link", name="Clear the filter").click()
    page.get_by_role("button", name="Cape Wall").wait_for()
    assert page.evaluate("window.sameDocument") is True
    assert page.url.endswith("/")


def test_position_picked_on_the_map_suggests_the_time_zone(page: Any) -> None:
    page.goto("/assets/new/")
    page.wait_for_function("() => document.querySelector('#pickmap canvas')")
    box = page.locator("#pickmap").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => document.querySelector('#id_latitude').value")
    page.wait_for_function("() => document.querySelector('#id_time_zone').value !== 'UTC'")


def test_a_form_that_is_sent_again_after_back_opens_no_second_visit(
    page: Any, installation: Installation, bridge: int
) -> None:
    page.goto(f"{installation.base}/assets/{bridge}/inspections/new/")
    page.fill("#id_title", "Sent, gone back, sent again")
    opened = []
    for _ in range(2):
        page.click("form.form button[type=submit]")
        page.wait_for_url(re.compile(r"/inspections/\d+/$"))
        opened.append(page.url)
        page.go_back()
        page.wait_for_selector("#id_title")
        page.fill("#id_title", "Sent, gone back, sent again")
    assert opened[0] == opened[1]
    page.goto(f"{installation.base}/assets/{bridge}/")
    page.click(f"a[href='/assets/{bridge}/inspections/new/'] >> visible=true")
    page.fill("#id_title", "Another one")
    page.click("form.form button[type=submit]")
    page.wait_for_url(re.compile(r"/inspections/\d+/$"))
    assert page.url != opened[0]


def test_keys_can_be_switched_off(page: Any) -> None:
    page.goto("/inspections/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url(lambda url: url.rstrip("/").count("/") == 2)
    page.goto("/account/")
    page.locator("#letter-keys").uncheck()
    page.goto("/inspections/")
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


def test_theme_is_kept_from_page_to_page(page: Any) -> None:
    page.goto("/inspections/")
    button = page.get_by_role("button", name="Theme: as the system")
    button.click()
    page.get_by_role("button", name="Theme: light").click()
    page.goto("/members/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_a_map_whose_session_ended_elsewhere_goes_to_the_sign_in_page(
    page: Any, browser: Any, installation: Installation, bridge: int
) -> None:
    """News then makes it ask once, not once a tile, and it does not stay where it was."""
    token = installation.token()
    page.goto("/?search=PL-")
    page.locator("#live:not(.off)").wait_for()
    page.wait_for_function("() => document.querySelectorAll('#assets .asset').length === 4")
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    elsewhere = browser.new_context(base_url=installation.base)
    other = elsewhere.new_page()
    sign_in(other, installation.email, installation.password)
    other.goto("/account/")
    other.get_by_role("button", name="Sign out everywhere else").click()
    other.get_by_text("1 session was ended").or_(
        other.get_by_text("sessions were ended")
    ).wait_for()
    elsewhere.close()
    fifth = {"code": "PL-5", "name": "Late Wall", "kind": "retaining_wall"}
    place = {"latitude": 10.0, "longitude": 10.0}
    installation.api("POST", "/api/v1/assets/", {**fifth, **place}, token)
    page.wait_for_url("**/accounts/login/?next=%2F%3Fsearch%3DPL-")
    assert len(refused) <= 1, refused
