// Sights are what a photo shows: lines along cracks, closed outlines of areal defects. Which one a click
// means and where their plates may stand. Pure, no page.

import { distanceToStretch } from "./geometry.js";

/** @typedef {{key: string, line: [number, number][], closed?: boolean}} Sight */

/**
 * Where a plate may stand: points of a sight, each with offsets of the plate's corner, best first.
 *
 * @param {Sight} sight
 * @param {number} width
 * @param {number} height
 * @returns {[[number, number], [number, number][]][]} a point each with its offsets
 */
export function places({ line, closed }, width, height) {
  /** @type {[number, number][]} */
  const [right, left, above, below] = [
    [14, -height / 2],
    [-14 - width, -height / 2],
    [-width / 2, -14 - height],
    [-width / 2, 14],
  ];
  if (!closed) {
    return [0.5, 0.3, 0.7, 0.12, 0.88].map((
      share,
    ) => [line[Math.floor((line.length - 1) * share)], [right, left, above, below]]);
  }
  // Outside an outline, beside its farthest points: inside it would hide the surface.
  const most = (value) => line.reduce((best, point) => (value(point) > value(best) ? point : best));
  return [
    [most(([x]) => x), [right]],
    [most(([x]) => -x), [left]],
    [most(([, y]) => -y), [above]],
    [most(([, y]) => y), [below]],
  ];
}

/**
 * The sights that a point on the screen lies inside of, or within `reach` pixels of: the one to select
 * first. `onScreen` turns a point of the picture into one of the screen.
 */
export function under(point, sights, onScreen, reach) {
  const found = [];
  for (const sight of sights) {
    const points = sight.line.map(onScreen);
    if (sight.closed) points.push(points[0]);
    let nearest = Infinity;
    let inside = false;
    let area = 0;
    for (let i = 1; i < points.length; i += 1) {
      const [a, b] = [points[i - 1], points[i]];
      nearest = Math.min(nearest, distanceToStretch(point, a, b));
      area += (a.x * b.y - b.x * a.y) / 2;
      const crosses = a.y > point.y !== b.y > point.y &&
        point.x < a.x + ((point.y - a.y) * (b.x - a.x)) / (b.y - a.y);
      if (crosses) inside = !inside;
    }
    if (nearest < reach || (sight.closed && inside)) {
      found.push({ sight, nearest, within: nearest >= reach, area: Math.abs(area) });
    }
  }
  // What is touched comes before what lies around; of areas around, the smallest.
  return found.sort((a, b) =>
    Number(a.within) - Number(b.within) ||
    (a.within ? a.area - b.area : a.nearest - b.nearest)
  ).map(({ sight }) => sight);
}
