// The peer of static/js/clusters.js: the merging as it was, which begins at the first pair again
// after every join; and made-up maps for both, the same in every run.

export const plainApart = (things, at, { merged, reach }) => {
  const left = things.map((it) => ({ it, p: at(it) }));
  for (let again = true; again && left.length > 1;) {
    again = false;
    for (let i = 0; i < left.length && !again; i += 1) {
      for (let j = i + 1; j < left.length; j += 1) {
        const near = left[i].p.distanceTo(left[j].p);
        if (near >= (reach(left[i].it) + reach(left[j].it)) * 0.86) continue;
        const it = merged(left[i].it, left[j].it);
        left.splice(j, 1);
        left[i] = { it, p: at(it) };
        again = true;
        break;
      }
    }
  }
  return left.map((entry) => entry.it);
};

// Marsaglia's xorshift, 32 bits.
const random = (seed) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

const SIZES = { screen: [1600, 1000], wall: [3840, 2160] };

/** Things on a map: "even" all over it, "towns" in 40 clumps, "one place" within 30 px. */
export const made = (kind, n, seed, size = "screen") => {
  const next = random(seed);
  for (let i = 0; i < 20; i += 1) next();
  const [width, height] = SIZES[size];
  const towns = Array.from({ length: 40 }, () => [next() * width, next() * height]);
  const near = () => (next() + next() + next() - 1.5) * 60;
  const places = {
    even: () => [next() * width, next() * height],
    towns: () => {
      const [x, y] = towns[Math.floor(next() * towns.length)];
      return [x + near(), y + near()];
    },
    "one place": () => [width / 2 + next() * 30, height / 2 + next() * 30],
  };
  return Array.from({ length: n }, (_, id) => {
    const [longitude, latitude] = places[kind]();
    const level = Math.floor(next() * 5);
    const count = next() < 0.3 ? 1 + Math.floor(next() ** 3 * 300) : 1;
    return {
      asset: count === 1 ? { id, level } : null,
      count,
      counts: { [level]: count },
      latitude,
      longitude,
      box: [longitude, latitude, longitude, latitude],
    };
  });
};

/** A place in pixels, as Leaflet's Point. */
class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }

  distanceTo(other) {
    const x = other.x - this.x;
    const y = other.y - this.y;
    return Math.sqrt(x * x + y * y);
  }
}

export const flat = (it) => new Point(it.longitude, it.latitude);

/** Median of 5 runs, ms, of both on the same things; whether both gave the same. */
export const compared = (clusters, things) => {
  const timed = (run) => {
    const started = performance.now();
    const found = run();
    return [performance.now() - started, found];
  };
  const ours = [];
  const plain = [];
  let same = true;
  for (let i = 0; i < 5; i += 1) {
    const [plainMs, wanted] = timed(() => plainApart(things, flat, clusters));
    const [oursMs, found] = timed(() => clusters.apart(things, flat));
    plain.push(plainMs);
    ours.push(oursMs);
    same &&= JSON.stringify(found) === JSON.stringify(wanted);
  }
  const median = (values) => values.sort((a, b) => a - b)[2];
  return { ours_ms: median(ours), plain_ms: median(plain), same };
};
