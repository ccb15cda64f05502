// Width along the selected crack: the line, its band of ± U, the limits of the rule set, what was left
// out and why. A cursor couples the strip to a short line across the crack on the photo; a pin marks
// the widest place on both.

import { across } from "./geometry.js";
import { formats } from "./numbers.js";
import { ticks } from "./round-steps.js";
import { byReason, gaps, nearest, stretches } from "./stretches.js";
import { wordsOf } from "./words.js";

/* global L */

const NS = "http://www.w3.org/2000/svg";
const LEFT = 40;
const TOP = 12;
const BELOW = 22;

const make = (parent, name, attributes = {}, text = "") => {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
};

const short = (value) => formats.significant(value, 6);
const between = (from, to) => `${formats.whole(from)}–${formats.whole(to)}`;

/** The strip, or null where the page has none; `show(key)` draws that crack's, `onPin` hears its place. */
export function widthStrip({ map, place, cracks, onPin }) {
  const section = document.querySelector("#strip");
  if (!section) return null;
  const say = wordsOf("width-strip");
  const svg = section.querySelector("svg");
  const find = (name) => section.querySelector(name);
  const readout = find("[data-readout]");
  const cursor = L.layerGroup().addTo(map);
  const pin = L.layerGroup().addTo(map);
  let crack = null;
  let at = null;
  let scales = null;

  const decimals = () => (crack.strip.unit === "mm" ? 2 : 1);
  const widthAt = (i) => {
    const { width, U } = crack.strip;
    const spread = U[i] ? ` ± ${formats.fixed(U[i], decimals())}` : "";
    return `${formats.fixed(width[i], decimals())}${spread}`;
  };
  const words = (i) => {
    const { width, along, unit } = crack.strip;
    const place = `${formats.whole(along[i])} ${unit}`;
    if (width[i] === null) return say("nothing_at", { place, why: whyLeftOut(along[i]) });
    return say("at", { width: `${widthAt(i)} ${unit}`, place });
  };

  const whyLeftOut = (at) => {
    const stretch = crack.strip.left_out.find((each) => each.from <= at && at <= each.to);
    return stretch ? say("left_out_for", { reason: stretch.reason }) : say("left_out");
  };

  const gapsHere = () => gaps(crack.strip, say("left_out"));
  const gapWords = (reason, same) =>
    say("gap", {
      reason,
      stretches: formats.list(same.map(({ from, to }) => between(from, to))),
      unit: crack.strip.unit,
    });

  function draw() {
    svg.replaceChildren();
    scales = null;
    if (!crack?.strip) return;
    const { along, width, U, limits, unit } = crack.strip;
    const w = Math.max(280, svg.clientWidth);
    const h = svg.clientHeight || 138;
    const named = w > 560 ? 88 : 8;
    const span = along.at(-1) || 1;
    let top = Math.max(...width.map((value, i) => (value ?? 0) + (U[i] ?? 0)));
    const near = limits.filter((limit) => limit.mm <= 1.25 * top);
    top = 1.08 * Math.max(top, ...near.map((limit) => limit.mm));
    const x = (value) => LEFT + (value / span) * (w - LEFT - named);
    const y = (value) => h - BELOW - (Math.max(0, value) / top) * (h - BELOW - TOP);
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    hatches(svg);
    for (const value of ticks(top, 3)) {
      make(svg, "line", { class: "grid", x1: LEFT, x2: w - named, y1: y(value), y2: y(value) });
      make(svg, "text", { x: LEFT - 7, y: y(value) + 4, "text-anchor": "end" }, short(value));
    }
    const marks = ticks(span, w > 560 ? 6 : 3);
    marks.forEach((value, i) =>
      make(
        svg,
        "text",
        { x: x(value), y: h - 6, "text-anchor": i ? "middle" : "start" },
        i === marks.length - 1 ? `${short(value)} ${unit}` : short(value),
      )
    );
    for (const gap of gapsHere()) {
      const { from, to, code, reason } = gap;
      const [start, end] = [x(from), Math.min(w - named, x(to))];
      const box = make(svg, "rect", {
        fill: `url(#hatch-${code})`,
        x: start,
        y: TOP,
        width: Math.max(1.5, end - start),
        height: h - BELOW - TOP,
      });
      make(box, "title", {}, gapWords(reason, [gap]));
    }
    for (const [first, last] of stretches(width, (value) => value !== null)) {
      const these = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      const edge = (sign) =>
        these.map((i) =>
          `${x(along[i]).toFixed(1)},${y(width[i] + sign * (U[i] ?? 0)).toFixed(1)}`
        );
      make(svg, "polygon", {
        class: "band",
        points: [...edge(1), ...edge(-1).reverse()].join(" "),
      });
      make(svg, "polyline", { class: "series", points: edge(0).join(" ") });
    }
    for (const limit of near) {
      make(svg, "line", {
        class: `limit limit-${limit.level}`,
        x1: LEFT,
        x2: w - named,
        y1: y(limit.mm),
        y2: y(limit.mm),
      });
      const inside = named < 20;
      make(svg, "text", {
        class: `limit-name-${limit.level}`,
        x: inside ? w - named - 2 : w - named + 6,
        y: y(limit.mm) + (inside ? -4 : 4),
        "text-anchor": inside ? "end" : "start",
      }, `${limit.code} ${formats.fixed(limit.mm, 2)}`);
    }
    const peak = crack.strip.widest;
    const tip = [x(along[peak]), y(width[peak]) - 5];
    const mark = make(svg, "path", { class: "widest", d: `M${tip[0]} ${tip[1]}l-5 -8h10z` });
    make(mark, "title", {}, crack.strip.pin);
    scales = { x, y, span, left: LEFT, right: w - named, bottom: h - BELOW };
    move(at ?? crack.strip.widest, at !== null);
  }

  function move(i, onPhoto = true) {
    svg.querySelector(".cursor")?.remove();
    cursor.clearLayers();
    if (!scales) return;
    at = onPhoto ? i : null;
    const { along, along_px: alongPx, width } = crack.strip;
    const group = make(svg, "g", { class: "cursor" });
    make(group, "line", {
      x1: scales.x(along[i]),
      x2: scales.x(along[i]),
      y1: 4,
      y2: scales.bottom,
    });
    if (width[i] !== null) {
      make(group, "circle", { cx: scales.x(along[i]), cy: scales.y(width[i]), r: 4.5 });
    }
    readout.textContent = words(i);
    if (!onPhoto) return;
    const here = across(crack.line, alongPx[i]);
    const reach = 22 / map.getZoomScale(map.getZoom(), map.options.nativeZoom);
    const end = (sign) => place(here.x + sign * reach * here.nx, here.y + sign * reach * here.ny);
    L.polyline([end(-1), end(1)], { className: "acrossline", interactive: false }).addTo(cursor);
    L.circleMarker(place(here.x, here.y), { radius: 5, className: "acrossdot", interactive: false })
      .addTo(cursor);
  }

  /** The widest place on the photo: a pin that mouse, touch and keys reach. */
  function putPin() {
    pin.clearLayers();
    if (!crack?.strip) {
      onPin(null);
      return;
    }
    const { widest, along_px: alongPx, pin: words } = crack.strip;
    const here = across(crack.line, alongPx[widest]);
    const icon = L.divIcon({ className: "widestpin", iconSize: [44, 44], iconAnchor: [22, 40] });
    onPin(place(here.x, here.y));
    L.marker(place(here.x, here.y), {
      icon,
      keyboard: true,
      title: words,
      alt: words,
      riseOnHover: true,
    })
      .on("click", () => move(widest)).addTo(pin);
  }

  /** Why stretches were left out: a legend to the hatches, and the list that is read aloud. */
  function legend() {
    const list = find("[data-left-out]");
    list.replaceChildren();
    if (!crack?.strip) return;
    for (const [reason, same] of byReason(gapsHere())) {
      const item = list.appendChild(document.createElement("li"));
      const key = make(item, "svg", { class: "key", "aria-hidden": "true" });
      make(key, "rect", { width: "100%", height: "100%", fill: `url(#hatch-${same[0].code})` });
      item.append(gapWords(reason, same));
    }
  }

  function table() {
    const { along, width, unit } = crack.strip;
    const [head, body] = [find("thead"), find("tbody")];
    const row = (parent, tag, cells) => {
      const tr = parent.insertRow();
      for (const cell of cells) {
        tr.append(Object.assign(document.createElement(tag), { textContent: cell }));
      }
    };
    head.replaceChildren();
    body.replaceChildren();
    row(head, "th", [say("along", { unit }), say("width", { unit })]);
    const step = Math.max(1, Math.ceil(along.length / 30));
    for (let i = 0; i < along.length; i += step) {
      row(body, "td", [
        formats.whole(along[i]),
        width[i] === null ? whyLeftOut(along[i]) : widthAt(i),
      ]);
    }
  }

  function show(key) {
    const next = cracks.find((each) => each.key === key) ?? cracks[0];
    if (next === crack) return;
    crack = next;
    at = null;
    find("h2").textContent = say("title", { crack: crack.name });
    const has = Boolean(crack.strip);
    svg.toggleAttribute("hidden", !has);
    find("[data-table]").hidden = !has;
    const why = find("[data-why]");
    why.hidden = has;
    why.textContent = has || !crack.why ? "" : `${crack.why.sentence} ${crack.why.remedy}`;
    svg.setAttribute("aria-label", crack.strip?.sentence ?? "");
    readout.textContent = "";
    cursor.clearLayers();
    draw();
    putPin();
    legend();
    if (has) table();
  }

  svg.addEventListener("pointermove", (event) => {
    if (!scales) return;
    const box = svg.getBoundingClientRect();
    const px = event.clientX - box.left;
    const along = ((px - scales.left) / (scales.right - scales.left)) * scales.span;
    move(nearest(crack.strip.along, along));
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (!step || !scales) return;
    event.preventDefault();
    const from = at ?? crack.strip.widest;
    move(Math.min(crack.strip.along.length - 1, Math.max(0, from + step)));
  });
  map.on("zoomend", () => {
    if (at !== null) move(at);
  });
  new ResizeObserver(draw).observe(svg);
  show(null);
  return {
    show,
    widest(key) {
      show(key);
      if (!crack?.strip) return;
      move(crack.strip.widest);
      const here = across(crack.line, crack.strip.along_px[crack.strip.widest]);
      map.setView(place(here.x, here.y), Math.max(map.getZoom(), map.options.nativeZoom));
    },
  };
}

// Told apart without colour: slope, density and shape.
const HATCHES = {
  end: { turn: 45, step: 7, bar: 1.4 },
  picture_edge: { turn: 90, step: 5, bar: 1.4 },
  junction: { turn: -45, step: 7, bar: 1.4, crossed: true },
  filled: { turn: 0, step: 4, bar: 1.8 },
  broken_edge: { turn: 0, step: 6, dot: 1.5 },
  unknown: { turn: 45, step: 6, bar: 2 },
};

function hatches(svg) {
  const defs = make(svg, "defs");
  for (const [code, { turn, step, bar, crossed, dot }] of Object.entries(HATCHES)) {
    const pattern = make(defs, "pattern", {
      id: `hatch-${code}`,
      width: step,
      height: step,
      patternUnits: "userSpaceOnUse",
      patternTransform: `rotate(${turn})`,
    });
    if (dot) make(pattern, "circle", { cx: step / 2, cy: step / 2, r: dot, class: "hatchline" });
    else make(pattern, "rect", { width: bar, height: step, class: "hatchline" });
    if (crossed) make(pattern, "rect", { width: step, height: bar, class: "hatchline" });
  }
}
