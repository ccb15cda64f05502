import assert from "node:assert/strict";
import { test } from "node:test";

import { apart, merged, overlap, reach } from "../../static/js/clusters.js";

const single = (id, x, y, level = "1") => ({
  asset: { id },
  count: 1,
  counts: { [level]: 1 },
  latitude: y,
  longitude: x,
  box: [x, y, x, y],
});
const flat = (it) => ({ x: it.longitude, y: it.latitude });

test("two that lie on each other become one, between them", () => {
  const [one] = apart([single(1, 0, 0), single(2, 10, 0, "3")], flat);
  assert.equal(one.asset, null);
  assert.equal(one.count, 2);
  assert.deepEqual(one.counts, { 1: 1, 3: 1 });
  assert.deepEqual([one.longitude, one.latitude], [5, 0]);
  assert.deepEqual(one.box, [0, 0, 10, 0]);
});

test("those that stand apart stay as they are, in their order", () => {
  const things = [single(1, 0, 0), single(2, 26, 0), single(3, 0, 300)];
  assert.deepEqual(apart(things, flat), things);
  assert.deepEqual(apart([], flat), []);
});

test("they touch by at most 14 % of their reaches", () => {
  const both = reach(single(1, 0, 0)) + reach(single(2, 0, 0));
  assert.ok(overlap(0.859 * both, both / 2, both / 2));
  assert.ok(!overlap(0.861 * both, both / 2, both / 2));
});

test("what is joined weighs as much as its parts", () => {
  const two = merged(single(1, 0, 0), single(2, 30, 0));
  const three = merged(two, single(3, 0, 30));
  assert.deepEqual([three.count, three.longitude, three.latitude], [3, 10, 10]);
});
