// The map of the asset form: a press gives the position, and the time zone of the nearest town.

import { loadShapes } from "./basemap.js";
import { NONE_OPEN } from "./levels.js";
import { smallMap } from "./minimap.js";
import { readNumber } from "./numbers.js";

/* global L */

const frame = document.querySelector("#pickmap");
const latitude = document.querySelector("#id_latitude");
const longitude = document.querySelector("#id_longitude");
const zone = document.querySelector("#id_time_zone");
let zoneChosen = Boolean(latitude.value); // what a person chose stays

frame.hidden = false;
document.querySelector("#pickhint").hidden = false;

const typed = () => {
  const at = [latitude, longitude].map((field) => readNumber(field.value));
  return at.every(Number.isFinite) && Math.abs(at[0]) <= 90 && Math.abs(at[1]) <= 180 ? at : null;
};

const at = typed();
const { map, layer } = smallMap(frame, { at, level: NONE_OPEN, zoom: at ? 8 : 2 });

const suggestZone = async ([lat, lng]) => {
  if (zoneChosen) return;
  const { cities } = await loadShapes(frame.dataset.basemap);
  const here = L.latLng(lat, lng);
  const near = cities
    .map(([, east, north, name]) => [here.distanceTo([north, east]), name])
    .reduce((a, b) => (b[0] < a[0] ? b : a));
  if ([...zone.options].some((option) => option.value === near[1])) zone.value = near[1];
};

const mark = (place) => {
  layer.options.at = L.latLng(place);
  layer.options.level = NONE_OPEN;
  layer.redraw();
  suggestZone(place);
};

map.on("click", (event) => {
  const { lat, lng } = event.latlng.wrap();
  latitude.value = lat.toFixed(5);
  longitude.value = lng.toFixed(5);
  mark([lat, lng]);
});
zone.addEventListener("change", () => (zoneChosen = true));
for (const field of [latitude, longitude]) {
  field.addEventListener("change", () => {
    const place = typed();
    if (!place) return;
    mark(place);
    map.setView(place, Math.max(map.getZoom(), 6));
  });
}
