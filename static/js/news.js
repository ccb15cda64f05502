// What is new for this person since the page was drawn: one small request, and only what it names is
// fetched again. The body gets a `news` event whose detail is the answer. Each element that says what
// it shows (data-shows-asset, with data-shows-photo or -inspection where it shows only that) gets
// `concerned` where it is. The bell and the bar of the alerts' page need nothing more.

import { concerns } from "./concerns.js";
import { formats } from "./numbers.js";
import { endSession, sessionEnded } from "./session.js";
import { waitFor } from "./waits.js";

const BURST_MS = 150;
const AGAIN_S = [2, 5, 10, 30];
const TOAST_S = 6;

const dot = document.querySelector("#live");
let cursor = dot?.dataset.since ?? "";
let asking = false;
let rung = false;
let failures = 0;

/** Asks soon. A burst of results is one question, and what happens meanwhile is the next one. */
export function askForNews() {
  rung = true;
  if (!asking) askIn(BURST_MS);
}

function askIn(wait_ms) {
  asking = true;
  setTimeout(ask, wait_ms);
}

async function ask() {
  rung = false;
  const news = await fetchNews();
  asking = false;
  if (sessionEnded()) return;
  if (!news) {
    askIn(1000 * waitFor(failures, AGAIN_S));
    failures += 1;
    return;
  }
  failures = 0;
  cursor = news.cursor;
  if (news.bell) ring(news.bell);
  for (const element of document.querySelectorAll("[data-shows-asset]")) {
    if (concerns(news, element.dataset)) element.dispatchEvent(new CustomEvent("concerned"));
  }
  document.body.dispatchEvent(new CustomEvent("news", { detail: news }));
  if (rung) askIn(BURST_MS);
}

async function fetchNews() {
  const address = `${dot.dataset.news}?since=${encodeURIComponent(cursor)}`;
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() =>
    null
  );
  if (answer?.redirected || answer?.status === 401) endSession(); // to the sign-in page
  if (answer?.status === 400) cursor = ""; // of another installation at this address: begin anew
  if (!answer?.ok || answer.redirected) return null;
  return answer.json().catch(() => null);
}

function ring({ label, count: waiting, raised }) {
  const bell = document.querySelector("#bell");
  bell.setAttribute("aria-label", label);
  let count = bell.querySelector(".count");
  if (waiting && !count) {
    count = document.createElement("span");
    count.className = "count urgent";
    bell.append(count);
  }
  if (waiting) count.textContent = formats.whole(waiting);
  else count?.remove();
  if (!raised) return;
  toast(raised);
  // A list under the pointer does not move by itself: a quiet bar offers the news instead.
  for (const bar of document.querySelectorAll("[data-news-bar]")) {
    if (raised.id > Number(bar.dataset.newest)) bar.hidden = false;
  }
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
  for (const pause of ["pointerenter", "focusin"]) {
    box.addEventListener(pause, () => clearTimeout(timer));
  }
  for (const go of ["pointerleave", "focusout"]) {
    box.addEventListener(go, () => {
      timer = setTimeout(() => box.remove(), TOAST_S * 1000);
    });
  }
}
