import assert from "node:assert/strict";
import { test } from "node:test";

import { ORDER, slices } from "../../static/js/donut.js";

const TURN = 2 * Math.PI;
const width = ({ from, to }) => to - from;

test("the ring begins at 12 o'clock, is closed, and goes from none to ungraded", () => {
  const found = slices({ nm: 1, 3: 1, none: 2 });
  assert.deepEqual(found.map(({ key }) => key), ["none", "3", "nm"]);
  assert.equal(found[0].from, -Math.PI / 2);
  assert.ok(Math.abs(found.at(-1).to - (TURN - Math.PI / 2)) < 1e-9);
  assert.ok(Math.abs(width(found[0]) - TURN / 2) < 1e-9);
});

test("one severe among many stays to be seen", () => {
  const [, severe] = slices({ 1: 10_000, 4: 1 });
  assert.equal(severe.key, "4");
  assert.ok(width(severe) > 0.1 && width(severe) < 0.11); // 6 degrees of 366
});

test("every level has its place in the order", () => {
  assert.deepEqual([...ORDER].sort(), ["0", "1", "2", "3", "4", "nm", "none"].sort());
});
