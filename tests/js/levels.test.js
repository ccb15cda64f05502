import assert from "node:assert/strict";
import { test } from "node:test";

import { levelKey, NONE_OPEN, rank, UNGRADED } from "../../static/js/levels.js";

test("levels have keys, and none is ungraded", () => {
  const levels = [NONE_OPEN, UNGRADED, null, 0, 4];
  assert.deepEqual(levels.map(levelKey), ["none", "nm", "nm", "0", "4"]);
});

test("the worst comes last", () => {
  const keys = ["4", "none", "0", "nm", "2"];
  assert.deepEqual(keys.sort((a, b) => rank(a) - rank(b)), ["none", "nm", "0", "2", "4"]);
});
