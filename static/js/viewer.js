// The photo in a zooming viewer (Leaflet over tiles of the upright picture) with its cracks as lines.
// Lines never cover the crack they mark: a halo, two coloured edges and a clear gap between them.

import { distanceToStretch } from "./geometry.js";
import { onKey } from "./keyboard.js";
import { UNGRADED } from "./levels.js";
import { formats } from "./numbers.js";
import { onTheme, token } from "./tokens.js";
import { twoPointTool } from "./two-points.js";
import { widthStrip } from "./width-strip.js";

/* global L */

const HALO_PX = 13;
const EDGES_PX = 8;
const GAP_PX = 5;
const SELECTED = { halo: 15, edges: 10.6, gap: 6.4 };
// dotted, dashed, solid: the state reads without colour
const PATTERN = { 0: [1.5, 3], 1: [1.5, 5], 2: [9, 5], 3: [], 4: [], nm: [1.5, 9] };

const LineLayer = L.Layer.extend({
  initialize(cracks, unproject) {
    this.cracks = cracks;
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

  path(context, line) {
    context.beginPath();
    line.forEach(([x, y], index) => {
      const point = this.map.latLngToContainerPoint(this.unproject(x, y));
      if (index) context.lineTo(point.x, point.y);
      else context.moveTo(point.x, point.y);
    });
  },

  stroke(context, line, width, colour, alpha, dash) {
    this.path(context, line);
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
    const order = [...this.cracks].sort((a, b) =>
      Number(a.id === this.selected) - Number(b.id === this.selected)
    );
    for (const crack of order) {
      const picked = crack.id === this.selected;
      const dash = PATTERN[crack.level ?? "nm"];
      const [halo, edges, gap] = picked
        ? [SELECTED.halo, SELECTED.edges, SELECTED.gap]
        : [HALO_PX, EDGES_PX, GAP_PX];
      context.lineCap = "round";
      this.stroke(context, crack.line, halo, token("--ln-halo"), dash.length ? 0.62 : 0.78, []);
      context.lineCap = "butt";
      this.stroke(context, crack.line, edges, token(`--ln-${crack.level ?? "nm"}`), 1, dash);
      context.globalCompositeOperation = "destination-out";
      context.lineCap = "round";
      this.stroke(context, crack.line, gap, "#000", 1, []);
      context.globalCompositeOperation = "source-over";
    }
    context.globalAlpha = 1;
    if (this.labels) this.drawLabels(context, size);
  },

  // Where buttons float over the photo: a label under them could not be read.
  bars() {
    const frame = this.map.getContainer();
    const { left, top } = frame.getBoundingClientRect();
    return [...frame.parentElement.querySelectorAll(".vbar")].map((bar) => {
      const box = bar.getBoundingClientRect();
      return { x: box.left - left, y: box.top - top, w: box.width, h: box.height };
    });
  },

  // Plates stand beside the line and give way when they would collide: selected first, then severity.
  drawLabels(context, size) {
    const taken = this.bars();
    if (this.pin) {
      const tip = this.map.latLngToContainerPoint(this.pin);
      taken.push({ x: tip.x - 11, y: tip.y - 27, w: 22, h: 30 });
    }
    const order = [...this.cracks].sort(
      (a, b) =>
        Number(b.id === this.selected) - Number(a.id === this.selected) ||
        (b.level ?? UNGRADED) - (a.level ?? UNGRADED),
    );
    context.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    for (const crack of order) {
      const width = context.measureText(crack.label).width + 18;
      const height = 24;
      for (const share of [0.5, 0.3, 0.7, 0.12, 0.88]) {
        const [x, y] = crack.line[Math.floor((crack.line.length - 1) * share)];
        const at = this.map.latLngToContainerPoint(this.unproject(x, y));
        const sides = [[14, -height / 2], [-14 - width, -height / 2], [-width / 2, -14 - height], [
          -width / 2,
          14,
        ]];
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
          this.plate(context, free, crack);
          break;
        }
      }
    }
  },

  plate(context, box, crack) {
    context.globalAlpha = 0.94;
    context.setLineDash([]);
    context.fillStyle = token("--ln-halo");
    context.strokeStyle = token(`--ln-${crack.level ?? "nm"}`);
    context.lineWidth = crack.id === this.selected ? 2 : 1;
    context.beginPath();
    context.roundRect(box.x, box.y, box.w, box.h, 5);
    context.fill();
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = token("--viewer-ink");
    context.fillText(crack.label, box.x + 9, box.y + box.h / 2 + 0.5);
  },
});

function start(frame) {
  const data = JSON.parse(document.querySelector("#photo-data").textContent);
  const { width, height, maxZoom, tiles, cracks, scale } = data;
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
  const lines = new LineLayer(cracks, unproject).addTo(map);
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

  const rows = [...document.querySelectorAll("[data-measurement]")];
  function select(id, { pan = false, scroll = false } = {}) {
    lines.selected = id;
    strip?.show(id);
    for (const row of rows) {
      const mine = Number(row.dataset.measurement) === id;
      row.toggleAttribute("data-selected", mine);
      const button = row.querySelector("button");
      if (button) button.setAttribute("aria-expanded", String(mine));
      if (mine && scroll) row.scrollIntoView({ block: "nearest" });
    }
    const crack = cracks.find((each) => each.id === id);
    if (crack && pan) {
      const box = L.latLngBounds(crack.line.map(([x, y]) => unproject(x, y)));
      map.fitBounds(box.pad(0.4), { maxZoom, animate: map.options.zoomAnimation });
    }
    lines.draw();
  }
  for (const row of rows) {
    const id = Number(row.dataset.measurement);
    row.querySelector("button")?.addEventListener(
      "click",
      () => select(lines.selected === id ? null : id, { pan: lines.selected !== id }),
    );
    const widest = strip && row.querySelector("[data-widest]");
    if (widest) {
      widest.hidden = false;
      widest.addEventListener("click", () => strip.widest(id));
    }
    row.addEventListener("pointerenter", () => {
      if (lines.selected === null) {
        lines.selected = id;
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
    let best = null;
    let nearest = 14;
    for (const crack of cracks) {
      const points = crack.line.map(([x, y]) => map.latLngToContainerPoint(unproject(x, y)));
      for (let i = 1; i < points.length; i += 1) {
        const d = distanceToStretch(event.containerPoint, points[i - 1], points[i]);
        if (d < nearest) {
          nearest = d;
          best = crack.id;
        }
      }
    }
    select(best, { scroll: true });
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
    const at = cracks.findIndex((each) => each.id === lines.selected);
    const next = cracks[(at + by + cracks.length) % cracks.length];
    if (next) select(next.id, { pan: true, scroll: true });
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

  const wanted = Number(new URLSearchParams(location.search).get("measurement"));
  if (wanted) select(wanted, { pan: true, scroll: true });
}

const frame = document.querySelector("#viewer");
if (frame) start(frame);
