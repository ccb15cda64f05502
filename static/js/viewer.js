// The photo in a zooming viewer (Leaflet over tiles of the upright picture) with its cracks as lines
// and its areal defects as outlines. Neither covers what it marks: a halo, two coloured edges and a
// clear gap between them.

import { onKey } from "./keyboard.js";
import { UNGRADED } from "./levels.js";
import { formats } from "./numbers.js";
import { places, under } from "./sights.js";
import { onTheme, token } from "./tokens.js";
import { twoPointTool } from "./two-points.js";
import { widthStrip } from "./width-strip.js";

/* global L */

const HALO_PX = 13;
const EDGES_PX = 8;
const GAP_PX = 5;
const REACH_PX = 14; // of a click beside a line
const SELECTED = { halo: 15, edges: 10.6, gap: 6.4 };
// dotted, dashed, solid: the state reads without colour
const PATTERN = { 0: [1.5, 3], 1: [1.5, 5], 2: [9, 5], 3: [], 4: [], nm: [1.5, 9] };

const LineLayer = L.Layer.extend({
  initialize(sights, unproject) {
    this.sights = sights;
    this.unproject = unproject;
    this.selected = null;
    this.lines = true;
    this.labels = true;
    this.pin = null; // of the widest place: labels keep clear of it
  },

  onAdd(map) {
    this.map = map;
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide");
    this.canvas.setAttribute("aria-hidden", "true");
    map.getPanes().overlayPane.append(this.canvas);
    map.on("move zoomend resize viewreset", this.draw, this);
    this.draw();
  },

  onRemove(map) {
    map.off("move zoomend resize viewreset", this.draw, this);
    this.canvas.remove();
  },

  path(context, { line, closed }) {
    context.beginPath();
    line.forEach(([x, y], index) => {
      const point = this.map.latLngToContainerPoint(this.unproject(x, y));
      if (index) context.lineTo(point.x, point.y);
      else context.moveTo(point.x, point.y);
    });
    if (closed) context.closePath();
  },

  stroke(context, sight, width, colour, alpha, dash) {
    this.path(context, sight);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    context.setLineDash(dash);
    context.stroke();
  },

  draw() {
    const size = this.map.getSize();
    const ratio = window.devicePixelRatio || 1;
    const corner = this.map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(this.canvas, corner);
    this.canvas.width = size.x * ratio;
    this.canvas.height = size.y * ratio;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.lineJoin = "round";
    if (!this.lines) return;
    // Outlines first, so that no crack inside one is cut; what is selected last.
    const order = [...this.sights].sort((a, b) =>
      Number(a.key === this.selected) - Number(b.key === this.selected) ||
      Number(Boolean(b.closed)) - Number(Boolean(a.closed))
    );
    for (const sight of order) {
      const picked = sight.key === this.selected;
      const dash = PATTERN[sight.level ?? "nm"];
      const [halo, edges, gap] = picked
        ? [SELECTED.halo, SELECTED.edges, SELECTED.gap]
        : [HALO_PX, EDGES_PX, GAP_PX];
      context.lineCap = "round";
      this.stroke(context, sight, halo, token("--ln-halo"), dash.length ? 0.62 : 0.78, []);
      context.lineCap = "butt";
      this.stroke(context, sight, edges, token(`--ln-${sight.level ?? "nm"}`), 1, dash);
      context.globalCompositeOperation = "destination-out";
      context.lineCap = "round";
      this.stroke(context, sight, gap, "#000", 1, []);
      context.globalCompositeOperation = "source-over";
    }
    context.globalAlpha = 1;
    if (this.labels) this.drawLabels(context, size);
  },

  // Where buttons float over the photo: a label under them could not be read.
  bars() {
    const frame = this.map.getContainer();
    const { left, top } = frame.getBoundingClientRect();
    return [...frame.parentElement.querySelectorAll(".viewer-bar")].map((bar) => {
      const box = bar.getBoundingClientRect();
      return { x: box.left - left, y: box.top - top, w: box.width, h: box.height };
    });
  },

  // Plates stand beside what they name and give way when they would collide: selected first, then severity.
  drawLabels(context, size) {
    const taken = this.bars();
    if (this.pin) {
      const tip = this.map.latLngToContainerPoint(this.pin);
      taken.push({ x: tip.x - 11, y: tip.y - 27, w: 22, h: 30 });
    }
    const order = [...this.sights].sort(
      (a, b) =>
        Number(b.key === this.selected) - Number(a.key === this.selected) ||
        (b.level ?? UNGRADED) - (a.level ?? UNGRADED),
    );
    context.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    for (const sight of order) {
      const width = context.measureText(sight.label).width + 18;
      const height = 24;
      for (const [[x, y], sides] of places(sight, width, height)) {
        const at = this.map.latLngToContainerPoint(this.unproject(x, y));
        const free = sides
          .map(([dx, dy]) => ({ x: at.x + dx, y: at.y + dy, w: width, h: height }))
          .find((box) =>
            box.x > 2 && box.y > 2 && box.x + width < size.x - 2 && box.y + height < size.y - 2 &&
            !taken.some((t) =>
              box.x < t.x + t.w && t.x < box.x + width && box.y < t.y + t.h && t.y < box.y + height
            )
          );
        if (free) {
          taken.push(free);
          this.plate(context, free, sight);
          break;
        }
      }
    }
  },

  plate(context, box, sight) {
    context.globalAlpha = 0.94;
    context.setLineDash([]);
    context.fillStyle = token("--ln-halo");
    context.strokeStyle = token(`--ln-${sight.level ?? "nm"}`);
    context.lineWidth = sight.key === this.selected ? 2 : 1;
    context.beginPath();
    context.roundRect(box.x, box.y, box.w, box.h, 5);
    context.fill();
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = token("--viewer-ink");
    context.fillText(sight.label, box.x + 9, box.y + box.h / 2 + 0.5);
  },
});

