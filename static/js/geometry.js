// Points and lines of a picture, in its pixels. Pure, no page.

/** @typedef {[number, number]} Point x and y */
/** @typedef {{x: number, y: number}} Place */

/**
 * The place inside a picture of `width` × `height` px nearest to a point: pixel centres are whole.
 *
 * @param {Point} point
 * @param {number} width
 * @param {number} height
 * @returns {Point}
 */
export const inside = ([x, y], width, height) => [
  Math.min(width - 0.5, Math.max(-0.5, x)),
  Math.min(height - 0.5, Math.max(-0.5, y)),
];

/**
 * Whether a point lies in that picture.
 *
 * @param {Point} point
 * @param {number} width
 * @param {number} height
 */
export const isInside = ([x, y], width, height) =>
  x >= -0.5 && y >= -0.5 && x <= width - 0.5 && y <= height - 0.5;

/**
 * From one point to another, px.
 *
 * @param {Point} a
 * @param {Point} b
 */
export const apart = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);

/**
 * From a place to the nearest of the stretch between `a` and `b`, px.
 *
 * @param {Place} point
 * @param {Place} a
 * @param {Place} b
 */
export const distanceToStretch = (point, a, b) => {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy);
};

/**
 * The place `along` px from the first point of a line ([[x, y], …]) and the direction across it
 * there: {x, y, nx, ny}, the last two of length 1. Beyond the end: its last place.
 *
 * @param {Point[]} line
 * @param {number} along
 */
export const across = (line, along) => {
  let left = along;
  for (let i = 1; i < line.length; i += 1) {
    const [dx, dy] = [line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]];
    const length = Math.hypot(dx, dy) || 1e-9;
    if (left <= length || i === line.length - 1) {
      const t = Math.min(1, left / length);
      return {
        x: line[i - 1][0] + t * dx,
        y: line[i - 1][1] + t * dy,
        nx: -dy / length,
        ny: dx / length,
      };
    }
    left -= length;
  }
  return { x: line[0][0], y: line[0][1], nx: 0, ny: 1 };
};
