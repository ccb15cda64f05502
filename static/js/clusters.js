// Things on the map that would lie on each other become one. No drawing here and no page: it runs
// anywhere, and a program may ask it what the map would show.

const SINGLE_REACH = 15; // px, from the middle of a single asset's symbol to its rim
const RING = 10; // px, the donut's ring around its inner circle
const OVERLAP = 0.86; // two may touch by this part of their reaches

export const innerRadius = (count) => (count < 10 ? 14 : count < 50 ? 15 : count < 200 ? 16.5 : 18);

const SQUARE = Math.ceil(2 * (innerRadius(Infinity) + RING) * OVERLAP); // px: none further apart join

/** How far the mark of a thing reaches, px. */
export const reach = (it) => (it.asset ? SINGLE_REACH : innerRadius(it.count) + RING);

/** Whether marks lie on each other: their distance and the reach of each, px. */
export const overlap = (distance, one, other) => distance < (one + other) * OVERLAP;

/** Two things as one: counts added, the place weighted by them, the box around both. */
export const merged = (a, b) => {
  const counts = { ...a.counts };
  for (const [key, n] of Object.entries(b.counts)) counts[key] = (counts[key] ?? 0) + n;
  const count = a.count + b.count;
  return {
    asset: null,
    count,
    counts,
    latitude: (a.latitude * a.count + b.latitude * b.count) / count,
    longitude: (a.longitude * a.count + b.longitude * b.count) / count,
    box: [
      Math.min(a.box[0], b.box[0]),
      Math.min(a.box[1], b.box[1]),
      Math.max(a.box[2], b.box[2]),
      Math.max(a.box[3], b.box[3]),
    ],
  };
};

const distance = (p, q) => {
  const x = p.x - q.x;
  const y = p.y - q.y;
  return Math.sqrt(x * x + y * y);
};

const NOTHING = [];

/** Entries by the square of the map they lie in, each square in the order of the list. */
class Grid {
  constructor() {
    this._squares = new Map();
  }

  /** The square's key, a small whole number. Two squares may share one: then more is looked at. */
  _key(column, row) {
    return (Math.imul(column, 73856093) ^ Math.imul(row, 19349663)) & 0xffff;
  }

  _square(p) {
    return this._key(Math.floor(p.x / SQUARE), Math.floor(p.y / SQUARE));
  }

  add(entry) {
    entry.square = this._square(entry.p);
    const square = this._squares.get(entry.square);
    if (!square) {
      this._squares.set(entry.square, [entry]);
      return;
    }
    let at = square.length;
    while (at > 0 && square[at - 1].number > entry.number) at -= 1;
    square.splice(at, 0, entry);
  }

  remove(entry) {
    const square = this._squares.get(entry.square);
    square.splice(square.indexOf(entry), 1);
  }

  /** The entry has moved: most stay in their square. */
  moved(entry) {
    if (this._square(entry.p) === entry.square) return;
    this.remove(entry);
    this.add(entry);
  }

  /** The first of the list that lies on ``entry``: it is in the 3 × 3 squares around. */
  first(entry) {
    const column = Math.floor(entry.p.x / SQUARE);
    const row = Math.floor(entry.p.y / SQUARE);
    let found = null;
    for (let x = column - 1; x <= column + 1; x += 1) {
      for (let y = row - 1; y <= row + 1; y += 1) {
        for (const other of this._squares.get(this._key(x, y)) ?? NOTHING) {
          if (found && other.number > found.number) break;
          if (other === entry || !overlap(distance(entry.p, other.p), entry.reach, other.reach)) {
            continue;
          }
          found = other;
          break;
        }
      }
    }
    return found;
  }
}

/**
 * Joins what would lie on each other, the first pair of the list first, until nothing does.
 *
 * at(thing): where it is, px. What is joined stands where the first of its things stood in the list.
 * Of the entries before ``next`` it is known that none lies on any, the one in hand left out: so one
 * look around the one in hand finds the first pair of the whole list.
 */
export const apart = (things, at) => {
  const entries = things.map((it, number) => ({
    it,
    number,
    p: at(it),
    reach: reach(it),
    gone: false,
  }));
  const grid = new Grid();
  for (const entry of entries) grid.add(entry);
  for (const next of entries) {
    if (next.gone) continue;
    let inHand = next;
    for (let other = grid.first(inHand); other; other = grid.first(inHand)) {
      const [stays, goes] = other.number < inHand.number ? [other, inHand] : [inHand, other];
      grid.remove(goes);
      goes.gone = true;
      stays.it = merged(stays.it, goes.it);
      stays.p = at(stays.it);
      stays.reach = reach(stays.it);
      grid.moved(stays);
      inHand = stays;
    }
  }
  return entries.filter((entry) => !entry.gone).map((entry) => entry.it);
};
