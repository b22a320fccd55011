/** The decisions of nupunkt: whether a mark ends a sentence, by the token that it ends and the next token. */

import { strip } from "./characters.js";
import { ABBREVIATIONS, COLLOCATIONS, ENDING_ABBREVIATIONS, STARTERS } from "./punkt_parameters.js";
import {
  isClosing, isEllipsis, isInitial, mayAbbreviate, startsLower, startsUpper, tokenize, typeOf,
} from "./punkt_tokens.js";

const NONE = 0, BREAK = 1, ABBREVIATION = 2, ELLIPSIS = 3;
const TITLES = new Set("mr mrs ms dr prof hon rev gen lt col capt sgt gov sen rep messrs mme mlle".split(" "));
const MARKS = new Set([";", ":", ",", ".", "!", "?"]);
const CONTINUE_ELLIPSIS = new Set(["I", ...["m", "ll", "d", "ve"].flatMap((end) => [`I'${end}`, `I\u2019${end}`])]);

/** Return whether a sentence ends in `before`; the first token of `after` is the context. */
export function containsBreak(before, after) {
  const own = before.split("\n").reduce((sum, line) => sum + tokenize(line).length, 0);
  if (!own) return false;
  const tokens = sequence(before + after, own);
  for (let at = 0; at < tokens.length && tokens[at].own; at++) {
    const { token } = tokens[at];
    const outcome = firstPass(token);
    if (outcome === NONE) continue;
    if (at + 1 < tokens.length ? secondPass(token, outcome, tokens[at + 1]) : outcome === BREAK) return true;
  }
  return false;
}

/** Return the tokens but closing marks, with at most one that does not belong to the context itself. */
function sequence(text, own) {
  const found = [];
  let paragraph = false, seen = 0;
  for (const line of text.split("\n")) {
    if (!strip(line)) { paragraph = true; continue; }
    for (const token of tokenize(line)) {
      const isOwn = seen++ < own;
      if (isClosing(token)) continue;
      found.push({ token, paragraph, own: isOwn });
      paragraph = false;
      if (!isOwn) return found;
    }
  }
  return found;
}

function firstPass(token) {
  if (token === "." || token === "?" || token === "!") return BREAK;
  if (isEllipsis(token)) return ELLIPSIS;
  if (!token.endsWith(".")) return NONE;
  return mayAbbreviate(token) && isAbbreviation(token.slice(0, -1).toLowerCase()) ? ABBREVIATION : BREAK;
}

function isAbbreviation(candidate) {
  if (ABBREVIATIONS.has(candidate)) return true;
  if (candidate.includes("-") && ABBREVIATIONS.has(candidate.slice(candidate.lastIndexOf("-") + 1))) return true;
  return candidate.includes(".") && ABBREVIATIONS.has(candidate.replaceAll(".", ""));
}

const withoutPeriod = (type) => type.endsWith(".") && type.length > 1 ? type.slice(0, -1) : type;

function secondPass(token, outcome, { token: next, paragraph }) {
  const upper = startsUpper(next), lower = startsLower(next);
  if (outcome === ELLIPSIS) return upper && !CONTINUE_ELLIPSIS.has(next);
  if (!token.endsWith(".")) return outcome === BREAK;
  const type = withoutPeriod(typeOf(token));
  const nextType = firstPass(next) === BREAK ? withoutPeriod(typeOf(next)) : typeOf(next);
  if (paragraph && upper) return true;
  const abbreviation = outcome === ABBREVIATION;
  if (abbreviation && TITLES.has(type) && upper) return false;
  if (COLLOCATIONS.has(`${type} ${nextType}`)) return false;
  const initial = isInitial(token);
  if (abbreviation && !initial && upper && (ENDING_ABBREVIATIONS.has(type) || STARTERS.has(nextType))) return true;
  if (initial || type === "##number##") {
    if (MARKS.has(next) || lower) return false;
    if (initial && upper) return false;
  }
  return outcome === BREAK;
}
