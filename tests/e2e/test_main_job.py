"""The main job as a person does it: photos in, measured cracks out, nothing reloaded by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import PHONE, Installation

pytestmark = pytest.mark.browser


def _new_visit(installation: Installation, code: str) -> tuple[int, int]:
    token = installation.token()
    asset = installation.api(
        "POST", "/api/v1/assets/",
        {"kind": "bridge", "code": code, "name": f"Bridge {code}", "latitude": 51.5,
         "longitude": 7.1}, token,
    )  # fmt: skip
    visit = installation.api(
        "POST", "/api/v1/inspections/", {"asset": asset["id"], "kind": "walk"}, token
    )
    return asset["id"], visit["id"]


def _wait_for_result(page: Any, name: str) -> Any:
    row = page.locator("#photos li.photo-row", has_text=name)
    row.locator(".tag", has_text="done").wait_for(timeout=90_000)
    return row


def test_photo_becomes_measured_cracks_without_a_reload(
    page: Any, installation: Installation, photos: list[Path]
) -> None:
    asset, visit = _new_visit(installation, "BR-1")
    page.goto(f"/inspections/{visit}/")
    page.evaluate("window.sameDocument = true")
    bell_before = (
        int(page.locator("#bell .count").text_content() or 0)
        if page.locator("#bell .count").count()
        else 0
    )
    page.set_input_files("#upload-files", str(photos[0]))
    row = _wait_for_result(page, photos[0].name)

    # Without a scale: width in px, ungraded, and the remedy in a sentence.
    assert "px" in row.inner_text()
    assert "scale" in row.inner_text().lower()
    page.wait_for_function(
        "n => Number(document.querySelector('#bell .count')?.textContent || 0) > n", arg=bell_before
    )
    assert page.evaluate("window.sameDocument") is True

    # With a scale: millimetres and a grade, measured again without a reload by hand.
    page.fill("#visit-scale", "0.5")
    page.get_by_role("button", name="Keep the scale").click()
    page.wait_for_load_state()
    page.locator("#photos li.photo-row .wm", has_text="mm").first.wait_for(timeout=60_000)

    row.get_by_role("link", name=photos[0].name, exact=True).click()
    page.wait_for_url(re.compile(r"/photos/\d+/"))
    lines = page.locator("[data-sight]")
    assert lines.count() >= 1
    lines.first.locator("button.measurement").click()
    assert lines.first.get_attribute("data-selected") is not None
    page.locator("#viewer .leaflet-tile-loaded").first.wait_for()
    page.keyboard.press("h")
    assert page.locator('[data-viewer="lines"]').get_attribute("aria-pressed") == "false"

    page.goto(f"/assets/{asset}/")
    page.locator(".js-plotly-plot, .plot .main-svg").first.wait_for()


def test_the_same_photo_again_is_harmless_and_says_so(
    page: Any, installation: Installation, photos: list[Path]
) -> None:
    _, visit = _new_visit(installation, "BR-2")
    page.goto(f"/inspections/{visit}/")
    page.set_input_files("#upload-files", str(photos[1]))
    _wait_for_result(page, photos[1].name)
    page.set_input_files("#upload-files", str(photos[1]))
    page.get_by_text("Already here").wait_for()
    assert page.locator("#photos li.photo-row").count() == 1


def test_what_is_no_picture_gets_its_own_sentence(
    page: Any, installation: Installation, photos: list[Path], tmp_path: Path
) -> None:
    _, visit = _new_visit(installation, "BR-3")
    wrong = tmp_path / "notes.jpg"
    wrong.write_text("not a picture")
    page.goto(f"/inspections/{visit}/")
    page.set_input_files("#upload-files", [str(wrong), str(photos[2])])
    row = page.locator("#sending li", has_text="notes.jpg")
    row.get_by_role("button", name="Send again").wait_for()
    assert len(row.locator("[data-says]").inner_text()) > 20
    _wait_for_result(page, photos[2].name)


def test_a_dropped_connection_is_retried(
    page: Any, installation: Installation, photos: list[Path]
) -> None:
    _, visit = _new_visit(installation, "BR-4")
    page.goto(f"/inspections/{visit}/")
    page.context.set_offline(True)
    page.set_input_files("#upload-files", str(photos[0]))
    page.get_by_text("No connection").wait_for()
    page.context.set_offline(False)
    _wait_for_result(page, photos[0].name)


def test_an_expired_session_waits_for_a_new_sign_in(
    page: Any, installation: Installation, photos: list[Path]
) -> None:
    from tests.e2e.conftest import sign_in

    _, visit = _new_visit(installation, "BR-5")
    page.goto(f"/inspections/{visit}/")
    page.context.clear_cookies(name="sessionid")
    page.set_input_files("#upload-files", str(photos[1]))
    page.get_by_text("Your session has ended").wait_for()
    # Pieces of the page ask for nothing meanwhile, and nothing leads away from the unsent photo.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("document.body.dispatchEvent(new CustomEvent('working'))")
    page.wait_for_timeout(500)
    assert not [url for url in asked if "/photos/" in url]
    assert f"/inspections/{visit}/" in page.url
    other = page.context.new_page()
    sign_in(other, installation.email, installation.password)
    other.close()
    # Coming back to the tab goes on by itself; the button is for whoever stayed in it.
    page.locator("[data-resume]").dispatch_event("click")
    _wait_for_result(page, photos[1].name)


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
def test_phone_pages_do_not_scroll_sideways(
    page: Any, installation: Installation, photos: list[Path]
) -> None:
    asset, visit = _new_visit(installation, "BR-6")
    page.goto(f"/inspections/{visit}/")
    page.set_input_files("#upload-files", str(photos[2]))
    row = _wait_for_result(page, photos[2].name)
    photo = row.get_by_role("link", name=photos[2].name, exact=True).get_attribute("href")
    for address in ("/", f"/assets/{asset}/", f"/inspections/{visit}/", photo, "/inspections/",
                    "/alerts/", "/members/", "/account/"):  # fmt: skip
        page.goto(address)
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{address} is {width} px wide"
