import assert from "node:assert/strict";
import { test } from "node:test";

import { waitFor } from "../../static/js/waits.js";

test("each failure waits longer, the last wait stays", () => {
  assert.deepEqual([0, 1, 2, 3, 50].map((failures) => waitFor(failures, [2, 5, 10])), [
    2,
    5,
    10,
    10,
    10,
  ]);
});
