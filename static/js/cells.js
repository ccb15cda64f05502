// Map cells: the quadkey of a map tile of zoom 24 as a number, two bits a zoom level, the coarsest
// first (assets/cells.py). 48 bits: a number holds them exactly.

const ZOOM = 24;

/**
 * Column and row of the tile of `zoom` that holds a cell.
 *
 * @param {number} cell
 * @param {number} zoom
 */
const tileAt = (cell, zoom) => {
  let x = 0;
  let y = 0;
  for (let level = 1; level <= zoom; level += 1) {
    const digit = Math.floor(cell / 4 ** (ZOOM - level)) % 4;
    x = 2 * x + (digit & 1);
    y = 2 * y + (digit >> 1);
  }
  return [x, y];
};

/**
 * The address of that tile as the map asks for it: "zoom/x/y".
 *
 * @param {number} cell
 * @param {number} zoom
 */
export const tileOf = (cell, zoom) => [zoom, ...tileAt(cell, zoom)].join("/");

/**
 * Latitude and longitude, degrees, of the middle of a cell (2.4 m wide at the equator).
 *
 * @param {number} cell
 * @returns {[number, number]}
 */
export const placeOf = (cell) => {
  const [x, y] = tileAt(cell, ZOOM);
  const turn = (2 * (y + 0.5)) / 2 ** ZOOM;
  const latitude = (Math.atan(Math.sinh(Math.PI * (1 - turn))) * 180) / Math.PI;
  return [latitude, ((x + 0.5) / 2 ** ZOOM) * 360 - 180];
};
