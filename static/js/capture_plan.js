// Before the visit: what a camera will see from where. Pure arithmetic, no page.
//
// The same formulas as `python -m inference plan`, which says where they come from; a test runs both
// on the same inputs. Lengths of cameras and cracks in mm, of places and elements in m.

export const GOOD_PX = 3; // from so many pixels across on, a width is told well
export const FEWEST_PX = 1; // from here on only where the crack is sharp, dark and clean
export const U_PX = 0.1; // standard uncertainty of a width of a few pixels
export const U_SCALE = 0.01; // and of the scale from a marker card
export const COVERAGE_FACTOR = 2; // k: U = k·u, as in assets/coverage.py
export const DISTANCES_M = [0.02, 500];
export const MOST_OVERLAP = 0.95;

/** What is not possible: `code` names the sentence, `values` what stands in it. */
export class NotPossible extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

const positive = (...values) => values.every((value) => Number.isFinite(value) && value > 0);

/** A camera from its sensor's longer side (mm), [width, height] of a photo (px) and its focal length (mm). */
export const cameraOfSensor = (sensorWidthMm, imagePx, focalMm) => {
  if (!positive(sensorWidthMm, focalMm, ...imagePx)) throw new NotPossible("camera");
  return { imagePx, focalMm, focalPx: (focalMm * Math.max(...imagePx)) / sensorWidthMm };
};

/** Pixel size (mm) on a surface that faces the camera. */
export const gsdMmPerPx = (camera, distanceM) => {
  if (!(Number.isFinite(distanceM) && distanceM >= DISTANCES_M[0] && distanceM <= DISTANCES_M[1])) {
    throw new NotPossible("distance", { least: DISTANCES_M[0], most: DISTANCES_M[1] });
  }
  const distanceMm = 1000 * distanceM;
  if (distanceMm <= 2 * camera.focalMm) {
    throw new NotPossible("focus", { least: (2 * camera.focalMm) / 1000 });
  }
  return (distanceMm - camera.focalMm) / camera.focalPx;
};

/** The distance (m) at which a pixel covers `gsd` mm. */
export const distanceMFor = (camera, gsd) => (gsd * camera.focalPx + camera.focalMm) / 1000;

/** The farthest distance (m) at which a crack of that width is so many pixels wide. */
export const distanceToGrade = (camera, widthMm, pxAcross = GOOD_PX) => {
  if (!positive(widthMm, pxAcross)) throw new NotPossible("width");
  return distanceMFor(camera, widthMm / pxAcross);
};

// [width, half the way to the nearest other limit or to 0] of each limit, mm.
const limitsOf = (limits) =>
  limits.map(({ from_mm: width }, i) => {
    const before = i ? limits[i - 1].from_mm : 0;
    const after = i + 1 < limits.length ? limits[i + 1].from_mm : Infinity;
    return [width, Math.min(width - before, after - width) / 2];
  });

const distanceForAll = (camera, limits, pxAcross) => {
  let gsd = Infinity;
  for (const [width, halfGap] of limitsOf(limits)) {
    const room = (halfGap / COVERAGE_FACTOR) ** 2 - (U_SCALE * width) ** 2;
    gsd = Math.min(gsd, width / pxAcross, room > 0 ? Math.sqrt(room) / U_PX : 0);
  }
  return gsd > 0 && gsd < Infinity ? distanceMFor(camera, gsd) : 0;
};

/**
 * Which limits of a rule set ({key, limits: [{code, from_mm}]}) are told apart with that pixel size:
 * "yes", "borderline" or "no" each, and the farthest distance at which all are.
 */
export const seeStandard = (rules, gsd, camera, pxAcross = GOOD_PX) => {
  const limits = limitsOf(rules.limits).map(([width, halfGap], i) => {
    const U = COVERAGE_FACTOR * Math.hypot(U_PX * gsd, U_SCALE * width);
    const px = width / gsd;
    let told = "no";
    if (halfGap >= U && px >= pxAcross) told = "yes";
    else if (halfGap >= U && px >= FEWEST_PX) told = "borderline";
    return { code: rules.limits[i].code, fromMm: width, pxAcross: px, U, told };
  });
  const told = limits.filter((limit) => limit.told === "yes").map((limit) => limit.fromMm);
  return {
    key: rules.key,
    limits,
    smallestToldMm: told.length ? Math.min(...told) : null,
    distanceM: distanceForAll(camera, rules.limits, pxAcross),
  };
};

// Sizes are typed with two digits: a frame that fits to a micrometre fits.
const along = (lengthM, coverM, overlap) =>
  lengthM <= coverM + 1e-6
    ? 1
    : 1 + Math.ceil((lengthM - coverM) / (coverM * (1 - overlap)) - 1e-9);

/** Frames for an element of [width, height] m, the camera held the way that needs fewer. */
export const framesFor = (elementM, coverM, overlap) => {
  if (!(overlap >= 0 && overlap <= MOST_OVERLAP)) throw new NotPossible("overlap");
  if (!positive(...elementM)) throw new NotPossible("element");
  const ways = [false, true].map((turned) => {
    const [wide, high] = turned ? [coverM[1], coverM[0]] : coverM;
    const across = along(elementM[0], wide, overlap);
    const down = along(elementM[1], high, overlap);
    return { across, down, turned, total: across * down };
  });
  return ways[1].total < ways[0].total ? ways[1] : ways[0];
};

/** The plan for one distance; `elementM` null: no frames are counted. */
export const planCapture = (
  camera,
  distanceM,
  ruleSets,
  { elementM = null, overlap = 0.3, pxAcross = GOOD_PX } = {},
) => {
  const gsd = gsdMmPerPx(camera, distanceM);
  const coverM = camera.imagePx.map((side) => (gsd * side) / 1000);
  return {
    distanceM,
    gsdMmPerPx: gsd,
    coverM,
    goodFromMm: pxAcross * gsd,
    measurableFromMm: FEWEST_PX * gsd,
    standards: ruleSets.map((rules) => seeStandard(rules, gsd, camera, pxAcross)),
    frames: elementM && framesFor(elementM, coverM, overlap),
  };
};
