// How long to wait before the next try. Pure, no page.

/** The wait after so many failures (0: the first): each takes the next of `waits`, then the last. */
export const waitFor = (failures, waits) => waits[Math.min(failures, waits.length - 1)];
