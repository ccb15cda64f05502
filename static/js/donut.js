// A cluster's ring: how much of it each severity takes. Pure, no page.

/** Keys of levels in the order of the ring. */
export const ORDER = ["none", "0", "1", "2", "3", "4", "nm"];

const LEAST = (6 * Math.PI) / 180; // a single severe one among 400 stays visible

/** Of {key: count}: angles of a donut's parts, clockwise from 12 o'clock, none narrower than LEAST. */
export const slices = (counts) => {
  const keys = ORDER.filter((key) => counts[key]);
  const total = keys.reduce((sum, key) => sum + counts[key], 0);
  const wide = keys.map((key) => Math.max(LEAST, (2 * Math.PI * counts[key]) / total));
  const scale = (2 * Math.PI) / wide.reduce((sum, angle) => sum + angle, 0);
  let from = -Math.PI / 2;
  return keys.map((key, i) => {
    const slice = { key, from, to: from + wide[i] * scale };
    from = slice.to;
    return slice;
  });
};
