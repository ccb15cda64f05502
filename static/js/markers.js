// Assets and clusters on the map: fetched tile by tile, merged where they would lie on each other,
// drawn on one canvas. Those in view are real buttons as well, so that keys and readers reach them.

import { ViewportCanvas } from "./basemap.js";
import { tileOf } from "./cells.js";
import { apart, innerRadius, reach } from "./clusters.js";
import { ORDER, slices } from "./donut.js";
import { levelKey, rank } from "./levels.js";
import { formats } from "./numbers.js";
import { endSession, sessionEnded } from "./session.js";
import { drawSymbol, markerSize } from "./severity.js";
import { onTheme, token, veiled } from "./tokens.js";
import { wordsOf } from "./words.js";

/* global L */

// The API cuts a tile into 8 × 8 cells. Asking one zoom lower puts clusters 64 px apart.
const OUTER = { none: 4, 0: 4, 1: 5.5, 2: 7.5, 3: 10, 4: 13, nm: 4 }; // ring part by severity, px
const MERGE_BELOW_ZOOM = 16;
const MOST_BUTTONS = 150;

/** One feature of the API as a thing on the map. */
const thing = (feature) => {
  const [longitude, latitude] = feature.geometry.coordinates;
  const p = feature.properties;
  const counts = {};
  for (const [level, n] of Object.entries(p.counts ?? { [p.worst_level]: 1 })) {
    counts[levelKey(Number(level))] = n;
  }
  return {
    asset: p.cluster ? null : { ...p, level: p.worst_level },
    count: p.count ?? 1,
    counts,
    latitude,
    longitude,
    box: feature.bbox ?? [longitude, latitude, longitude, latitude],
  };
};

const drawDonut = (pen, it, x, y, family) => {
  const inner = innerRadius(it.count);
  pen.save();
  pen.shadowColor = "rgba(0, 0, 0, .3)";
  pen.shadowBlur = 4;
  pen.shadowOffsetY = 1;
  pen.fillStyle = token("--surface");
  pen.beginPath();
  pen.arc(x, y, inner + 4.5, 0, 2 * Math.PI);
  pen.fill();
  pen.restore();
  for (const { key, from, to } of slices(it.counts)) {
    pen.beginPath();
    pen.arc(x, y, inner + OUTER[key], from, to);
    pen.arc(x, y, inner, to, from, true);
    pen.closePath();
    pen.fillStyle = token(`--sev-${key}`);
    pen.fill();
    pen.strokeStyle = token("--surface");
    pen.lineWidth = 1.6;
    pen.stroke();
  }
  pen.fillStyle = token("--ink");
  pen.font = `700 ${it.count > 999 ? 11 : 13}px ${family}`;
  pen.textAlign = "center";
  pen.fillText(formats.whole(it.count), x, y + 4.6);
};

const drawSelected = (pen, x, y) => {
  pen.beginPath();
  pen.arc(x, y, 27, 0, 2 * Math.PI);
  pen.fillStyle = veiled("--accent", 0.16);
  pen.fill();
  pen.strokeStyle = token("--accent");
  pen.lineWidth = 3;
  pen.stroke();
};

const drawLabel = (pen, text, x, y, gap, taken, family, view) => {
  pen.font = `650 12px ${family}`;
  const wide = pen.measureText(text).width;
  const places = [
    [x + gap, y],
    [x - gap - wide, y],
  ];
  for (const [left, middle] of places) {
    const box = [left - 3, middle - 9, left + wide + 3, middle + 9];
    if (box[0] < view.left || box[2] > view.width) continue;
    if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) {
      continue;
    }
    taken.push(box);
    pen.textAlign = "left";
    pen.strokeStyle = token("--map-land");
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, left, middle + 4);
    pen.fillStyle = token("--ink");
    pen.fillText(text, left, middle + 4);
    return;
  }
};

const worst = (it) => Math.max(...Object.keys(it.counts).map(rank));

