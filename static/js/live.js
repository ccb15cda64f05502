// The live socket: it only says "something new"; pages fetch it through permission-checked reads.
// On news the body gets a `news` event (htmx listens: hx-trigger="news from:body"), the bell is
// counted again, and a new alert is told in a toast.

import { cookie } from "./cookie.js";
import { endSession, sessionEnded } from "./session.js";

const SLOWEST_S = 30;
const BANNER_AFTER_S = 30;
const TOAST_S = 6;

const dot = document.querySelector("#live");
let wait_s = 1;
let lostAt = null;
let bannerTimer = null;
let newestAlert = null;

function show(live) {
  dot.hidden = false;
  dot.classList.toggle("off", !live);
  dot.querySelector(".tx").textContent = live ? dot.dataset.live : dot.dataset.lost;
}

function staleBanner(on) {
  const slot = document.querySelector("#quiet");
  slot.querySelector("[data-stale-banner]")?.remove();
  if (!on) return;
  const time = lostAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const banner = document.createElement("div");
  banner.className = "banner";
  banner.dataset.staleBanner = "";
  banner.setAttribute("role", "status");
  banner.textContent = dot.dataset.stale.replace("%s", time);
  slot.append(banner);
}

function lost() {
  show(false);
  if (lostAt !== null) return;
  lostAt = new Date();
  bannerTimer = setTimeout(() => staleBanner(true), BANNER_AFTER_S * 1000);
}

function found() {
  show(true);
  clearTimeout(bannerTimer);
  staleBanner(false);
  lostAt = null;
  wait_s = 1;
}

// A burst of results is one round of reading. The bell asks first: where the session has ended it is
// the only one to hear so, not each of the map's tiles.
let reading = null;
function tell() {
  if (reading) return;
  reading = setTimeout(async () => {
    reading = null;
    await readNews();
    if (!sessionEnded()) document.body.dispatchEvent(new CustomEvent("news"));
  }, 150);
}

async function readNews() {
  const answer = await fetch(dot.dataset.news, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.redirected) endSession(); // to the sign-in page
  if (!answer?.ok || answer.redirected) return;
  const news = await answer.json();
  const bell = document.querySelector("#bell");
  bell.setAttribute("aria-label", news.label);
  let count = bell.querySelector(".count");
  if (news.count && !count) {
    count = document.createElement("span");
    count.className = "count hot";
    bell.append(count);
  }
  if (news.count) count.textContent = news.count;
  else count?.remove();
  if (newestAlert !== null && news.newest && news.newest.id > newestAlert) toast(news.newest);
  newestAlert = news.newest ? news.newest.id : 0;
}

function toast({ sentence, url, open }) {
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = sentence;
  const link = document.createElement("a");
  link.href = url;
  link.textContent = open;
  box.append(words, link);
  document.querySelector("#toasts").replaceChildren(box);
  let timer = setTimeout(() => box.remove(), TOAST_S * 1000);
  for (const pause of ["pointerenter", "focusin"]) box.addEventListener(pause, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) {
    box.addEventListener(go, () => { timer = setTimeout(() => box.remove(), TOAST_S * 1000); });
  }
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/ws/live/`);
  let known = null;
  socket.addEventListener("open", found);
  socket.addEventListener("message", (message) => {
    const { seq } = JSON.parse(message.data);
    if (seq === known) return;
    known = seq; // the first one too: something may have happened since the page was drawn
    tell();
  });
  socket.addEventListener("close", (event) => {
    if (event.code === 4401 || event.code === 4403) endSession();
    lost();
    if (sessionEnded()) {
      document.body.addEventListener("signedin", connect, { once: true });
      return;
    }
    setTimeout(connect, wait_s * 1000 * (0.75 + Math.random() / 2));
    wait_s = Math.min(SLOWEST_S, wait_s * 2);
  });
}

// Lists under the pointer do not move by themselves: a quiet bar offers the news instead.
for (const bar of document.querySelectorAll("[data-news-bar]")) {
  document.body.addEventListener("news", async () => {
    const answer = await fetch(bar.dataset.newsBar, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const news = await answer.json();
    if (news.newest && news.newest.id > Number(bar.dataset.newest)) bar.hidden = false;
  });
}

if (dot) connect();

// Forms that htmx sends carry the CSRF token of now: it changes when somebody signs in elsewhere.
document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = cookie("csrftoken") || event.detail.headers["X-CSRFToken"];
});

// Stages of a photo under analysis are no news of the ledger: while one is shown, ask now and then.
const WORKING_S = 2;
setInterval(() => {
  if (!document.hidden && document.querySelector("[data-working]")) {
    document.body.dispatchEvent(new CustomEvent("working"));
  }
}, WORKING_S * 1000);
