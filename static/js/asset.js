// An asset's page: the small map, and the page fetched again when something new was recorded.

import { drawCharts } from "./chart.js";
import { smallMap } from "./minimap.js";
import { endSession, sessionEnded } from "./session.js";

const body = document.querySelector("#assetbody");
const bar = document.querySelector("#assetnews");

const drawMap = () => {
  const frame = document.querySelector("#minimap");
  const { latitude, longitude, level } = frame.dataset;
  smallMap(frame, {
    at: [Number(latitude), Number(longitude)],
    level: Number(level),
    zoom: 5,
    still: true,
  });
};

const put = ({ html, mark }) => {
  bar.hidden = true;
  body.dataset.mark = mark;
  body.innerHTML = html;
  drawCharts(body);
  drawMap();
};

const read = async () => {
  const answer = await fetch(body.dataset.body + location.search, {
    headers: { Accept: "text/html" },
  });
  if (answer.redirected) endSession(); // to the sign-in page
  if (!answer.ok || answer.redirected) return null;
  return { html: await answer.text(), mark: answer.headers.get("X-Mark") };
};

// Nothing moves under the pointer or the focus: then a quiet bar offers the news.
const busy = () =>
  body.querySelector("tr:hover, a:hover, button:hover, summary:hover, .plot:hover, :focus, [open]");

const AGAIN_S = 10;
let timer = 0;
let waiting = null;
const readSoon = (wait_s) => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const news = await read().catch(() => null);
    if (sessionEnded()) return;
    if (!news) readSoon(AGAIN_S); // the news is told once: what it spoke of is still to be fetched
    if (!news || news.mark === body.dataset.mark) return;
    waiting = news;
    if (busy()) bar.hidden = false;
    else put(news);
  }, wait_s * 1000);
};
body.addEventListener("concerned", () => readSoon(0.3));
bar.addEventListener("click", () => waiting && put(waiting));
drawMap();
