/** Tokens of nupunkt, and what their characters say about them. */

import { LETTER, SPACE, isLower, isUpper } from "./characters.js";

// Characters that no word begins with; an apostrophe only where no letter follows.
export const NON_WORD = `(?:[)";}\\]*:@({\\[${SPACE}!?\\u201d\\u00bb]|['\\u2019](?![${LETTER}]))`;
const PUNCTUATION = `(?:-{2,}|\\.{2,}|(?:\\.[${SPACE}]+)+\\.|\\u2026)`;
const END = "(?![\\s\\S])";
const TOKEN = new RegExp(
  `${PUNCTUATION}|(?=[^("\`{\\[:;&#*@)}\\]\\-,])[^${SPACE}]+?`
  + `(?=[${SPACE}]|${END}|${NON_WORD}|${PUNCTUATION}|,(?=${END}|[${SPACE}]|${NON_WORD}|${PUNCTUATION}))|[^${SPACE}]`,
  "gu");
/** "!" or "?" before a blank and a letter, which always ends a sentence. */
export const EXCLAIMED = new RegExp(`[!?][${SPACE}](?=[${LETTER}])`, "u");
const SPACED_ELLIPSIS = new RegExp(`\\.[${SPACE}]+\\.[${SPACE}]+\\.`, "u");
const NUMBER = /^-?[.,]?\p{Nd}[\p{Nd},.-]*\.?$/u;
const INITIAL = new RegExp(`^[${LETTER}_]\\.$`, "u");
// What str.isdigit() means: decimal digits, and those with a numeric type of digit.
const DIGIT = new RegExp("^[\\p{Nd}\\u00b2\\u00b3\\u00b9\\u1369-\\u1371\\u19da\\u2070\\u2074-\\u2079\\u2080-\\u2089"
  + "\\u2460-\\u2468\\u2474-\\u247c"
  + "\\u2488-\\u2490\\u24ea\\u24f5-\\u24fd\\u24ff\\u2776-\\u277e\\u2780-\\u2788\\u278a-\\u2792]$", "u");

/** Split a line into tokens. */
export const tokenize = (line) => line.match(TOKEN) ?? [];
export const isClosing = (token) => /^["')\]}\u201d\u2019\u00bb*]*$/.test(token);
export const isInitial = (token) => INITIAL.test(token);
export const isEllipsis = (token) => /\.\.$/.test(token) || token.endsWith("\u2026") || SPACED_ELLIPSIS.test(token);
export const startsUpper = (token) => isUpper(token);
export const startsLower = (token) => isLower(token);

/** Return the lower-case form of a token; "##number##" for numbers. */
export const typeOf = (token) => NUMBER.test(token) ? "##number##" : token.toLowerCase();

/** Return whether a token with a full stop at its end has the characters of an abbreviation. */
export function mayAbbreviate(token) {
  if (NUMBER.test(token)) return false;
  let letters = 0, digits = 0;
  for (const character of token) {
    if (".'\u2019&".includes(character)) continue;
    if (/^\p{L}$/u.test(character)) letters++;
    else if (DIGIT.test(character)) digits++;
    else return false;
  }
  return letters > 0 && letters >= digits;
}
