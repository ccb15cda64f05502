// The capture planner: reads the fields, plans, shows. The arithmetic is in capture_plan.js. What
// is typed stands in the address, so that a plan can be sent to whoever takes the photos.

import { cameraOfSensor, distanceToGrade, NotPossible, planCapture } from "./capture_plan.js";
import { formats, readNumber } from "./numbers.js";
import { wordsOf } from "./words.js";

const { cameras, ruleSets } = JSON.parse(
  document.querySelector("#planner-data").textContent,
);
const form = document.querySelector("#planner");
const preset = document.querySelector("#camera");
const said = document.querySelector("#said");
const CAMERA = ["sensor", "across", "down", "focal"];
const FIELDS = [...CAMERA, "distance", "grade", "element-width", "element-height", "overlap"];
const field = Object.fromEntries(FIELDS.map((id) => [id, document.getElementById(id)]));
const shown = Object.fromEntries(
  [...document.querySelectorAll("[data-out]")].map((e) => [e.dataset.out, e]),
);
let mode = "distance";

const say = wordsOf("planner");
const two = (value) => formats.significant(value, 2);
const three = (value) => formats.significant(value, 3);
const { typed } = formats;

/** A field that cannot be read: which one, and the sentence that stands under it. */
class Unread extends Error {
  constructor(id, sentence, empty = false) {
    super(sentence);
    this.id = id;
    this.empty = empty;
  }
}

const read = (id) => {
  const text = field[id].value;
  if (!text.trim()) {
    throw new Unread(id, say(id === "across" || id === "down" ? "whole" : "number"), true);
  }
  const value = readNumber(text);
  if (id === "across" || id === "down") {
    if (!(Number.isInteger(value) && value >= 1)) throw new Unread(id, say("whole"));
  } else if (id === "overlap") {
    if (!(value >= 0 && value <= 95)) throw new Unread(id, say("overlap"));
  } else if (!(value > 0)) throw new Unread(id, say(id === "grade" ? "width" : "number"));
  return value;
};

const readElement = () => {
  const sides = ["element-width", "element-height"];
  const empty = sides.filter((id) => !field[id].value.trim());
  if (empty.length === 2) return null;
  if (empty.length === 1) throw new Unread(empty[0], say("element"));
  return sides.map(read);
};

// What the arithmetic refuses, under the field that a person can change.
const refused = (problem, distanceM) => {
  const values = Object.fromEntries(
    Object.entries(problem.values).map(([k, v]) => [k, three(v)]),
  );
  if (problem.code === "overlap" || problem.code === "element" || problem.code === "camera") {
    const id = { overlap: "overlap", element: "element-width", camera: "sensor" }[problem.code];
    return new Unread(id, say(problem.code));
  }
  if (mode === "distance") return new Unread("distance", say(problem.code, values));
  if (problem.code === "distance" && distanceM > 1) {
    return new Unread("grade", say("too_far", values));
  }
  return new Unread("grade", say("too_near", { distance: three(distanceM) }));
};

const plan = () => {
  const [sensor, across, down, focal] = CAMERA.map(read);
  let distanceM;
  const typedDistance = read(mode);
  const elementM = readElement();
  const overlap = elementM ? read("overlap") / 100 : 0;
  try {
    const camera = cameraOfSensor(sensor, [across, down], focal);
    distanceM = mode === "distance" ? typedDistance : distanceToGrade(camera, typedDistance);
    return planCapture(camera, distanceM, ruleSets, { elementM, overlap });
  } catch (problem) {
    throw problem instanceof NotPossible ? refused(problem, distanceM) : problem;
  }
};

const mm = (value) => formats.quantity(value, "mm", 2);
const by = (a, b) => say("by", { across: a, down: b });

const showStandard = (standard) => {
  const card = document.querySelector(`[data-standard="${CSS.escape(standard.key)}"]`);
  const distance = three(standard.distanceM);
  card.querySelector("[data-all]").textContent = standard.distanceM
    ? say("all_told", { distance })
    : say("never_told");
  const smallest = standard.limits.find((limit) => limit.fromMm === standard.smallestToldMm);
  card.querySelector("[data-smallest]").textContent = smallest
    ? say("smallest", { width: formats.quantity(smallest.fromMm, "mm"), code: smallest.code })
    : say("none_told");
  for (const limit of standard.limits) {
    const row = card.querySelector(`[data-limit="${CSS.escape(limit.code)}"]`);
    row.querySelector("[data-from]").textContent = formats.quantity(limit.fromMm, "mm");
    row.querySelector("[data-px]").textContent = two(limit.pxAcross);
    row.querySelector("[data-u]").textContent = mm(limit.U);
    for (const tag of row.querySelectorAll("[data-told]")) {
      tag.hidden = tag.dataset.told !== limit.told;
    }
  }
};