export const Markers = ViewportCanvas.extend({
  /** options: covered() (pixels of the map below a panel, from the left), api ("/api/v1/map/{z}/{x}/{y}/"), onSelect(asset), onStatus(sentence). */
  onAdd(map) {
    this._say = wordsOf("markers");
    this._things = [];
    this._cache = new Map();
    this._query = this.options.query ?? "";
    this._buttons = L.DomUtil.create("div", "markbuttons");
    map.getPane("markerPane").append(this._buttons);
    ViewportCanvas.prototype.onAdd.call(this, map);
    map.on("moveend", this._load, this);
    map.on("dragstart", () => (this._dragged = true));
    this._buttons.addEventListener("pointerdown", () => (this._dragged = false));
    this._buttons.addEventListener("click", (event) => this._press(event));
    this._buttons.addEventListener("keydown", () => (this._dragged = false));
    onTheme(() => this.redraw());
    this._load();
  },

  /** Other filters: everything is fetched again. */
  setQuery(query) {
    this._query = query;
    this.reload();
  },

  reload() {
    this._cache.clear();
    this._load();
  },

  /** Something changed in these map cells: the tiles that hold one are fetched again, no others. */
  forget(cells) {
    const holds = (tile) => cells.some((cell) => tileOf(cell, Number(tile.split("/")[0])) === tile);
    const held = new Set([...this._cache.keys()].filter(holds));
    for (const tile of held) this._cache.delete(tile);
    if (this._tiles().some((tile) => held.has(tile))) this._load();
  },

  select(id) {
    this._selected = id;
    this.redraw();
  },

  /** The tiles that cover the view, with the world wrapped. */
  _tiles() {
    const zoom = Math.max(0, Math.min(22, Math.round(this._map.getZoom()) - 1));
    const bounds = this._map.getBounds().pad(0.1);
    const n = 2 ** zoom;
    const corner = (point) => {
      const p = this._map.options.crs.latLngToPoint(point, zoom);
      return [Math.floor(p.x / 256), Math.max(0, Math.min(n - 1, Math.floor(p.y / 256)))];
    };
    const [x0, y0] = corner(bounds.getNorthWest());
    const [x1, y1] = corner(bounds.getSouthEast());
    const tiles = new Set();
    for (let x = x0; x <= Math.min(x1, x0 + n - 1); x += 1) {
      for (let y = y0; y <= y1; y += 1) tiles.add(`${zoom}/${((x % n) + n) % n}/${y}`);
    }
    return [...tiles];
  },

  _fetch(tile) {
    if (!this._cache.has(tile)) {
      const address = this.options.api + `${tile}/?${this._query}`;
      const answer = fetch(address, { headers: { Accept: "application/json" } }).then((reply) => {
        if (reply.status === 401) endSession();
        if (!reply.ok) throw new Error(String(reply.status));
        return reply.json();
      });
      answer.catch(() => this._cache.delete(tile));
      this._cache.set(tile, answer);
    }
    return this._cache.get(tile);
  },

  async _load() {
    if (sessionEnded()) return;
    const turn = (this._turn = (this._turn ?? 0) + 1);
    try {
      const answers = await Promise.all(this._tiles().map((tile) => this._fetch(tile)));
      if (turn !== this._turn || !this._map) return;
      this._raw = answers.flatMap((answer) => answer.features.map(thing));
      this.options.onStatus?.("");
    } catch {
      if (turn === this._turn) this.options.onStatus?.(this._say("failed"));
      return;
    }
    this.redraw();
  },

  _covered() {
    return this.options.covered?.() ?? 0;
  },

  /** Where a thing is: in the copy of the world that is in view, else the one nearest to it. */
  _place(it) {
    const bounds = this._map.getBounds();
    const free = (this._covered() + this._map.getSize().x) / 2;
    const middle = this._map.containerPointToLatLng([free, 0]).lng;
    const near = Math.round((middle - it.longitude) / 360);
    for (const turn of [near, near + 1, near - 1]) {
      const at = it.longitude + 360 * turn;
      if (at >= bounds.getWest() && at <= bounds.getEast()) return L.latLng(it.latitude, at);
    }
    return L.latLng(it.latitude, it.longitude + 360 * near);
  },

  _paint() {
    const view = this.view();
    const pen = this._pen;
    pen.clearRect(0, 0, view.width, view.height);
    const zoom = this._map.getZoom();
    const at = (it) => this._map.project(this._place(it), zoom);
    const raw = this._raw ?? [];
    const inside = (it) => {
      const p = at(it);
      return p.x > view.x && p.x < view.x + view.width && p.y > view.y &&
        p.y < view.y + view.height;
    };
    const visible = raw.filter(inside);
    const chosen = visible.filter((it) => it.asset && it.asset.id === this._selected);
    const rest = visible.filter((it) => !chosen.includes(it));
    this._things = [...(zoom < MERGE_BELOW_ZOOM ? apart(rest, at) : rest), ...chosen];
    this._things.sort((a, b) => worst(a) - worst(b));
    const family = getComputedStyle(document.documentElement).getPropertyValue("--font");
    const taken = [];
    const covered = this._map.containerPointToLayerPoint([this._covered(), 0]).x;
    view.left = covered - this._bounds.min.x; // names do not run below the panel
    for (const it of this._things) {
      const p = at(it);
      const x = p.x - view.x;
      const y = p.y - view.y;
      const selected = Boolean(it.asset) && it.asset.id === this._selected;
      if (selected) drawSelected(pen, x, y);
      if (it.asset) drawSymbol(pen, it.asset.level, x, y, markerSize(it.asset.level, selected));
      else drawDonut(pen, it, x, y, family);
      taken.push([x - reach(it), y - reach(it), x + reach(it), y + reach(it)]);
    }
    for (const it of [...this._things].reverse()) {
      if (!it.asset) continue;
      const p = at(it);
      const gap = it.asset.id === this._selected ? 34 : 20;
      drawLabel(pen, it.asset.name, p.x - view.x, p.y - view.y, gap, taken, family, view);
    }
    this._drawButtons();
  },

  _label(it) {
    const level = (key) => this._say(`level_${key}`);
    if (it.asset) {
      const { name, code } = it.asset;
      return this._say("asset", { name, code, level: level(levelKey(it.asset.level)) });
    }
    const parts = [...ORDER].reverse().filter((key) => it.counts[key]);
    const levels = parts.map((key) =>
      this._say("of_level", { count: it.counts[key], level: level(key) })
    );
    return this._say("cluster", { n: it.count, levels: formats.list(levels) });
  },

  _drawButtons() {
    const held = document.activeElement?.dataset?.thing;
    const shown = [...this._things].reverse().slice(0, MOST_BUTTONS);
    this._buttons.replaceChildren(
      ...shown.map((it) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "markbtn";
        button.setAttribute("aria-label", this._label(it));
        if (it.asset) button.title = it.asset.name;
        button.dataset.thing = it.asset ? `a${it.asset.id}` : `c${it.box.join()}`;
        if (it.asset && it.asset.id === this._selected) button.setAttribute("aria-pressed", "true");
        L.DomUtil.setPosition(button, this._map.latLngToLayerPoint(this._place(it)));
        button.thing = it;
        return button;
      }),
    );
    if (held) {
      this._buttons.querySelector(`[data-thing="${CSS.escape(held)}"]`)?.focus({
        preventScroll: true,
      });
    }
  },

  _press(event) {
    const it = event.target.closest(".markbtn")?.thing;
    event.stopPropagation(); // else the map would take it for a click beside the marker
    if (!it || this._dragged) return;
    if (it.asset) {
      this.select(it.asset.id);
      this.options.onSelect(it.asset, this._place(it));
      return;
    }
    const [west, south, east, north] = it.box;
    const shift = this._place(it).lng - it.longitude;
    const box = L.latLngBounds([south, west + shift], [north, east + shift]);
    const zoom = Math.min(this._map.getBoundsZoom(box, false, L.point(160, 160)), 18);
    if (zoom <= this._map.getZoom()) {
      this._map.setView(this._place(it), Math.min(18, this._map.getZoom() + 2));
    } else this.options.onCluster(box);
  },
});
