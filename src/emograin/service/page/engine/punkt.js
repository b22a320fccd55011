/** Sentence boundaries at full stops, question and exclamation marks: the inference of nupunkt with its default model.

    A translation of `PunktSentenceTokenizer` of nupunkt 0.7 (Bommarito et al. 2025, arXiv:2504.04131; MIT License); its
    parameters are in punkt_parameters.js. Positions are UTF-16 units. */

import { SPACE, isLower, isSpace, strip } from "./characters.js";
import { containsBreak } from "./punkt_decision.js";
import { EXCLAIMED, NON_WORD } from "./punkt_tokens.js";

const CLOSING = "\"')\\]}\\u201d\\u2019\\u00bb*";
// A mark that may end a sentence, the closing marks after it, and the next word.
const CANDIDATE = new RegExp(
  `(?:[.?!]|\\u2026)(?=(?<after>${NON_WORD}|[${SPACE}]+(?<next>[^${SPACE}]+)))`
  + `(?!(?<=\\.)[${SPACE}]+\\.)(?=(?<tail>[${CLOSING}]*)(?<rest>[${SPACE}]*[^${SPACE}]*))`, "gu");
const REALIGNED = new RegExp(`[${CLOSING}]+?(?:[${SPACE}]+|(?=--)|(?=\\n|(?![\\s\\S])))`, "uy");
const ENUMERATOR = /^[ \t]*\(?(?:\p{Nd}{1,3}|[A-Za-z]|[ivxlcIVXLC]{1,6})\)?\.$/u;
const IS_CLOSING = new RegExp(`^[${CLOSING}]`, "u");

/** Return the spans [start, end] of the sentences of a text. */
export function punktSpans(text) {
  return realign(text, slices(text));
}

/** Return where the last white space in text[from:to] ends; 0 if there is none. */
function afterLastSpace(text, from, to) {
  for (let at = to - 1; at >= from; at--) if (isSpace(text[at])) return at + 1;
  return 0;
}

/** Return the candidates, each with its context: the word with the mark, and the next word. */
function candidates(text) {
  const found = [];
  if (text.length < 2) return found;
  let start = 0, stop = 0, split = 0, end = 0, previous = null;
  const add = () => found.push({ match: previous, before: text.slice(start, split), after: text.slice(split, end) });
  for (const match of text.matchAll(CANDIDATE)) {
    const at = match.index;
    const space = afterLastSpace(text, stop, at);
    let wordStart = space > stop + 1 ? space : start;
    if (at > 1 && isSpace(text[at - 1])) {  // the last full stop of ". . .": begin before the first
      const run = startOfEllipsis(text, at);
      if (run < at) {
        let to = run;
        while (to > stop && isSpace(text[to - 1])) to--;
        const before = afterLastSpace(text, stop, to) - stop;
        wordStart = Math.min(wordStart, before > 1 ? stop + before : start);
      }
    }
    if (previous && stop <= wordStart) add();
    previous = match;
    start = wordStart;
    stop = at;
    split = at + match[0].length + match.groups.tail.length;
    end = split + match.groups.rest.length;
  }
  if (previous) add();
  return found;
}

function startOfEllipsis(text, at) {
  for (let run = at; ; ) {
    let other = run - 1;
    while (other >= 0 && isSpace(text[other])) other--;
    if (other < 0 || other >= run - 1 || text[other] !== ".") return run;
    run = other;
  }
}

function slices(text) {
  let end = text.length, last = 0;
  while (end > 0 && isSpace(text[end - 1])) end--;
  const found = [];
  for (const { match, before, after } of candidates(text)) {
    const stop = match.index + match[0].length;
    if (match[0] === "." && isEnumerator(text, match.index)) continue;
    if (goesOn(text, stop)) continue;
    if (!EXCLAIMED.test(before + after) || !/[!?]/.test(before)) {
      if (!containsBreak(before, after)) continue;
    }
    found.push([last, stop]);
    const { after: tail, next } = match.groups;
    last = stop;
    if (next) last += tail.length - next.length;
    else while (last < text.length && isSpace(text[last])) last++;
  }
  if (last < end) found.push([last, end]);
  return found;
}

/** Return whether a sentence goes on after a mark: more marks follow, or after a closing quote a small letter. */
function goesOn(text, stop) {
  if (/[!?]/.test(text[stop] ?? "")) return true;
  let at = stop;
  while (text[at] === " " || text[at] === "\t") at++;
  const lone = at + 1 === text.length || isSpace(text[at + 1]) || /[!?]/.test(text[at + 1] ?? "");
  if (at > stop && /[!?]/.test(text[at] ?? "") && lone) return true;
  at = stop;
  if (!IS_CLOSING.test(text[at] ?? "")) return false;
  while (IS_CLOSING.test(text[at] ?? "")) at++;
  while (text[at] === " " || text[at] === "\t") at++;
  return at < text.length && isLower(String.fromCodePoint(text.codePointAt(at)));
}

/** Return whether the full stop ends a number of a list, such as "1." or "(a).", at the start of a line. */
function isEnumerator(text, at) {
  const low = Math.max(0, at - 12);
  const line = text.slice(low, at).lastIndexOf("\n");
  if (line < 0 && low > 0) return false;
  return ENUMERATOR.test(text.slice(line < 0 ? 0 : low + line + 1, at + 1));
}

/** Move closing quotes and brackets at the start of a sentence to the end of the one before. */
function realign(text, spans) {
  const found = [];
  let moved = 0;
  spans.forEach(([first, stop], at) => {
    const start = first + moved;
    const next = spans[at + 1];
    let closing = null;
    if (next) {
      REALIGNED.lastIndex = 0;
      closing = REALIGNED.exec(text.slice(...next));
    }
    moved = closing ? closing[0].length : 0;
    if (closing) found.push([start, next[0] + strip(`|${closing[0]}`).length - 1]);
    else if (stop > start) found.push([start, stop]);
  });
  return found;
}
