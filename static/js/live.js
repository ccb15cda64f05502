// The live socket: it only says "something new", as a number. What that is the page asks then
// (news.js), through reads that check permissions.

import { cookie } from "./cookie.js";
import { askForNews } from "./news.js";
import { formats } from "./numbers.js";
import { endSession, sessionEnded } from "./session.js";
import { wordsOf } from "./words.js";

const SLOWEST_S = 30;
const BANNER_AFTER_S = 30;

const dot = document.querySelector("#live");
const say = dot && wordsOf("live");
let wait_s = 1;
let lostAt = null;
let bannerTimer = null;
let number = dot ? Number(dot.dataset.number) : null; // while the socket says it, the page is true
let socket = null;
let connecting = 0;

function show(live) {
  dot.hidden = false;
  dot.classList.toggle("off", !live);
  dot.querySelector(".words").textContent = say(live ? "live" : "lost");
}

function staleBanner(on) {
  const slot = document.querySelector("#quiet");
  slot.querySelector("[data-stale-banner]")?.remove();
  if (!on) return;
  const banner = document.createElement("div");
  banner.className = "banner warning";
  banner.dataset.staleBanner = "";
  banner.setAttribute("role", "status");
  banner.textContent = say("stale", { time: formats.time(lostAt) });
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

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  clearTimeout(connecting);
  socket = new WebSocket(`${scheme}//${location.host}/ws/live/`);
  socket.addEventListener("open", found);
  socket.addEventListener("message", (message) => {
    const { seq } = JSON.parse(message.data);
    if (seq === number) return;
    number = seq;
    askForNews();
  });
  socket.addEventListener("close", (event) => {
    number = null; // what happens until the next one is open is asked for then
    if (event.code === 4401 || event.code === 4403) endSession();
    lost();
    if (sessionEnded()) {
      document.body.addEventListener("signedin", connect, { once: true });
      return;
    }
    connecting = setTimeout(connect, wait_s * 1000 * (0.75 + Math.random() / 2));
    wait_s = Math.min(SLOWEST_S, wait_s * 2);
  });
}

if (dot) connect();

// A page that was asleep does not wait for its turn: it is looked at now.
function awake() {
  if (dot && socket?.readyState === WebSocket.CLOSED && !sessionEnded()) connect();
}
document.addEventListener("visibilitychange", () => document.hidden || awake());
window.addEventListener("online", awake);
window.addEventListener("pageshow", (event) => {
  if (!event.persisted || !dot) return;
  awake();
  askForNews();
});

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
