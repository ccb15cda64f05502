// The bundled map of the world: Natural Earth shapes drawn on one canvas in the colours of the
// theme, so that no page needs a tile server. Shapes and their origin: ../basemap/README.md.

import { onTheme, token } from "./tokens.js";

/* global L */

const TILE = 256;

const mercator = (longitude, latitude) => {
  const clamped = Math.max(-85.05, Math.min(85.05, latitude));
  const s = Math.sin((clamped * Math.PI) / 180);
  return [longitude / 360 + 0.5, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
};

/** Unpacks [x0, y0, dx1, dy1, …] to world coordinates 0…1 with their box. */
const unpack = (packed, step) => {
  const points = new Float64Array(packed.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let x = 0;
  let y = 0;
  for (let i = 0; i < packed.length; i += 2) {
    x += packed[i];
    y += packed[i + 1];
    const [u, v] = mercator(x * step, y * step);
    points[i] = u;
    points[i + 1] = v;
    box[0] = Math.min(box[0], u);
    box[1] = Math.min(box[1], v);
    box[2] = Math.max(box[2], u);
    box[3] = Math.max(box[3], v);
  }
  return { points, box };
};

let shapes = null;

/** Fetches and unpacks the shapes once a page. */
export const loadShapes = (address) => {
  shapes ??= fetch(address)
    .then((answer) => answer.json())
    .then((world) => {
      const all = (lines) => lines.map((line) => unpack(line, world.step));
      return {
        land: all(world.land),
        borders: all(world.borders),
        lakes: all(world.lakes),
        rivers: all(world.rivers),
        countries: world.countries,
        cities: world.cities,
      };
    });
  return shapes;
};

/** Cuts a ring of screen points by one side of the frame (Sutherland and Hodgman 1974). */
const cut = (ring, axis, limit, keepAbove) => {
  const out = [];
  const inside = (i) => (keepAbove ? ring[i + axis] >= limit : ring[i + axis] <= limit);
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    if (inside(i) !== inside(j)) {
      const t = (limit - ring[j + axis]) / (ring[i + axis] - ring[j + axis]);
      out.push(ring[j] + t * (ring[i] - ring[j]), ring[j + 1] + t * (ring[i + 1] - ring[j + 1]));
    }
    if (inside(i)) out.push(ring[i], ring[i + 1]);
  }
  return out;
};

/** World coordinates to screen points without those closer than half a pixel. */
const onScreen = (points, view) => {
  const out = [];
  let lastX = Infinity;
  let lastY = Infinity;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] * view.scale - view.x;
    const y = points[i + 1] * view.scale - view.y;
    if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.7 && i + 2 < points.length) continue;
    out.push(x, y);
    lastX = x;
    lastY = y;
  }
  return out;
};

const misses = (box, view) =>
  box[2] * view.scale - view.x < -4 ||
  box[0] * view.scale - view.x > view.width + 4 ||
  box[3] * view.scale - view.y < -4 ||
  box[1] * view.scale - view.y > view.height + 4;

const tracePath = (pen, flat, close) => {
  for (let i = 0; i < flat.length; i += 2) {
    if (i === 0) pen.moveTo(flat[0], flat[1]);
    else pen.lineTo(flat[i], flat[i + 1]);
  }
  if (close) pen.closePath();
};

const fill = (pen, rings, view, colour) => {
  pen.fillStyle = colour;
  pen.beginPath();
  for (const ring of rings) {
    if (misses(ring.box, view)) continue;
    let flat = onScreen(ring.points, view);
    flat = cut(flat, 0, -8, true);
    flat = cut(flat, 0, view.width + 8, false);
    flat = cut(flat, 1, -8, true);
    flat = cut(flat, 1, view.height + 8, false);
    if (flat.length >= 6) tracePath(pen, flat, true);
  }
  pen.fill("evenodd");
};

const stroke = (pen, lines, view, colour, width, dash = []) => {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  for (const line of lines) {
    if (!misses(line.box, view)) tracePath(pen, onScreen(line.points, view), false);
  }
  pen.stroke();
  pen.setLineDash([]);
};

