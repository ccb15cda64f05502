// The portfolio: map, list that follows its extent, filters, one selected asset.

import { addBasemap } from "./basemap.js";
import { placeOf } from "./cells.js";
import { onKey } from "./keyboard.js";
import { Markers } from "./markers.js";
import { formats } from "./numbers.js";
import { roundBelow } from "./round-steps.js";
import { holds, wrapped } from "./world.js";

/* global L, htmx */

const frame = document.querySelector("#map");
const form = document.querySelector("#filters");
const panel = document.querySelector("#panel");
const card = document.querySelector("#card");
const status = document.querySelector("#mapstatus");
const phone = matchMedia("(max-width: 760px)");

const map = L.map(frame, {
  zoomControl: false,
  attributionControl: false,
  minZoom: 2,
  maxZoom: 19,
  zoomSnap: 0.5,
  worldCopyJump: true,
  maxBounds: [
    [-89, -Infinity],
    [89, Infinity],
  ],
});

/** What the panel, the search and the sheet leave free of the map, in pixels from each side. */
const margins = () => {
  if (phone.matches) {
    return { left: 20, top: 130, right: 20, bottom: Math.min(panel.offsetHeight, 320) + 20 };
  }
  const side = panel.closest(".mapside").getBoundingClientRect();
  return {
    left: side.right - frame.getBoundingClientRect().left + 40,
    top: 60,
    right: 90,
    bottom: 80,
  };
};

const fit = (box) => {
  const { left, top, right, bottom } = margins();
  map.fitBounds(box, {
    paddingTopLeft: [left, top],
    paddingBottomRight: [right, bottom],
    maxZoom: 14,
  });
};

const remembered = () => {
  try {
    return JSON.parse(sessionStorage.getItem("map-view"));
  } catch {
    return null;
  }
};
const remember = () => {
  const { lat, lng } = map.getCenter();
  sessionStorage.setItem("map-view", JSON.stringify([lat, lng, map.getZoom()]));
};

const wholeExtent = () => {
  const extent = frame.dataset.extent.split(",").map(Number);
  return extent.length === 4
    ? L.latLngBounds([extent[1], extent[0]], [extent[3], extent[2]])
    : null;
};

const start = () => {
  const [lat, lng, zoom] = remembered() ?? [];
  if (Number.isFinite(zoom) && !location.search) map.setView([lat, lng], zoom);
  else if (wholeExtent()) fit(wholeExtent());
  else map.setView([25, 10], 2.5);
};

/** The filters as the API and the list take them. */
const query = () => {
  const chosen = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) chosen.append(name, String(value));
  return chosen;
};

/**
 * West, south, east, north of what the panel leaves to be seen.
 *
 * @returns {[number, number, number, number]}
 */
const visibleBox = () => {
  const size = map.getSize();
  const left = phone.matches ? 0 : Math.max(0, margins().left - 40);
  const a = map.containerPointToLatLng([left, 0]);
  const b = map.containerPointToLatLng([size.x, size.y]);
  if (b.lng - a.lng >= 360) return [-180, b.lat, 180, a.lat];
  return [wrapped(a.lng), b.lat, wrapped(b.lng), a.lat];
};

let timer = 0;
let countsAreOld = false; // of the filters
let wholeList = false; // is to be fetched, not only changed rows
const changedRows = new Set();
const fetchList = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const chosen = query();
    if (!wholeList) chosen.set("rows", [...changedRows].join());
    countsAreOld = wholeList = false;
    changedRows.clear();
    chosen.set("box", visibleBox().map((value) => value.toFixed(5)).join(","));
    htmx.ajax("GET", `${frame.dataset.list}?${chosen}`, { target: "#assets", swap: "innerHTML" });
  }, wait);
};
const refreshList = (wait = 160) => {
  wholeList = true;
  fetchList(wait);
};
const refreshRows = (ids) => {
  for (const id of ids) changedRows.add(id);
  fetchList(0);
};
const list = document.querySelector("#assets");
/** Rows that did not change come as a mark of their place: the ones that are here move there. */
list.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== list || event.detail.isError) return;
  const fresh = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  const marks = [...fresh.querySelectorAll("[data-kept]")];
  const rows = marks.map((mark) =>
    document.getElementById(`asset-${mark.dataset.kept}`)?.closest("li")
  );
  if (rows.every(Boolean)) {
    marks.forEach((mark, n) => mark.replaceWith(rows[n].cloneNode(true)));
    if (marks.length) event.detail.serverResponse = fresh.body.innerHTML;
    return;
  }
  event.detail.shouldSwap = false;
  refreshList(0);
});
for (const failed of ["htmx:responseError", "htmx:sendError"]) {
  list.addEventListener(failed, () => {
    wholeList = true;
  });
}

start();
addBasemap(map, {
  tiles: frame.dataset.tiles,
  attribution: frame.dataset.attribution,
  shapes: frame.dataset.basemap,
});

let anchor = null; // where the selected asset is on the map

