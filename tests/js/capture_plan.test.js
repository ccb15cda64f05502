import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cameraOfSensor,
  distanceMFor,
  distanceToGrade,
  framesFor,
  gsdMmPerPx,
  NotPossible,
  planCapture,
  seeStandard,
} from "../../static/js/capture_plan.js";

// 10 mm of sensor for 1000 px at 10 mm: 1000 px of focal length, so 0.99 mm a pixel at 1 m.
const camera = cameraOfSensor(10, [1000, 500], 10);
const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-9, `${found}`);
const refuses = (code, act) =>
  assert.throws(act, (problem) => problem instanceof NotPossible && problem.code === code);

test("the pixel size at a distance, and the distance of a pixel size", () => {
  near(gsdMmPerPx(camera, 1), 0.99);
  near(distanceMFor(camera, 0.99), 1);
});

test("a crack of 0.3 mm is three pixels wide where a pixel covers 0.1 mm", () => {
  near(distanceToGrade(camera, 0.3), 0.11);
  near(gsdMmPerPx(camera, 0.11), 0.1);
});

test("what cannot be is refused by name", () => {
  refuses("camera", () => cameraOfSensor(0, [1000, 500], 10));
  refuses("distance", () => gsdMmPerPx(camera, 501));
  refuses("distance", () => gsdMmPerPx(camera, NaN));
  refuses("focus", () => gsdMmPerPx(camera, 0.02));
  refuses("width", () => distanceToGrade(camera, -1));
  refuses("overlap", () => framesFor([1, 1], [1, 1], 0.96));
  refuses("element", () => framesFor([0, 1], [1, 1], 0.3));
});

test("frames: the whole element with its overlap, the camera held the way that needs fewer", () => {
  assert.deepEqual(framesFor([1, 0.5], [1, 0.5], 0.3), {
    across: 1,
    down: 1,
    turned: false,
    total: 1,
  });
  assert.deepEqual(framesFor([0.5, 1], [1, 0.5], 0), {
    across: 1,
    down: 1,
    turned: true,
    total: 1,
  });
  assert.equal(framesFor([10, 0.5], [1, 0.5], 0.5).across, 19); // 1 and 18 steps of half a metre
});

test("limits are told apart where a pixel is fine enough, and not from afar", () => {
  const rules = { key: "r", limits: [{ code: "B", from_mm: 0.3 }, { code: "C", from_mm: 1 }] };
  const told = (gsd) => seeStandard(rules, gsd, camera).limits.map((limit) => limit.told);
  assert.deepEqual(told(0.05), ["yes", "yes"]);
  assert.deepEqual(told(0.2), ["borderline", "yes"]);
  assert.deepEqual(told(5), ["no", "no"]);
});

test("a plan covers what the camera sees, and counts frames where there is an element", () => {
  const plan = planCapture(camera, 1, []);
  assert.deepEqual(plan.coverM.map((side) => Number(side.toFixed(9))), [0.99, 0.495]);
  assert.equal(plan.frames, null);
  assert.equal(planCapture(camera, 1, [], { elementM: [0.9, 0.4] }).frames.total, 1);
});
