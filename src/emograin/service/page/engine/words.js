/** Words of a text, and the word of each word piece, as `emograin.data.words` finds them. UTF-16 units. */

import { SPACE } from "./characters.js";

// A word is a single Japanese or Chinese character, an emoji, or a maximal run of other characters but white space.
const ALONE = "[\\u3040-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff]";
const SYMBOL = "[\\u{1f300}-\\u{1f64f}\\u{1f680}-\\u{1faff}\\u2600-\\u27bf\\u203c\\u2049\\u2b50]";
const IGNORED = "\\u200d[\\u2640\\u2642]|[\\ufe0e\\ufe0f\\u200d\\u{1f3fb}-\\u{1f3ff}]";
const EMOJI = `${SYMBOL}(?:\\u200d${SYMBOL}|${IGNORED})*`;
const WORD = new RegExp(`${ALONE}|${EMOJI}|(?:(?!${ALONE}|${SYMBOL})[^${SPACE}])+`, "gu");

/** Return the spans [start, end] of the words. */
export const wordSpans = (text) => Array.from(
  text.matchAll(WORD), ({ index, 0: word }) => [index, index + word.length],
);

/** Return {spans, ids}: the words that word pieces [start, end] cover, and the index of each piece's word, or -1. */
export function alignWords(text, pieces) {
  const read = pieces.reduce((most, [, end]) => Math.max(most, end), 0);  // a cut text has no pieces beyond
  const words = wordSpans(text.slice(0, read));
  const found = pieces.map(([start, end]) => {
    let best = -1, overlap = 0;  // the word with the largest overlap; ties: the first
    for (let at = firstAfter(words, start); at < words.length && words[at][0] < end; at++) {
      const shared = Math.min(end, words[at][1]) - Math.max(start, words[at][0]);
      if (shared > overlap) [best, overlap] = [at, shared];
    }
    return best;
  });
  const covered = [...new Set(found)].filter((at) => at >= 0).sort((a, b) => a - b);
  const order = new Map(covered.map((word, at) => [word, at]));
  return { spans: covered.map((at) => words[at]), ids: found.map((at) => order.get(at) ?? -1) };
}

/** Return the index of the first word that ends after a position. */
function firstAfter(words, position) {
  let low = 0, high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle][1] <= position) low = middle + 1; else high = middle;
  }
  return low;
}
