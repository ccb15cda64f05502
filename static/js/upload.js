// Sending photos from an inspection page: one request a file, each with its own progress and its
// own error. A dropped connection is retried; an expired session waits for a new sign-in; what was
// sent is safe on the server, whatever happens to this page.

import { cookie } from "./cookie.js";
import { formats } from "./numbers.js";
import { endSession } from "./session.js";
import { waitFor } from "./waits.js";
import { wordsOf } from "./words.js";

const AT_ONCE = 2;
const RETRY_S = [2, 5, 10, 20, 30, 60];

const area = document.querySelector("[data-upload]");
const template = document.querySelector("#sending-row");
const list = document.querySelector("#sending");
const say = area && wordsOf("upload");
const queue = [];
let running = 0;
let paused = false;

class Sending {
  constructor(file) {
    this.file = file;
    this.tries = 0;
    this.row = template.content.firstElementChild.cloneNode(true);
    this.row.querySelector("[data-name]").textContent = file.name || say("capture");
    this.row.querySelector("[data-size]").textContent = formats.quantity(file.size / 1e6, "MB");
    this.bar = this.row.querySelector("progress");
    this.says = this.row.querySelector("[data-says]");
    this.again = this.row.querySelector("[data-again]");
    this.cancel = this.row.querySelector("[data-cancel]");
    this.again.addEventListener("click", () => {
      this.tries = 0;
      this.retried = false;
      this.form = null;
      this.wait();
      enqueue(this);
    });
    this.cancel.addEventListener("click", () => this.stop());
    list.append(this.row);
    this.wait();
  }

  wait() {
    this.state = "waiting";
    this.row.dataset.state = "waiting";
    this.bar.hidden = false;
    this.again.hidden = true;
    this.tell(say("waiting"));
  }

  tell(sentence) {
    this.says.textContent = sentence;
  }

  stop() {
    this.state = "stopped";
    if (this.request) this.request.abort();
    const at = queue.indexOf(this);
    if (at >= 0) queue.splice(at, 1);
    this.row.remove();
    summary();
  }

  fail(sentence) {
    this.state = "failed";
    this.row.dataset.state = "failed";
    this.bar.hidden = true;
    this.again.hidden = false;
    this.tell(sentence);
  }

  later(why) {
    const seconds = waitFor(this.tries, RETRY_S);
    this.tries += 1;
    this.retried = true;
    this.state = "waiting";
    this.tell(say(why, { seconds }));
    setTimeout(() => {
      if (this.state === "waiting") enqueue(this);
    }, seconds * 1000);
  }

  // What is sent, with a key of its own: sent again word for word, it is the same photo to the server.
  content() {
    const form = new FormData();
    form.append("client_key", newKey());
    form.append("file", this.file, this.file.name || "photo.jpg");
    const element = document.querySelector("#upload-element");
    if (element && element.value) form.append("element", element.value);
    const marker = document.querySelector("#upload-marker")?.value.trim().replace(",", ".");
    if (marker) {
      form.append("marker_mm", marker);
      form.append("marker_family", document.querySelector("#upload-family").value);
    }
    return form;
  }

  send() {
    return new Promise((done) => {
      this.form ??= this.content();
      const request = new XMLHttpRequest();
      this.request = request;
      this.state = "sending";
      this.row.dataset.state = "sending";
      request.open("POST", area.dataset.upload);
      request.setRequestHeader("X-CSRFToken", cookie("csrftoken"));
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.timeout = 600000;
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const share = event.loaded / event.total;
        this.bar.value = share;
        this.tell(
          share < 1
            ? say("sending", { share: formats.percent(Math.floor(100 * share) / 100) })
            : say("storing"),
        );
      });
      request.addEventListener("load", () => {
        this.answered(request);
        done();
      });
      request.addEventListener("error", () => {
        this.later("offline");
        done();
      });
      request.addEventListener("timeout", () => {
        this.later("offline");
        done();
      });
      request.addEventListener("abort", () => done());
      request.send(this.form);
    });
  }

  answered(request) {
    const body = request.response || {};
    if (request.status === 201 || request.status === 200) {
      this.state = "sent";
      // "Here already" after a broken try is this very photo: its answer was lost, not the photo.
      if (request.status === 200 && !this.retried) {
        this.row.dataset.state = "duplicate";
        this.bar.hidden = true;
        this.cancel.hidden = true;
        this.tell(say("duplicate"));
      } else {
        this.row.remove();
      }
      refresh();
    } else if (request.status === 401) {
      this.wait();
      queue.unshift(this);
      endSession();
    } else if (request.status === 429 || request.status >= 500 && request.status !== 507) {
      this.later("busy");
    } else {
      this.fail([body.title, body.hint].filter(Boolean).join(" ") || say("refused"));
    }
  }
}

