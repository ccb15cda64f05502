import assert from "node:assert/strict";
import { test } from "node:test";

import { formatsIn } from "../../static/js/numbers.js";
import { speaker } from "../../static/js/words.js";

const english = formatsIn("en");
const polish = formatsIn("pl");

test("places are filled in: numbers in the page's language, text as it is", () => {
  const say = speaker({ left: "{n} of {total} at {place}" }, english);
  assert.equal(say("left", { n: 1234, total: 2000, place: "km 3" }), "1,234 of 2,000 at km 3");
});

test("one word may stand in a text twice, and text with a sign of replacement stays", () => {
  const say = speaker({ twice: "{a}, {a}" }, english);
  assert.equal(say("twice", { a: "$&" }), "$&, $&");
});

test("a place that nothing fills stays to be seen", () => {
  assert.equal(
    speaker({ text: "{width} at {place}" }, english)("text", { width: 1 }),
    "1 at {place}",
  );
});

test("the plural follows the language's rules", () => {
  const texts = { left: { 1: "{n} photo", 2: "{n} photos" } };
  const say = speaker(texts, english);
  assert.equal(say("left", { n: 1 }), "1 photo");
  for (const n of [0, 2, 5, 21]) assert.equal(say("left", { n }), `${n} photos`);
});

test("of a language with three plurals, each number gets its own", () => {
  const say = speaker({ left: { 1: "{n} zdjęcie", 2: "{n} zdjęcia", 5: "{n} zdjęć" } }, polish);
  const said = [1, 2, 4, 5, 12, 22, 25].map((n) => say("left", { n }));
  assert.deepEqual(said, [
    "1 zdjęcie",
    "2 zdjęcia",
    "4 zdjęcia",
    "5 zdjęć",
    "12 zdjęć",
    "22 zdjęcia",
    "25 zdjęć",
  ]);
});

test("a language without plurals has one text", () => {
  const say = speaker({ left: { 1: "残り {n} 枚" } }, formatsIn("ja"));
  assert.equal(say("left", { n: 3 }), "残り 3 枚");
});

test("words that are not there are an error, also names of an object's own", () => {
  const say = speaker({}, english);
  assert.throws(() => say("missing"), /no words "missing"/);
  assert.throws(() => say("toString"), /no words "toString"/);
});
