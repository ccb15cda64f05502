// Numbers, quantities and times as the language of the page writes them, and numbers that people type.

// Short names of units where Intl has one in every language; the others stand as they are: px.
const UNITS = { mm: "millimeter", m: "meter", km: "kilometer", MB: "megabyte" };

/**
 * The ways of one language to write (a BCP 47 tag such as "de"; undefined: the browser's own).
 *
 * @param {string} [language]
 */
export const formatsIn = (language) => {
  const made = new Map();
  const format = (options) => {
    const key = JSON.stringify(options);
    if (!made.has(key)) made.set(key, new Intl.NumberFormat(language, options));
    return made.get(key);
  };
  const plurals = new Intl.PluralRules(language);
  const lists = new Intl.ListFormat(language, { type: "unit", style: "short" });
  const times = new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23", // as the pages of the server write them
  });
  const decimalSign = format({}).formatToParts(1.5).find((part) => part.type === "decimal").value;

  const atMost = (value, decimals) => format({ maximumFractionDigits: decimals }).format(value);

  return {
    /** At most so many decimals: 1.5, 2. */
    atMost,
    /** A whole number: 1,234. */
    whole: (value) => atMost(value, 0),
    /** Exactly so many decimals: 0.30. */
    fixed: (value, decimals) =>
      format({ minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value),
    /** At most so many significant digits: 0.5. */
    significant: (value, digits) => format({ maximumSignificantDigits: digits }).format(value),
    /** Exactly so many significant digits: 0.500. */
    precise: (value, digits) =>
      format({ minimumSignificantDigits: digits, maximumSignificantDigits: digits }).format(value),
    /** A share of 1 in whole percent: 45%. */
    percent: (share) => format({ style: "percent" }).format(share),
    /** A number with its unit (mm, m, km, MB, px), of at most so many significant digits: 0.3 mm. */
    quantity: (value, unit, digits = 3) => {
      const options = { maximumSignificantDigits: digits };
      const name = UNITS[unit];
      if (!name) return `${format(options).format(value)} ${unit}`;
      return format({ ...options, style: "unit", unit: name, unitDisplay: "short" }).format(value);
    },
    /** Hours and minutes of a Date, in the time zone of the browser. */
    time: (moment) => times.format(moment),
    /** Several as one: "a, b". */
    list: (parts) => lists.format(parts),
    /** Which plural a whole number takes: "one", "few", "other". */
    plural: (n) => plurals.select(n),
    /** A number as a person would type it into a field: no groups of digits, the decimal sign. */
    typed: (value) => String(value).replace(".", decimalSign),
  };
};

/**
 * The number that somebody typed, with point or comma; NaN where it is none.
 *
 * @param {string} text
 */
export const readNumber = (text) => {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
};

/** The formats of this page's language. */
export const formats = formatsIn(globalThis.document?.documentElement.lang || undefined);
