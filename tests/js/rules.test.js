/// <reference lib="deno.unstable" />

// The rules of lint/plugin.js find what they are for, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";

import plugin from "./lint/plugin.js";

const found = (source, filename = "/site/static/js/any.js") =>
  Deno.lint.runPlugin(plugin, filename, source).map((each) => each.id);

const SPEAKS = [
  'box.textContent = "Saved";',
  "box.title = `Crack ${n}`;",
  'box.textContent = n ? "one left" : "";',
  'button.setAttribute("aria-label", "Close");',
  'L.marker(at, { title: "Widest place" });',
  'const text = "You see the state of yesterday.";',
];

for (const source of SPEAKS) {
  test(`a script does not speak by itself: ${source}`, () => {
    assert.ok(found(source).includes("hairline/no-words"));
  });
}

const SILENT = [
  'box.textContent = say("saved");',
  "box.textContent = `${a} × ${b}`;",
  'button.setAttribute("aria-label", say("close"));',
  'button.setAttribute("aria-expanded", "true");',
  'request.setRequestHeader("Accept", "application/json");',
  'throw new Error("There are no words of that name.");',
  'event.key === "Escape";',
];

for (const source of SILENT) {
  test(`this is no sentence: ${source}`, () => assert.deepEqual(found(source), []));
}

test("a unit written by hand is found: formats.quantity writes it", () => {
  assert.deepEqual(found("box.textContent = `${width} mm`;"), ["hairline/no-words"]);
});

test("keys of the page are listened to in keyboard.js alone", () => {
  const listens = 'document.addEventListener("keydown", act);';
  assert.deepEqual(found(listens), ["hairline/keys-in-one-place"]);
  assert.deepEqual(found('document.body.addEventListener("keyup", act);'), [
    "hairline/keys-in-one-place",
  ]);
  assert.deepEqual(found('addEventListener("keypress", act);'), ["hairline/keys-in-one-place"]);
  assert.deepEqual(found(listens, "/site/static/js/keyboard.js"), []);
  assert.deepEqual(found('frame.addEventListener("keydown", act);'), []);
});

test("numbers are written in numbers.js alone", () => {
  for (const source of ["new Intl.NumberFormat();", "count.toLocaleString();"]) {
    assert.deepEqual(found(source), ["hairline/numbers-in-one-place"]);
    assert.deepEqual(found(source, "/site/static/js/numbers.js"), []);
  }
});
