import assert from "node:assert/strict";
import { test } from "node:test";

import { across, apart, distanceToStretch, inside, isInside } from "../../static/js/geometry.js";

test("two points are as far apart as Pythagoras says", () => {
  assert.equal(apart([1, 1], [4, 5]), 5);
  assert.equal(apart([7, 7], [7, 7]), 0);
});

test("a point beyond the picture comes to its rim, half a pixel beside the last centre", () => {
  assert.deepEqual(inside([-9, 20], 100, 50), [-0.5, 20]);
  assert.deepEqual(inside([120, 80], 100, 50), [99.5, 49.5]);
  assert.deepEqual(inside([3.25, 4], 100, 50), [3.25, 4]);
});

test("the rim itself is inside, a hair beyond it is not", () => {
  assert.ok(isInside([-0.5, 49.5], 100, 50));
  assert.ok(!isInside([-0.51, 10], 100, 50));
  assert.ok(!isInside([10, 49.51], 100, 50));
});

test("the distance to a stretch: beside it, beyond its ends, and to a stretch of no length", () => {
  const [a, b] = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  assert.equal(distanceToStretch({ x: 5, y: 3 }, a, b), 3);
  assert.equal(distanceToStretch({ x: 13, y: 4 }, a, b), 5);
  assert.equal(distanceToStretch({ x: -3, y: -4 }, a, b), 5);
  assert.equal(distanceToStretch({ x: 3, y: 4 }, a, a), 5);
});

test("along a line with a corner: the place and the direction across it", () => {
  /** @type {[number, number][]} */
  const line = [[0, 0], [10, 0], [10, 20]];
  assert.deepEqual(across(line, 4), { x: 4, y: 0, nx: -0, ny: 1 });
  assert.deepEqual(across(line, 15), { x: 10, y: 5, nx: -1, ny: 0 });
});

test("beyond the end it is the end, and a line of one point is that point", () => {
  const end = across([[0, 0], [10, 0]], 99);
  assert.deepEqual([end.x, end.y], [10, 0]);
  assert.deepEqual(across([[3, 4]], 5), { x: 3, y: 4, nx: 0, ny: 1 });
});
