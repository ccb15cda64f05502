// A small still map with one marker: where an asset stands.

import { addBasemap, ViewportCanvas } from "./basemap.js";
import { drawSymbol, markerSize } from "./severity.js";
import { onTheme } from "./tokens.js";

/* global L */

const One = ViewportCanvas.extend({
  _paint() {
    const view = this.view();
    const at = this._map.project(this.options.at);
    const { level } = this.options;
    this._pen.clearRect(0, 0, view.width, view.height);
    if (level !== undefined) {
      drawSymbol(this._pen, level, at.x - view.x, at.y - view.y, markerSize(level, false));
    }
  },
});

/** A map without controls; `at` and `level` draw one marker. Returns the map and its marker layer. */
export const smallMap = (frame, { at, level, zoom, still = false }) => {
  const map = L.map(frame, {
    zoomControl: false,
    attributionControl: false,
    minZoom: 1,
    maxZoom: 18,
    zoomSnap: 0.5,
    worldCopyJump: true,
    ...(still && {
      dragging: false,
      scrollWheelZoom: false,
      doubleClickZoom: false,
      boxZoom: false,
      keyboard: false,
      touchZoom: false,
    }),
  }).setView(at ?? [25, 10], zoom);
  addBasemap(map, { tiles: frame.dataset.tiles, attribution: "", shapes: frame.dataset.basemap });
  const layer = new One({
    pane: "overlayPane",
    padding: 0.2,
    at: L.latLng(at ?? [0, 0]),
    level: at ? level : undefined,
  });
  layer.addTo(map);
  onTheme(() => layer.redraw());
  return { map, layer };
};
