import assert from "node:assert/strict";
import { test } from "node:test";

import { formatsIn, readNumber } from "../../static/js/numbers.js";

const en = formatsIn("en");
const de = formatsIn("de");
const ar = formatsIn("ar-EG");

test("numbers are written as the language writes them", () => {
  assert.equal(en.whole(12345.6), "12,346");
  assert.equal(de.whole(12345.6), "12.346");
  assert.equal(en.atMost(2.04, 1), "2");
  assert.equal(de.fixed(0.3, 2), "0,30");
  assert.equal(ar.whole(12), "١٢");
});

test("significant digits: at most so many, or exactly", () => {
  assert.equal(en.significant(0.5, 3), "0.5");
  assert.equal(en.precise(0.5, 3), "0.500");
  assert.equal(de.significant(0.81949, 3), "0,819");
});

test("shares are whole percent", () => {
  assert.equal(en.percent(0.454), "45%");
  assert.equal(de.percent(0.454), "45\u00a0%");
});

test("quantities have the unit's name of the language, px its own", () => {
  assert.equal(en.quantity(0.3, "mm"), "0.3 mm");
  assert.equal(en.quantity(5000, "km"), "5,000 km");
  assert.equal(en.quantity(3.14159, "MB"), "3.14 MB");
  assert.equal(formatsIn("uk").quantity(0.3, "mm"), "0,3 мм");
  assert.equal(de.quantity(1.5, "px"), "1,5 px");
});

test("times are of 24 hours, as on the server's pages", () => {
  assert.equal(en.time(new Date(2026, 0, 2, 14, 5)), "14:05");
  assert.equal(en.time(new Date(2026, 0, 2, 0, 5)), "00:05");
});

test("several things as one text", () => assert.equal(en.list(["a", "b", "c"]), "a, b, c"));

test("what a field is filled with is read back as the same number", () => {
  for (const language of ["en", "de", "fr"]) {
    assert.equal(readNumber(formatsIn(language).typed(12345.25)), 12345.25);
  }
  assert.equal(de.typed(0.5), "0,5");
});

test("what people type is read with point or comma", () => {
  assert.equal(readNumber(" 0,5 "), 0.5);
  assert.equal(readNumber("12."), 12);
  assert.equal(readNumber(".5"), 0.5);
  assert.equal(readNumber("-33.9"), -33.9);
  assert.equal(readNumber("−33,9"), -33.9);
});

for (const text of ["", " ", ".", "1.2.3", "1,234,5", "1e3", "0x10", "Infinity", "5 mm", "--1"]) {
  test(`“${text}” is no number`, () => assert.ok(Number.isNaN(readNumber(text))));
}
