// Places and boxes on a world that goes round. Pure, no page.

/**
 * A longitude, degrees, brought into -180 … 180.
 *
 * @param {number} longitude
 */
export const wrapped = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

/**
 * Whether a box [west, south, east, north] holds [latitude, longitude]; it may cross the date line.
 *
 * @param {[number, number, number, number]} box
 * @param {[number, number]} place
 */
export const holds = (box, place) => {
  const [west, south, east, north] = box;
  const [latitude, longitude] = place;
  const between = west <= east
    ? longitude >= west && longitude <= east
    : longitude >= west || longitude <= east;
  return between && latitude >= south && latitude <= north;
};