const show = (found) => {
  const distance = three(found.distanceM);
  const gsd = three(found.gsdMmPerPx);
  shown.answer.textContent = mode === "grade"
    ? say("distance_is", { distance })
    : say("pixel_is", { gsd });
  shown.distance.parentElement.hidden = mode === "grade"; // the answer says it
  shown.gsd.parentElement.hidden = mode === "distance";
  shown.distance.textContent = formats.quantity(found.distanceM, "m");
  shown.gsd.textContent = formats.quantity(found.gsdMmPerPx, "mm");
  shown.cover.textContent = `${by(...found.coverM.map((side) => three(side)))} m`;
  shown.good.textContent = mm(found.goodFromMm);
  shown.least.textContent = mm(found.measurableFromMm);
  document.querySelector("#frames").hidden = !found.frames;
  if (found.frames) {
    shown.total.textContent = formats.whole(found.frames.total);
    shown.rows.textContent = by(
      formats.whole(found.frames.across),
      formats.whole(found.frames.down),
    );
    shown.held.textContent = found.frames.turned ? say("upright") : say("level");
  }
  found.standards.forEach(showStandard);
};

const mark = (id, sentence) => {
  const error = document.getElementById(`${id}-error`);
  error.hidden = !sentence;
  error.lastElementChild.textContent = sentence;
  if (sentence) field[id].setAttribute("aria-invalid", "true");
  else field[id].removeAttribute("aria-invalid");
};

const keep = () => {
  const known = new URLSearchParams({ camera: preset.value, by: mode });
  for (const id of FIELDS) {
    if (field[id].value.trim() && !(preset.value && CAMERA.includes(id))) {
      known.set(id, field[id].value.trim());
    }
  }
  history.replaceState(null, "", `#${known}`);
};

let timer = 0;
const announce = (sentence) => {
  clearTimeout(timer);
  timer = setTimeout(() => (said.textContent = sentence), 800);
};

// Errors appear when a field is left, never while typing; those that are mended go at once.
const draw = (left = null) => {
  const missing = document.querySelector("#missing");
  let problem = null;
  try {
    show(plan());
    announce(shown.answer.textContent);
    keep();
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    problem = error;
    const label = field[error.id].labels[0].firstChild.textContent.trim();
    missing.firstElementChild.textContent = error.empty
      ? say("missing", { field: label })
      : say("wrong", { field: label, problem: error.message });
    announce(missing.textContent);
  }
  for (const id of FIELDS) {
    const wrong = problem?.id === id;
    const due = left === "all" || left === id || field[id].hasAttribute("aria-invalid");
    mark(id, wrong && due ? problem.message : "");
  }
  missing.hidden = !problem;
  for (const id of ["seen", "standards"]) document.getElementById(id).hidden = Boolean(problem);
};

const usePreset = () => {
  const chosen = cameras[preset.value];
  if (chosen) CAMERA.forEach((id, i) => (field[id].value = typed(chosen[i])));
};

const setMode = (next) => {
  mode = next;
  for (const button of form.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== mode;
};

const start = () => {
  const known = new URLSearchParams(location.hash.slice(1));
  if (known.has("camera")) preset.value = cameras[known.get("camera")] ? known.get("camera") : "";
  field.distance.value = typed(0.5);
  field.grade.value = typed(0.1);
  field.overlap.value = "30";
  for (const id of FIELDS) if (known.has(id)) field[id].value = known.get(id).slice(0, 10);
  usePreset();
  setMode(known.get("by") === "grade" ? "grade" : "distance");
  draw("all");
};

preset.addEventListener("change", () => {
  usePreset();
  draw("all");
});
form.addEventListener("input", (event) => {
  if (event.target === preset) return;
  if (CAMERA.includes(event.target.id)) preset.value = "";
  draw();
});
form.addEventListener("focusout", (event) => {
  if (field[event.target.id]) draw(event.target.id);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  draw("all");
});
for (const button of form.querySelectorAll("[data-mode]")) {
  button.addEventListener("click", () => {
    setMode(button.dataset.mode);
    draw();
  });
}
addEventListener("hashchange", start);
start();
