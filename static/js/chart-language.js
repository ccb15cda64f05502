// Dates and numbers of charts as the language of the page writes them: Plotly knows English alone, the
// browser knows the others.

/** The names of months, or of days, in one language; `of` gives the moment of each. */
const names = (language, options, count, of) => {
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
  return Array.from({ length: count }, (_, n) => format.format(of(n)));
};

const MONTH = (n) => new Date(Date.UTC(2026, n, 15));
const DAY = (n) => new Date(Date.UTC(2026, 1, 1 + n)); // the first is a Sunday

const SIGNS = { day: "%-d", year: "%Y" };

// The pages write English with the day before the month.
const dayFirst = (language) => (language === "en" ? "en-GB" : language);

/**
 * A pattern of d3 (as Plotly takes it) for a date of these parts, in the order of the language.
 *
 * @param {string | undefined} language
 * @param {Intl.DateTimeFormatOptions} parts the month short
 */
export const datePattern = (language, parts) =>
  new Intl.DateTimeFormat(dayFirst(language), { ...parts, calendar: "gregory", timeZone: "UTC" })
    .formatToParts(MONTH(0))
    .map(({ type, value }) => {
      if (type !== "month") return SIGNS[type] ?? value.replaceAll("%", "%%");
      return /^\d+$/.test(value) ? "%-m" : "%b"; // a number where the language has no short name
    })
    .join("");

/** What Plotly asks of a language: `locale` and `locales` of its configuration. */
export const chartLanguage = (language) => {
  // Plotly writes the digits that are Latin, so the signs between them are those of such numbers.
  const numbers = new Intl.NumberFormat(language, { numberingSystem: "latn" }).formatToParts(
    12345.6,
  );
  const sign = (type, instead) => numbers.find((part) => part.type === type)?.value ?? instead;
  return {
    locale: "page",
    locales: {
      page: {
        dictionary: {},
        format: {
          days: names(language, { weekday: "long" }, 7, DAY),
          shortDays: names(language, { weekday: "short" }, 7, DAY),
          months: names(language, { month: "long" }, 12, MONTH),
          shortMonths: names(language, { month: "short" }, 12, MONTH),
          decimal: sign("decimal", "."),
          thousands: sign("group", ""),
        },
      },
    },
  };
};
