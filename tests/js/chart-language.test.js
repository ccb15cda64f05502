import assert from "node:assert/strict";
import { test } from "node:test";

import { chartLanguage, datePattern } from "../../static/js/chart-language.js";

/** @type {Intl.DateTimeFormatOptions} */
const DAY = { day: "numeric", month: "short", year: "numeric" };

test("dates of charts stand in the order of the language", () => {
  assert.equal(datePattern("en", DAY), "%-d %b %Y");
  assert.equal(datePattern("de", DAY), "%-d. %b %Y");
  assert.equal(datePattern("ja", DAY), "%Y年%-m月%-d日");
  assert.equal(datePattern("en", { month: "short", year: "numeric" }), "%b %Y");
});

test("months and days have the names of the language, from January and from Sunday", () => {
  const { locale, locales } = chartLanguage("de");
  const { format } = locales[locale];
  assert.equal(format.months.length, 12);
  assert.equal(format.months[2], "März");
  assert.equal(format.months[11], "Dezember");
  assert.equal(format.days[0], "Sonntag");
  assert.equal(format.days[6], "Samstag");
});

test("the signs of numbers are those of the language, where digits are Latin", () => {
  const signs = (language) => {
    const { decimal, thousands } = chartLanguage(language).locales.page.format;
    return [decimal, thousands];
  };
  assert.deepEqual(signs("en"), [".", ","]);
  assert.deepEqual(signs("de"), [",", "."]);
  assert.equal(signs("ar-EG")[0], ".");
});
