import assert from "node:assert/strict";
import { test } from "node:test";

import { roundBelow, ticks } from "../../static/js/round-steps.js";

const close = (found, expected) => {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12, `${value}`));
};

test("an axis gets round steps", () => {
  close(ticks(100, 6), [0, 20, 40, 60, 80, 100]);
  close(ticks(0.9, 3), [0, 0.5]);
  close(ticks(1.5, 3), [0, 0.5, 1, 1.5]);
  close(ticks(0.25, 3), [0, 0.1, 0.2]);
  close(ticks(7, 1), [0]);
});

test("never more parts than asked for, and never none of a step", () => {
  for (const count of [1, 3, 6]) {
    for (let span = 0.001; span < 5000; span *= 1.37) {
      const found = ticks(span, count);
      assert.ok(found.length - 1 <= count, `${span} in ${count}`);
      assert.ok(found.at(-1) <= span * (1 + 1e-9));
    }
  }
});

test("a scale bar is the longest round length that fits", () => {
  assert.equal(roundBelow(999), 500);
  assert.equal(roundBelow(1000), 1000);
  assert.equal(roundBelow(2400), 2000);
  assert.equal(roundBelow(19), 10);
  assert.equal(roundBelow(0.6), 0.5);
});
