// Severity levels and what is worse than what. Pure, no page; a test holds it to the register's order.

// The larger the worse, as in assets/severity/order.py: no open crack, ungraded only, grades 0 to 4.
export const NONE_OPEN = -2;
export const UNGRADED = -1;
const KEYS = { [NONE_OPEN]: "none", [UNGRADED]: "nm" };
const RANKS = { none: NONE_OPEN, nm: UNGRADED };

/** A level, null for ungraded, as the suffix of its tokens: "3", "nm", "none". */
export const levelKey = (level) => KEYS[level ?? UNGRADED] ?? String(level);

/** The place of a key in the order, the worst last. */
export const rank = (key) => RANKS[key] ?? Number(key);
