// Draws the figures that the server sends: puts the colours of the theme in the place of token
// names, again on each change of theme. The policy allows Plotly's own empty <style> and no other.

import { chartLanguage, datePattern } from "./chart-language.js";
import { onTheme, token } from "./tokens.js";

/* global Plotly */

const language = document.documentElement.lang || undefined;
const NARROW = 480; // below it the names of thresholds stand inside the plot

/** The figure with every "var(--name)" replaced by the colour that token has now. */
const coloured = (value) => {
  if (typeof value === "string") {
    return value.replace(/var\((--[\w-]+)\)/g, (_, name) => token(name));
  }
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
  }
  return value;
};

const fitted = (layout, width) => {
  layout.xaxis.tickformat = datePattern(language, { month: "short", year: "numeric" });
  layout.xaxis.hoverformat = datePattern(language, {
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  layout.font.family = getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
  if (width >= NARROW) return layout;
  layout.margin = { ...layout.margin, l: 34, r: 10 };
  layout.xaxis.nticks = 4;
  layout.annotations = layout.annotations.map((note) =>
    note.name === "threshold"
      ? { ...note, xanchor: "right", xshift: -4, yshift: 9, bgcolor: token("--surface") }
      : note
  );
  return layout;
};

const draw = (place, figure) => {
  const { data, layout } = coloured(figure);
  return Plotly.react(place, data, fitted(layout, place.clientWidth), {
    ...chartLanguage(language),
    displayModeBar: false,
    responsive: true,
  });
};

/** Draws every [data-figure] below `root`: the figure stands in the <script type="application/json">. */
export const drawCharts = (root = document) => {
  for (const place of root.querySelectorAll("[data-figure]")) {
    if (place.drawn) continue;
    place.drawn = true;
    const figure = JSON.parse(document.querySelector(place.dataset.figure).textContent);
    const again = () => place.isConnected && draw(place, figure);
    again().then(() => {
      place.on("plotly_click", ({ points }) => {
        location.assign(place.dataset.photos.replace("0", String(points[0].customdata[0])));
      });
    });
    onTheme(again);
    let width = place.clientWidth;
    new ResizeObserver(() => {
      const narrow = (w) => w < NARROW;
      if (narrow(place.clientWidth) !== narrow(width)) again();
      width = place.clientWidth;
    }).observe(place);
  }
};

drawCharts();
