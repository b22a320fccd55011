/** Windows of a text that the network can read: sentences; one that is too long is cut between words. UTF-16 units. */

import { Positions, isSpace } from "./characters.js";
import { sentenceSpans } from "./sentences.js";
import { wordSpans } from "./words.js";

/** Yield the windows of each sentence: one, or several if it is too long. A window is {start, end, ids}.
    `tokenize(text)` returns {ids, long}: the first word pieces, and whether there are more than `limit`. */
export function* readSentences(text, tokenize, limit) {
  const positions = new Positions(text);
  for (const span of sentenceSpans(text)) yield tokenized(text, positions, span, tokenize, limit, words);
}

/** Join neighbouring windows as long as they have at most `limit` word pieces together. */
export function pack(windows, limit) {
  const packed = [];
  for (const { start, end, ids } of windows) {
    const last = packed.at(-1);
    if (last && last.ids.length + ids.length <= limit) Object.assign(last, { end, ids: [...last.ids, ...ids] });
    else packed.push({ start, end, ids });
  }
  return packed;
}

/** Return where a span is read from: the blank before it, which byte-level tokenizers read as a part of the word. */
export function readFrom(text, start) {
  return start - (start > 0 && isSpace(text[start - 1]) ? 1 : 0);
}

function tokenized(text, positions, [start, end], tokenize, limit, cut) {
  const { ids, long } = tokenize(text.slice(readFrom(text, start), end));
  if (!long || positions.point(end) - positions.point(start) === 1) return [{ start, end, ids }];
  const parts = cut(text, positions, [start, end]);
  const packed = pack(parts.flatMap((part) => tokenized(text, positions, part, tokenize, limit, halves)), limit);
  return packed.map((window) => readAgain(text, window, tokenize));
}

/** Tokenize a packed window whole: an emoticon or a run of emoji is read differently than its parts are. */
function readAgain(text, { start, end, ids }, tokenize) {
  const whole = tokenize(text.slice(readFrom(text, start), end));
  return { start, end, ids: whole.long ? ids : whole.ids };
}

/** Return the words of a span; two halves if it is one word. */
function words(text, positions, [start, end]) {
  const found = wordSpans(text.slice(start, end)).map(([first, last]) => [start + first, start + last]);
  return found.length > 1 ? found : halves(text, positions, [start, end]);
}

function halves(text, positions, [start, end]) {
  const middle = positions.unit((positions.point(start) + positions.point(end)) >> 1);
  return [[start, middle], [middle, end]];
}
