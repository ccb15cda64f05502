import assert from "node:assert/strict";
import { test } from "node:test";

import { places, under } from "../../static/js/sights.js";

/** @typedef {import("../../static/js/sights.js").Sight} Sight */

/**
 * @param {string} key
 * @param {number} x
 * @param {number} y
 * @param {number} side
 * @returns {Sight}
 */
const square = (key, x, y, side) => ({
  key,
  closed: true,
  line: [[x, y], [x + side, y], [x + side, y + side], [x, y + side]],
});
/** @type {Sight} */
const crack = { key: "crack", line: [[100, 150], [200, 150]] };
const sights = [crack, square("large", 50, 50, 300), square("small", 60, 60, 60)];
const hit = (x, y) => under({ x, y }, sights, ([x, y]) => ({ x, y }), 14).map(({ key }) => key);

test("a line within reach comes before the area around it", () => {
  assert.deepEqual(hit(150, 155), ["crack", "large"]);
  assert.deepEqual(hit(150, 200), ["large"]);
});

test("inside two areas the smaller one is meant", () => {
  assert.deepEqual(hit(90, 90), ["small", "large"]);
});

test("an outline is closed between its last point and its first", () => {
  assert.deepEqual(hit(50, 250), ["large"]);
  assert.deepEqual(hit(30, 250), []);
  assert.deepEqual(hit(400, 400), []);
});

test("plates of an outline stand outside of it", () => {
  const plates = places(sights[2], 80, 24);
  assert.equal(plates.length, 4);
  for (const [[x, y], offsets] of plates) {
    for (const [dx, dy] of offsets) {
      const [left, top, right, low] = [x + dx, y + dy, x + dx + 80, y + dy + 24];
      assert.ok(right < 60 || left > 120 || low < 60 || top > 120);
    }
  }
});

test("a plate of a line may stand at five places of it", () => {
  assert.equal(places(crack, 80, 24).length, 5);
});
