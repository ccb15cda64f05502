// Stretches of a crack without a width, for the strip along it. Pure, no page.

/** [first, last] of each run of values that fulfil `test`. */
export const stretches = (values, test) => {
  const found = [];
  values.forEach((value, i) => {
    if (!test(value)) return;
    if (found.length && found.at(-1)[1] === i - 1) found.at(-1)[1] = i;
    else found.push([i, i]);
  });
  return found;
};

/**
 * What to hatch of a strip ({along, width, left_out}): its stretches {from, to, code, reason}; of
 * older rows, which know none, those without a width, for `unknown` reasons.
 */
export const gaps = ({ along, width, left_out: known }, unknown) => {
  if (known.length) return known;
  return stretches(width, (value) => value === null).map(([first, last]) => ({
    code: "unknown",
    reason: unknown,
    from: along[Math.max(0, first - 1)],
    to: along[Math.min(along.length - 1, last + 1)],
  }));
};

/** Gaps by their reason, in the order in which reasons appear. */
export const byReason = (all) => {
  const found = new Map();
  for (const gap of all) found.set(gap.reason, [...(found.get(gap.reason) ?? []), gap]);
  return found;
};

/** The place in `along` of what is nearest to `value`; of two equally near ones the first. */
export const nearest = (along, value) =>
  along.reduce(
    (best, here, i) => (Math.abs(here - value) < Math.abs(along[best] - value) ? i : best),
    0,
  );
