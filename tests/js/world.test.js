import assert from "node:assert/strict";
import { test } from "node:test";

import { holds, wrapped } from "../../static/js/world.js";

test("longitudes go round", () => {
  assert.equal(wrapped(190), -170);
  assert.equal(wrapped(-190), 170);
  assert.equal(wrapped(725), 5);
  assert.equal(wrapped(12), 12);
});

test("a box holds what lies in it", () => {
  assert.ok(holds([0, 40, 20, 60], [50, 7]));
  assert.ok(!holds([0, 40, 20, 60], [50, 21]));
  assert.ok(!holds([0, 40, 20, 60], [61, 7]));
});

test("a box across the date line holds both its sides", () => {
  /** @type {[number, number, number, number]} */
  const pacific = [170, -50, -170, -30];
  assert.ok(holds(pacific, [-41, 175]));
  assert.ok(holds(pacific, [-41, -175]));
  assert.ok(!holds(pacific, [-41, 0]));
});
