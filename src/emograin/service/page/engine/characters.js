/** Characters as Python sees them: code points, and classes of characters as in `re` and `str`. */

// What str.isspace() and \s of `re` mean; \s of JavaScript means other characters.
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
// \w of `re` is [LETTER, \d, _]; [^\W\d_] is [LETTER].
export const LETTER = "\\p{L}\\p{Nl}\\p{No}";

const ONE_SPACE = new RegExp(`^[${SPACE}]`, "u");

export const isSpace = (character) => character !== undefined && ONE_SPACE.test(character);
export const isUpper = (character) => /^\p{Uppercase}/u.test(character);
export const isLower = (character) => /^\p{Lowercase}/u.test(character);
const SOMETHING = new RegExp(`[^${SPACE}]`, "u");
export const isBlank = (text) => !SOMETHING.test(text);
/** Return a text without the white space around it, as str.strip(). No white space has two units. */
export function strip(text) {
  let start = 0, end = text.length;
  while (start < end && isSpace(text[start])) start++;
  while (end > start && isSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

/** Positions of a text in code points, which Python counts, and in UTF-16 units, which JavaScript counts. */
export class Positions {
  constructor(text) {
    this.units = null;  // of each code point; null: they are the same
    this.length = text.length;
    if (!/[\ud800-\udfff]/.test(text)) return;
    this.units = [];
    for (let unit = 0; unit < text.length; unit += text.codePointAt(unit) > 0xffff ? 2 : 1) this.units.push(unit);
    this.length = this.units.length;
    this.units.push(text.length);
  }

  /** Return the unit of a code point; the end of the text if there are fewer. */
  unit(point) {
    return this.units ? this.units[Math.min(point, this.length)] : Math.min(point, this.length);
  }

  /** Return the code point of a unit. */
  point(unit) {
    if (!this.units) return unit;
    let low = 0, high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.units[middle] < unit) low = middle + 1; else high = middle;
    }
    return low;
  }
}

/** Return the number of code points. */
export const lengthOf = (text) => new Positions(text).length;
