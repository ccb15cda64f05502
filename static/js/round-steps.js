// Round numbers for axes and scale bars: 1, 2 or 5 times a power of ten. Pure, no page.

/**
 * Multiples of a round step from 0 to `span` (above 0), in at most `count` parts.
 *
 * @param {number} span
 * @param {number} count
 */
export const ticks = (span, count) => {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((n) => n * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(span / step + 1e-9) + 1 }, (_, i) => i * step);
};

/**
 * The largest round number that is not above `most` (above 0).
 *
 * @param {number} most
 */
export const roundBelow = (most) => {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * [5, 2, 1].find((n) => n * power <= most);
};