function start(frame) {
  const data = JSON.parse(document.querySelector("#photo-data").textContent);
  const { width, height, maxZoom, tiles, cracks, scale } = data;
  const sights = [
    ...cracks,
    ...data.regions.map((region) => ({ ...region, line: region.outline, closed: true })),
  ];
  const map = L.map(frame, {
    crs: L.CRS.Simple,
    zoomControl: false,
    attributionControl: false,
    nativeZoom: maxZoom,
    zoomSnap: 0.25,
    minZoom: -3,
    maxZoom: maxZoom + 3,
    keyboard: true,
    zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  // (0, 0) is the centre of the first pixel, so its corner lies half a pixel away.
  const unproject = (x, y) => map.unproject([x + 0.5, y + 0.5], maxZoom);
  const pixel = (latlng) => {
    const { x, y } = map.project(latlng, maxZoom);
    return [x - 0.5, y - 0.5];
  };
  const bounds = L.latLngBounds(
    map.unproject([0, height], maxZoom),
    map.unproject([width, 0], maxZoom),
  );
  L.tileLayer(tiles, {
    tileSize: 256,
    minZoom: -3,
    maxZoom: maxZoom + 3,
    minNativeZoom: 0,
    maxNativeZoom: maxZoom,
    bounds,
    noWrap: true,
  }).addTo(map);
  map.setMaxBounds(bounds.pad(0.5));
  const fit = () => map.fitBounds(bounds, { animate: false });
  fit();
  const lines = new LineLayer(sights, unproject).addTo(map);
  onTheme(() => lines.draw());

  // What the scale rests on: cards and points, dashed and beside no crack.
  for (const corners of scale.cards) {
    L.polygon(corners.map(([x, y]) => unproject(x, y)), {
      className: "scalemark",
      interactive: false,
    }).addTo(map);
  }
  const given = scale.points && L.polyline(
    scale.points.at.map(([x, y]) => unproject(x, y)),
    { className: "scalemark", interactive: false },
  ).addTo(map);
  const onPin = (at) => {
    lines.pin = at;
    lines.draw();
  };
  const strip = widthStrip({ map, place: unproject, cracks, onPin });
  const tool = twoPointTool({
    map,
    place: unproject,
    pixel,
    width,
    height,
    given: scale.points,
    shown: given,
  });

  const say = document.querySelector("[data-zoom]");
  const showZoom = () => {
    if (say) say.textContent = formats.percent(2 ** (map.getZoom() - maxZoom));
    lines.draw(); // the bar has another width now, and labels keep clear of it
  };
  map.on("zoomend", showZoom);
  showZoom();

  const rows = [...document.querySelectorAll("[data-sight]")];
  function select(key, { pan = false, scroll = false } = {}) {
    const sight = sights.find((each) => each.key === key);
    lines.selected = key;
    if (!sight?.closed) strip?.show(key); // an area has no width along it: the strip stays
    for (const row of rows) {
      const mine = row.dataset.sight === key;
      row.toggleAttribute("data-selected", mine);
      const button = row.querySelector("button");
      if (button) button.setAttribute("aria-expanded", String(mine));
      if (mine && scroll) row.scrollIntoView({ block: "nearest" });
    }
    if (sight && pan) {
      const box = L.latLngBounds(sight.line.map(([x, y]) => unproject(x, y)));
      map.fitBounds(box.pad(0.4), { maxZoom, animate: map.options.zoomAnimation });
    }
    lines.draw();
  }
  for (const row of rows) {
    const key = row.dataset.sight;
    row.querySelector("button")?.addEventListener(
      "click",
      () => select(lines.selected === key ? null : key, { pan: lines.selected !== key }),
    );
    const drawn = cracks.some((each) => each.key === key);
    const widest = strip && drawn && row.querySelector("[data-widest]");
    if (widest) {
      widest.hidden = false;
      widest.addEventListener("click", () => strip.widest(key));
    }
    row.addEventListener("pointerenter", () => {
      if (lines.selected === null) {
        lines.selected = key;
        lines.draw();
        lines.selected = null;
      }
    });
    row.addEventListener("pointerleave", () => lines.draw());
  }
  map.on("click", (event) => {
    if (tool?.active) {
      tool.mark(event.latlng);
      return;
    }
    const onScreen = ([x, y]) => map.latLngToContainerPoint(unproject(x, y));
    const [best] = under(event.containerPoint, sights, onScreen, REACH_PX);
    select(best?.key ?? null, { scroll: true });
  });

  const does = {
    in: () => map.zoomIn(1),
    out: () => map.zoomOut(1),
    fit,
    full: () => map.setZoom(maxZoom),
    lines: (button) => {
      lines.lines = !lines.lines;
      pressed(button, lines.lines);
      frame.toggleAttribute("data-bare", !lines.lines);
      lines.draw();
    },
    labels: (button) => {
      lines.labels = !lines.labels;
      pressed(button, lines.labels);
      lines.draw();
    },
  };
  const pressed = (button, on) => button?.setAttribute("aria-pressed", String(on));
  const button = (name) => document.querySelector(`[data-viewer="${name}"]`);
  for (const name of Object.keys(does)) {
    button(name)?.addEventListener("click", (event) => does[name](event.currentTarget));
  }

  const keys = { h: "lines", l: "labels", 0: "fit", 1: "full", "+": "in", "-": "out" };
  for (const [key, name] of Object.entries(keys)) onKey(key, () => does[name](button(name)));
  const step = (by) => {
    const at = sights.findIndex((each) => each.key === lines.selected);
    const next = sights[(at + by + sights.length) % sights.length];
    if (next) select(next.key, { pan: true, scroll: true });
  };
  onKey("j", () => step(1));
  onKey("k", () => step(-1));
  if (tool) {
    onKey("t", () => tool.toggle());
    onKey("z", () => tool.active && tool.undo());
  }
  onKey("Escape", () => (tool?.active ? tool.close() : select(null)));
  const follow = (link) => (event) => event.shiftKey && document.querySelector(link)?.click();
  onKey("ArrowLeft", follow("[data-previous]"));
  onKey("ArrowRight", follow("[data-next]"));
  new ResizeObserver(() => map.invalidateSize()).observe(frame);
}

const frame = document.querySelector("#viewer");
if (frame) start(frame);
