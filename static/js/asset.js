// An asset's page: the small map, and the page fetched again when something new was recorded.

import { drawCharts } from "./chart.js";
import { smallMap } from "./minimap.js";

const body = document.querySelector("#assetbody");
const bar = document.querySelector("#assetnews");

const drawMap = () => {
  const frame = document.querySelector("#minimap");
  const { latitude, longitude, level } = frame.dataset;
  smallMap(frame, { at: [Number(latitude), Number(longitude)], level: Number(level), zoom: 5, still: true });
};

const put = ({ html, mark }) => {
  bar.hidden = true;
  body.dataset.mark = mark;
  body.innerHTML = html;
  drawCharts(body);
  drawMap();
};

const read = async () => {
  const answer = await fetch(body.dataset.body + location.search, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null;
  return { html: await answer.text(), mark: answer.headers.get("X-Mark") };
};

// Nothing moves under the pointer or the focus: then a quiet bar offers the news.
const busy = () => body.querySelector("tr:hover, a:hover, button:hover, summary:hover, .plot:hover, :focus, [open]");

let timer = 0;
let waiting = null;
document.body.addEventListener("news", () => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const news = await read();
    if (!news || news.mark === body.dataset.mark) return;
    waiting = news;
    if (busy()) bar.hidden = false;
    else put(news);
  }, 300);
});
bar.addEventListener("click", () => waiting && put(waiting));
drawMap();
