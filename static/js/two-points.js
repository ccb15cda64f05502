// Two points on something of known length give a photo its scale. Mouse, touch and keys: a click, a
// tap, or Enter with the cross on the place; points are dragged, or moved by arrow keys.

import { cookie } from "./cookie.js";
import { apart as between, inside as nearestInside, isInside } from "./geometry.js";
import { formats, readNumber } from "./numbers.js";
import { wordsOf } from "./words.js";

/* global L */

const LEAST_PX = 40;
const MM = { mm: 1, cm: 10, m: 1000, in: 25.4, ft: 304.8 };

/**
 * The tool, or null where the page has none.
 * `place` turns (x, y) of the picture into a place on the map, `pixel` turns it back.
 */
export function twoPointTool({ map, place, pixel, width, height, given, shown }) {
  const form = document.querySelector("#two-points");
  if (!form) return null;
  const frame = map.getContainer();
  const opener = document.querySelector("[data-measure]");
  const find = (name) => form.querySelector(`[data-${name}]`);
  // By hand: the name "length" is taken in form.elements.
  const [lengthInput, unitInput, uInput] = ["length", "unit", "u_length"]
    .map((name) => form.querySelector(`[name="${name}"]`));
  const say = wordsOf("two-points");
  const layer = L.layerGroup();
  const line = L.polyline([], { className: "two-line", interactive: false }).addTo(layer);
  let points = [];
  let history = [];
  let markers = [];

  const inside = (point) => nearestInside(point, width, height);
  const apart = () => (points.length === 2 ? between(points[0], points[1]) : 0);

  function remember() {
    history.push(points.map((point) => [...point]));
  }

  function show() {
    line.setLatLngs(points.map(([x, y]) => place(x, y)));
    find("step").textContent = say(["first", "second", "both"][points.length]);
    find("undo").disabled = history.length === 0;
    const px = apart();
    const mm = readNumber(lengthInput.value) * MM[unitInput.value];
    const said = px ? [say("apart", { distance: `${formats.fixed(px, 1)} px` })] : [];
    if (px && mm > 0) said.push(say("pixel", { size: formats.precise(mm / px, 3) }));
    find("preview").textContent = formats.list(said);
  }

  function draw() {
    const focused = markers.findIndex((marker) => marker.getElement() === document.activeElement);
    for (const marker of markers) marker.remove();
    markers = points.map((point, index) => pointMarker(point, index));
    if (focused >= 0) markers[focused]?.getElement().focus({ preventScroll: true });
    show();
  }

  function pointMarker([x, y], index) {
    const marker = L.marker(place(x, y), {
      draggable: true,
      keyboard: true,
      autoPan: true,
      icon: L.divIcon({ className: "two-point", iconSize: [44, 44] }),
    }).addTo(layer);
    const element = marker.getElement();
    element.setAttribute("aria-label", say("point", { number: index + 1 }));
    marker.on("dragstart", remember);
    marker.on("drag", () => {
      points[index] = inside(pixel(marker.getLatLng()));
      show();
    });
    marker.on("dragend", draw);
    element.addEventListener("keydown", (event) => {
      const way =
        { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      remember();
      const far = event.shiftKey ? 10 : 1;
      points[index] = inside([points[index][0] + far * way[0], points[index][1] + far * way[1]]);
      marker.setLatLng(place(...points[index]));
      show();
    });
    return marker;
  }

  function mark(latlng) {
    const here = pixel(latlng);
    if (points.length >= 2 || !isInside(here, width, height)) return;
    remember();
    points.push(here);
    error("");
    draw();
    if (points.length === 2 && !lengthInput.value) lengthInput.focus();
  }

  function undo() {
    if (!history.length) return;
    points = history.pop();
    draw();
  }

  function error(text, field = null) {
    const told = find("error");
    told.textContent = text;
    told.hidden = !text;
    for (const input of [lengthInput, uInput]) {
      if (text && input === field) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    field?.focus();
  }

  function open(on) {
    form.hidden = !on;
    opener?.setAttribute("aria-pressed", String(on));
    frame.parentElement.toggleAttribute("data-measuring", on);
    shown?.[on ? "remove" : "addTo"](map);
    if (!on) {
      layer.remove();
      opener?.focus();
      return;
    }
    points = (given?.at ?? []).map((point) => [...point]);
    history = [];
    if (given && !lengthInput.value) {
      lengthInput.value = given.length_mm;
      uInput.value = given.u_length_mm ?? "";
    }
    layer.addTo(map);
    error("");
    draw();
    frame.focus({ preventScroll: true });
  }

  function wrong() {
    if (points.length < 2) return [say("missing"), null];
    if (apart() < LEAST_PX) return [say("close"), null];
    if (!(readNumber(lengthInput.value) > 0)) return [say("number"), lengthInput];
    const u = uInput.value.trim();
    if (u && !(readNumber(u) > 0)) return [say("number"), uInput];
    return null;
  }

  async function send(event) {
    event.preventDefault();
    const removes = event.submitter?.name === "remove";
    const refusal = removes ? null : wrong();
    if (refusal) {
      error(...refusal);
      return;
    }
    const body = new FormData(form);
    if (removes) body.set("remove", "1");
    points.forEach(([x, y], index) => {
      body.set(`x${index + 1}`, x.toFixed(2));
      body.set(`y${index + 1}`, y.toFixed(2));
    });
    const headers = { Accept: "application/json", "X-CSRFToken": cookie("csrftoken") };
    const answer = await fetch(form.action, { method: "POST", body, headers }).catch(() => null);
    if (answer?.ok) {
      location.reload();
      return;
    }
    const told = answer?.status === 422 ? await answer.json() : null;
    const field = {
      length_mm: lengthInput,
      length: lengthInput,
      u_length_mm: uInput,
      u_length: uInput,
    };
    error(told ? `${told.message} ${told.hint}` : say("offline"), field[told?.field] ?? null);
  }

  form.addEventListener("submit", send);
  form.addEventListener("input", show);
  find("undo").addEventListener("click", undo);
  find("close").addEventListener("click", () => open(false));
  opener?.addEventListener("click", () => open(form.hidden));
  document.querySelector("[data-measure-open]")?.addEventListener("click", () => {
    open(true);
    frame.scrollIntoView({ block: "start" });
  });
  frame.addEventListener("keydown", (event) => {
    if (form.hidden || event.target !== frame) return;
    if (event.key === "Enter") {
      event.preventDefault();
      mark(map.getCenter());
    }
    if (event.key === "Backspace") {
      event.preventDefault();
      undo();
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      open(false);
    }
  });

  return {
    get active() {
      return !form.hidden;
    },
    toggle: () => open(form.hidden),
    mark,
    undo,
    close: () => open(false),
  };
}