/** On a desk the card stands above its marker, or below where there is no room; phones: a sheet. */
const placeCard = () => {
  if (card.hidden || !anchor) return;
  if (phone.matches) {
    card.style.left = card.style.top = "";
    return;
  }
  const point = map.latLngToContainerPoint(anchor);
  const size = map.getSize();
  const { left } = margins();
  const x = Math.max(
    left - 24,
    Math.min(size.x - card.offsetWidth - 64, point.x - card.offsetWidth / 2),
  );
  const above = point.y - card.offsetHeight - 36;
  card.style.left = `${x}px`;
  card.style.top = `${
    above > 12 ? above : Math.min(point.y + 36, size.y - card.offsetHeight - 12)
  }px`;
};

const deselect = () => {
  anchor = null;
  card.hidden = true;
  document.body.classList.remove("carded");
  markers.select(null);
};

const select = async (asset, place) => {
  anchor = place;
  await htmx.ajax("GET", asset.card ?? `${frame.dataset.card}${asset.id}/card/`, {
    target: "#card",
    swap: "innerHTML",
  });
  card.hidden = false;
  document.body.classList.add("carded");
  placeCard();
  if (phone.matches) map.panTo(place);
};

const markers = new Markers({
  pane: "overlayPane",
  padding: 0.2,
  api: frame.dataset.api,
  query: String(query()),
  covered: () => (phone.matches ? 0 : margins().left - 40),
  onSelect: select,
  onCluster: fit,
  onStatus: (sentence) => {
    status.textContent = sentence;
    status.hidden = !sentence;
  },
}).addTo(map);

map.on("move zoomend resize", placeCard);
map.on("click", deselect);
map.on("moveend", () => {
  remember();
  refreshList();
});
onKey("Escape", () => {
  const open = !card.hidden;
  deselect();
  return open;
});
card.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) deselect();
});

/** Zooms about the middle of what the panel leaves to be seen. */
const zoomBy = (steps) => {
  const { left, top, right, bottom } = margins();
  const size = map.getSize();
  const middle = L.point((left + size.x - right) / 2, (top + size.y - bottom) / 2);
  map.setZoomAround(middle, map.getZoom() + steps);
};
document.querySelector("#zoom-in").addEventListener("click", () => zoomBy(1));
document.querySelector("#zoom-out").addEventListener("click", () => zoomBy(-1));
document.querySelector("#zoom-all").addEventListener(
  "click",
  () => wholeExtent() && fit(wholeExtent()),
);

// Filters: the address, the map and the list change together; the page itself stays.
const apply = () => {
  const chosen = query();
  history.replaceState(null, "", chosen.size ? `?${chosen}` : location.pathname);
  deselect();
  markers.setQuery(String(chosen));
  refreshList(0);
};
let typing = 0;
form.addEventListener("change", apply);
document.querySelector("#find").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(apply, 250);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  apply();
});
document.querySelector("#assets").addEventListener("click", (event) => {
  if (!event.target.closest("[data-clear]")) return;
  event.preventDefault();
  for (const box of form.querySelectorAll("input:checked")) box.checked = false;
  document.querySelector("#find").value = "";
  apply();
  if (wholeExtent()) fit(wholeExtent());
});

// Phones: the list is a sheet that one button opens and closes.
const grip = document.querySelector("#grip");
grip.addEventListener("click", () => {
  const open = panel.classList.toggle("open");
  grip.setAttribute("aria-expanded", String(open));
});

// Something new was recorded. Of the map, the tiles that hold it are fetched again; the list, where it
// is in view, and not while somebody is about to press a row. Elsewhere only the filters' counts have
// changed: they are counted again when somebody comes to them.
const inView = (cell) => holds(visibleBox(), placeOf(cell));
document.body.addEventListener("news", ({ detail: news }) => {
  const shown = news.assets.filter((asset) => asset.on_map);
  const cells = shown.flatMap((asset) => asset.map_cells);
  if (news.everything) markers.reload();
  else markers.forget(cells);
  if (!news.everything && !cells.some(inView)) countsAreOld ||= cells.length > 0;
  else if (list.matches(":hover, :focus-within")) {
    document.querySelector("#listnews").hidden = false;
  } else if (news.everything) refreshList(0);
  else refreshRows(shown.map((asset) => asset.id));
});
for (const coming of ["pointerenter", "focusin"]) {
  panel.closest(".mapside").addEventListener(coming, () => {
    if (countsAreOld) refreshList(0);
  });
}
document.querySelector("#listnews").addEventListener("click", (event) => {
  event.currentTarget.hidden = true;
  refreshList(0);
});

// The scale bar: the longest round distance of at most 84 pixels.
const bar = document.querySelector("#scalebar");
const drawScale = () => {
  const y = map.getSize().y - 20;
  const metres = map.containerPointToLatLng([100, y]).distanceTo(
    map.containerPointToLatLng([184, y]),
  );
  const round = roundBelow(metres);
  bar.querySelector("i").style.width = `${(84 * round) / metres}px`;
  const [value, unit] = round >= 1000 ? [round / 1000, "km"] : [round, "m"];
  bar.querySelector("span").textContent = formats.quantity(value, unit);
};
map.on("zoomend moveend", drawScale);
drawScale();
refreshList(0);
