import assert from "node:assert/strict";
import { test } from "node:test";

import { concerns } from "../../static/js/concerns.js";

const asset = { id: 4, whole: false, inspections: [7], photos: [31, 32] };
const news = { everything: false, assets: [asset] };

test("an asset's page is concerned by whatever touches the asset", () => {
  assert.equal(concerns(news, { showsAsset: "4" }), true);
  assert.equal(concerns(news, { showsAsset: "5" }), false);
  assert.equal(concerns({ everything: false, assets: [] }, { showsAsset: "4" }), false);
});

test("one inspection or photo of it is concerned by its own news", () => {
  assert.equal(concerns(news, { showsAsset: "4", showsInspection: "7" }), true);
  assert.equal(concerns(news, { showsAsset: "4", showsInspection: "8" }), false);
  assert.equal(concerns(news, { showsAsset: "4", showsPhoto: "32" }), true);
  assert.equal(concerns(news, { showsAsset: "4", showsPhoto: "33" }), false);
});

test("news of the whole asset concern each part of it, news of everything each page", () => {
  const whole = { everything: false, assets: [{ ...asset, whole: true }] };
  assert.equal(concerns(whole, { showsAsset: "4", showsPhoto: "99" }), true);
  assert.equal(concerns({ everything: true, assets: [] }, { showsAsset: "9" }), true);
});
