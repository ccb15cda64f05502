"""Outlines of areal defects in the viewer: by click, from the list, by keys, switched off.

No shipped network sees areal defects, and a person sends photos only: the page comes from the site,
and one region with its row in the list is written into it before its scripts run.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import PHONE

pytestmark = pytest.mark.browser

# Away from the cracks of the photo, 900 × 700 pixels; a fifth of its width.
KEY, SIDE_PX = "region-1", 180.0


# The first corner that no line comes near; read once the page is parsed, before its modules run.
WITH_REGION = """
document.addEventListener("readystatechange", () => {
  const holder = document.querySelector("#photo-data");
  if (document.readyState !== "interactive" || !holder) return;
  const data = JSON.parse(holder.textContent);
  const points = data.cracks.flatMap((crack) => crack.line);
  const [x, y] = [[40, 460], [680, 460], [40, 60], [680, 60], [360, 260]].find(([left, top]) =>
    !points.some(([px, py]) => px > left - 30 && px < left + SIDE + 30
      && py > top - 30 && py < top + SIDE + 30));
  const outline = [[x, y], [x + SIDE, y], [x + SIDE, y + SIDE], [x, y + SIDE]];
  data.regions = [{ key: "KEY", level: 3, outline, label: "9  90 mm" }];
  holder.textContent = JSON.stringify(data);
  const row = document.querySelector(".measurements").appendChild(document.createElement("li"));
  row.className = "measure";
  row.dataset.sight = "KEY";
  row.appendChild(document.createElement("button")).className = "measurement";
});
""".replace("SIDE", str(SIDE_PX)).replace("KEY", KEY)


@pytest.fixture
def outlined(page: Any, measured: int) -> str:
    """Address of a photo on which a spall is outlined."""
    page.add_init_script(WITH_REGION)
    return f"/photos/{measured}/"


def _edges_px(page: Any) -> int:
    """How many pixels of the drawing have the colour of level 3."""
    count: int = page.evaluate(
        """() => {
          const canvas = document.querySelector("#viewer .leaflet-overlay-pane canvas");
          const copy = document.createElement("canvas");
          [copy.width, copy.height] = [canvas.width, canvas.height];
          const pen = copy.getContext("2d", { willReadFrequently: true });
          pen.drawImage(canvas, 0, 0);
          const { data } = pen.getImageData(0, 0, copy.width, copy.height);
          let found = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i] > 240 && Math.abs(data[i + 1] - 138) < 12 && Math.abs(data[i + 2] - 61) < 12
              && data[i + 3] > 250) found += 1;
          }
          return found;
        }"""
    )
    return count


def _state(page: Any, address: str) -> Any:
    page.goto(address)
    page.locator("#viewer .leaflet-tile-loaded").first.wait_for()
    return page.locator(f'[data-sight="{KEY}"]')


@pytest.mark.parametrize(
    "page",
    [{"color_scheme": "light"}, {"viewport": PHONE, "color_scheme": "dark"}],
    indirect=True,
)
def test_an_outline_is_drawn_selected_and_switched_off(page: Any, outlined: str) -> None:
    row = _state(page, outlined)
    drawn = _edges_px(page)
    assert drawn > 200
    row.locator("button").click()
    assert row.get_attribute("data-selected") is not None
    page.wait_for_timeout(500)
    assert _edges_px(page) > drawn, "nearer, and with stronger edges"
    row.locator("button").click()
    assert row.get_attribute("data-selected") is None
    page.keyboard.press("h")
    assert _edges_px(page) == 0


def test_a_click_inside_selects_it_and_keys_go_on_to_it(page: Any, outlined: str) -> None:
    row = _state(page, outlined)
    data = json.loads(page.locator("#photo-data").text_content())
    (x, y), *_rest = data["regions"][0]["outline"]
    box = page.locator("#viewer").bounding_box()
    share = min(box["width"] / data["width"], box["height"] / data["height"])
    # Fitted by steps of a quarter of a zoom level, so a little smaller than the frame.
    zoom = float(page.locator("[data-zoom]").text_content().rstrip("%")) / 100
    assert 0.8 * share <= zoom <= share
    at_x = box["x"] + box["width"] / 2 + zoom * (x + SIDE_PX / 2 - data["width"] / 2)
    at_y = box["y"] + box["height"] / 2 + zoom * (y + SIDE_PX / 2 - data["height"] / 2)
    page.mouse.click(at_x, at_y)
    page.locator(f'[data-sight="{KEY}"][data-selected]').wait_for()
    title = page.locator("#strip-title").text_content()
    assert title.startswith("Width along"), "the strip stays with the crack it showed"
    page.keyboard.press("Escape")
    assert row.get_attribute("data-selected") is None
    for _ in data["cracks"]:
        page.keyboard.press("j")
        assert row.get_attribute("data-selected") is None
    page.keyboard.press("j")
    assert row.get_attribute("data-selected") is not None
