/** Sentences of a text, as `emograin.prediction.sentences` finds them. Positions are UTF-16 units. */

import { Positions, isSpace, strip } from "./characters.js";
import { punktSpans } from "./punkt.js";

const BLOCK = 20000;  // characters that are read at once
const LINE = /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g;

/** Yield the spans [start, end] of the sentences, without the white space around them. A line break ends a sentence. */
export function* sentenceSpans(text, block = BLOCK) {
  const positions = new Positions(text);
  for (let at = 0; at < text.length; ) {
    let [end, whole] = endOfBlock(text, at, positions.unit(positions.point(at) + block));
    const spans = split(text, at, end);
    if (!whole && spans.length > 1) end = spans.pop()[0];  // the last sentence may go on
    yield* spans;
    at = end;
  }
}

/** Return where a block ends, and whether a sentence ends there for sure. */
function endOfBlock(text, start, end) {
  if (end >= text.length) return [text.length, true];
  const last = (character) => {
    const at = text.lastIndexOf(character, end - 1);
    return at > start ? at : -1;
  };
  const line = Math.max(last("\n"), last("\r"));
  if (line > 0) return [line, true];
  const blank = last(" ");
  return [blank > 0 ? blank : end, false];
}

function split(text, start, end) {
  const part = text.slice(start, end), found = [];
  if (!strip(part)) return found;
  for (const [first, last] of punktSpans(part)) {
    for (const line of part.slice(first, last).matchAll(LINE)) {
      let from = start + first + line.index, to = from + line[0].length;
      while (from < to && isSpace(text[from])) from++;
      while (to > from && isSpace(text[to - 1])) to--;
      if (from < to) found.push([from, to]);
    }
  }
  return found;
}