/** Writes names that do not run into each other, the most important first. */
const write = (pen, names, view, taken) => {
  for (const { text, longitude, latitude, font, colour, dot } of names) {
    const [u, v] = mercator(longitude, latitude);
    const x = u * view.scale - view.x;
    const y = v * view.scale - view.y;
    if (x < -60 || y < -20 || x > view.width + 60 || y > view.height + 20) continue;
    pen.font = font;
    const half = pen.measureText(text).width / 2 + 6;
    const centre = dot ? x + half + 3 : x;
    const frame = [centre - half, y - 10, centre + half, y + 10];
    if (
      taken.some((t) => frame[0] < t[2] && frame[2] > t[0] && frame[1] < t[3] && frame[3] > t[1])
    ) continue;
    taken.push(frame);
    pen.strokeStyle = token("--map-land");
    pen.lineWidth = 3.5;
    pen.lineJoin = "round";
    pen.strokeText(text, centre, y + 4);
    pen.fillStyle = colour;
    pen.fillText(text, centre, y + 4);
    if (dot) {
      pen.beginPath();
      pen.arc(x, y, 2.2, 0, 2 * Math.PI);
      pen.fill();
    }
  }
};

const namesAt = (world, zoom) => {
  const ink = token("--map-ink");
  const family = getComputedStyle(document.documentElement).getPropertyValue("--font");
  const names = [];
  if (zoom >= 2 && zoom < 8) {
    const smallest = 700 / 4 ** (zoom - 2);
    for (const [text, longitude, latitude, size] of world.countries) {
      if (size < smallest) break;
      names.push({ text, longitude, latitude, font: `600 12px ${family}`, colour: ink });
    }
  }
  if (zoom >= 4.5) {
    for (const [text, longitude, latitude] of world.cities) {
      names.push({ text, longitude, latitude, font: `500 11px ${family}`, colour: ink, dot: true });
    }
  }
  return names;
};

const paint = (pen, world, view, zoom) => {
  pen.fillStyle = token("--map-water");
  pen.fillRect(0, 0, view.width, view.height);
  const taken = [];
  const left = Math.floor(view.x / view.scale) - 1; // shapes across the date line reach beyond it
  const right = Math.floor((view.x + view.width) / view.scale) + 1;
  for (let copy = left; copy <= right; copy += 1) {
    const here = { ...view, x: view.x - copy * view.scale };
    fill(pen, world.land, here, token("--map-land"));
    fill(pen, world.lakes, here, token("--map-water"));
    if (zoom >= 4) stroke(pen, world.rivers, here, token("--map-water"), zoom >= 6 ? 1.8 : 1.1);
    stroke(pen, world.borders, here, token("--map-rail"), 1, [5, 3]);
  }
  pen.textAlign = "center";
  for (let copy = left; copy <= right; copy += 1) {
    write(pen, namesAt(world, zoom), { ...view, x: view.x - copy * view.scale }, taken);
  }
};

/** A Leaflet layer that paints one canvas a little larger than the map, again after each move. */
export const ViewportCanvas = L.Renderer.extend({
  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._pen = this._container.getContext("2d");
  },
  _destroyContainer() {
    this._container.remove();
  },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * ratio);
    this._container.height = Math.round(size.y * ratio);
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._paint();
  },
  redraw() {
    if (this._map) this._update();
    return this;
  },
  /** Where the canvas lies in the world: scale and top-left corner, in world pixels. */
  view() {
    const origin = this._map.getPixelOrigin().add(this._bounds.min);
    const size = this._bounds.getSize();
    return {
      scale: TILE * 2 ** this._map.getZoom(),
      x: origin.x,
      y: origin.y,
      width: size.x,
      height: size.y,
    };
  },
});

const Basemap = ViewportCanvas.extend({
  onAdd(map) {
    ViewportCanvas.prototype.onAdd.call(this, map);
    loadShapes(this.options.address).then((world) => {
      this._world = world;
      this.redraw();
    });
    onTheme(() => this.redraw());
  },
  _paint() {
    if (this._world) paint(this._pen, this._world, this.view(), this._map.getZoom());
  },
});

/** The bundled basemap, or the operator's tiles where there is an address for them. */
export const addBasemap = (map, { tiles, attribution, shapes: address }) => {
  if (tiles) {
    return L.tileLayer(tiles, { attribution, className: "basetiles", maxZoom: 19 }).addTo(map);
  }
  map.getPane("tilePane").classList.add("bundled");
  return new Basemap({ pane: "tilePane", padding: 0.25, address }).addTo(map);
};
