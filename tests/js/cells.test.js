import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf, tileOf } from "../../static/js/cells.js";

const DEEPEST = 4 ** 24 - 1;

test("the first cell is the north-west corner of the world, the last its south-east", () => {
  const [north, west] = placeOf(0);
  const [south, east] = placeOf(DEEPEST);
  assert.ok(Math.abs(north - 85.0511) < 1e-4 && Math.abs(west + 180) < 1e-4);
  assert.ok(Math.abs(south + 85.0511) < 1e-4 && Math.abs(east - 180) < 1e-4);
});

test("the quadkey 1 2 3 … leads down the tiles", () => {
  const cell = 1 * 4 ** 23 + 2 * 4 ** 22 + 3 * 4 ** 21;
  assert.equal(tileOf(cell, 0), "0/0/0");
  assert.equal(tileOf(cell, 1), "1/1/0");
  assert.equal(tileOf(cell, 2), "2/2/1");
  assert.equal(tileOf(cell, 3), "3/5/3");
  assert.equal(tileOf(DEEPEST, 24), `24/${2 ** 24 - 1}/${2 ** 24 - 1}`);
});
