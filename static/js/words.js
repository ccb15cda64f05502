// What scripts say. No sentence stands in a script: a page brings the words of its scripts, translated,
// as {% words "NAME" %}; portal/script_words.py holds them all. A test compares the two.

import { formats as ofThisPage } from "./numbers.js";

// One text, or one for each plural: {"1": "{n} photo", "2": "{n} photos"}, the key being a number that
// takes this form in the catalogue. Which other numbers take it too, the language's rules know.
const formFor = (text, n, formats) => {
  if (typeof text === "string") return text;
  const samples = Object.keys(text);
  const like = samples.find((sample) => formats.plural(Number(sample)) === formats.plural(n));
  return text[like ?? samples.at(-1)];
};

/**
 * A function that says `key` of `texts`, each {name} filled in from `values`: numbers are written
 * whole, in the page's language; text stands as it is. `n` chooses the plural. It throws where there
 * is no such key.
 *
 * @param {Record<string, string | Record<string, string>>} texts
 * @param {ReturnType<typeof import("./numbers.js").formatsIn>} formats
 * @returns {(key: string, values?: Record<string, any>) => string}
 */
export const speaker = (texts, formats = ofThisPage) => (key, values = {}) => {
  if (!Object.hasOwn(texts, key)) throw new Error(`There are no words "${key}".`);
  return formFor(texts[key], values.n, formats).replace(/\{(\w+)\}/g, (hole, name) => {
    const value = values[name] ?? hole;
    return typeof value === "number" ? formats.whole(value) : value;
  });
};

/** The words that the page brought for the script `name`. */
export const wordsOf = (name) =>
  speaker(JSON.parse(document.querySelector(`#words-${name}`).textContent));
