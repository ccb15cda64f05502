import assert from "node:assert/strict";
import { test } from "node:test";

import { byReason, gaps, nearest, stretches } from "../../static/js/stretches.js";

const missing = (value) => value === null;

test("runs have their first and last place", () => {
  assert.deepEqual(stretches([null, 1, null, null, 2, null], missing), [[0, 0], [2, 3], [5, 5]]);
  assert.deepEqual(stretches([1, 2], missing), []);
  assert.deepEqual(stretches([null, null], missing), [[0, 1]]);
});

test("gaps that the server knows stand as they are", () => {
  const known = [{ from: 1, to: 2, code: "end", reason: "the end" }];
  assert.equal(gaps({ along: [0, 1], width: [1, 1], left_out: known }, "left out"), known);
});

test("gaps of older rows reach to the widths beside them, and no further than the crack", () => {
  const strip = { along: [0, 10, 20, 30, 40], width: [null, 1, null, 1, null], left_out: [] };
  assert.deepEqual(gaps(strip, "left out"), [
    { code: "unknown", reason: "left out", from: 0, to: 10 },
    { code: "unknown", reason: "left out", from: 10, to: 30 },
    { code: "unknown", reason: "left out", from: 30, to: 40 },
  ]);
});

test("reasons keep the order in which they appear", () => {
  const all = ["end", "junction", "end"].map((reason, from) => ({ reason, from }));
  const found = [...byReason(all)].map(([reason, same]) => [reason, same.map(({ from }) => from)]);
  assert.deepEqual(found, [["end", [0, 2]], ["junction", [1]]]);
});

test("the nearest place, the first of two", () => {
  assert.equal(nearest([0, 10, 20], 12), 1);
  assert.equal(nearest([0, 10, 20], 15), 1);
  assert.equal(nearest([0, 10, 20], 99), 2);
  assert.equal(nearest([0, 10, 20], -5), 0);
});