// crypto.randomUUID is for https alone; many a site office has none.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) =>
    byte.toString(16).padStart(2, "0")
  ).join("");
}

function enqueue(sending) {
  if (!queue.includes(sending)) queue.push(sending);
  next();
}

function next() {
  summary();
  while (!paused && running < AT_ONCE && queue.length) {
    const sending = queue.shift();
    running += 1;
    sending.send().then(() => {
      running -= 1;
      next();
    });
  }
}

// The session ended while photos were on their way: they wait here until somebody signs in again.
function pause() {
  paused = true;
  document.querySelector("[data-signed-out]").hidden = false;
}

async function resume() {
  if (!paused) return;
  const answer = await fetch(area.dataset.check, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  paused = false;
  document.querySelector("[data-signed-out]").hidden = true;
  document.body.dispatchEvent(new CustomEvent("signedin"));
  next();
}

function unsent() {
  return running + queue.length + [...list.querySelectorAll('[data-state="waiting"]')].length;
}

function summary() {
  const left = running + queue.length;
  const status = document.querySelector("[data-sending-status]");
  if (status) status.textContent = left ? say("left", { n: left }) : "";
}

let refreshing = null;
function refresh() {
  clearTimeout(refreshing);
  refreshing = setTimeout(
    () => document.querySelector("#photos")?.dispatchEvent(new CustomEvent("concerned")),
    250,
  );
}

function add(files) {
  for (const file of files) queue.push(new Sending(file));
  next();
}

async function filesOf(items) {
  const found = [];
  async function walk(entry) {
    if (entry.isFile) {
      found.push(await new Promise((take, fail) => entry.file(take, fail)));
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((take, fail) => reader.readEntries(take, fail));
        if (!some.length) break;
        for (const each of some) await walk(each);
      }
    }
  }
  const entries = [...items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  for (const entry of entries.filter(Boolean)) await walk(entry);
  return found;
}

if (area) {
  for (const input of area.querySelectorAll('input[type="file"]')) {
    input.addEventListener("change", () => {
      add(input.files);
      input.value = "";
    });
  }
  for (const button of area.querySelectorAll("[data-choose]")) {
    button.addEventListener("click", () => area.querySelector(button.dataset.choose).click());
  }
  let inside = 0;
  const over = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (over(event)) {
      inside += 1;
      area.classList.add("over");
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (over(event) && --inside <= 0) {
      inside = 0;
      area.classList.remove("over");
    }
  });
  document.addEventListener("dragover", (event) => {
    if (over(event)) event.preventDefault();
  });
  document.addEventListener("drop", async (event) => {
    if (!over(event)) return;
    event.preventDefault();
    inside = 0;
    area.classList.remove("over");
    const entries = await filesOf(event.dataTransfer.items);
    add(entries.length ? entries : event.dataTransfer.files);
  });
  // Nothing leads away from photos that are not sent yet.
  document.body.addEventListener("signedout", (event) => {
    if (!unsent()) return;
    event.preventDefault();
    pause();
  });
  addEventListener("beforeunload", (event) => {
    if (unsent()) event.preventDefault();
  });
  addEventListener("online", () => {
    for (const row of queue) row.tries = 0;
    next();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) resume();
  });
  addEventListener("focus", resume);
  document.querySelector("[data-resume]").addEventListener("click", resume);
}
