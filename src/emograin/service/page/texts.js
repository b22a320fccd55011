/** Checks of texts, as the model makes them. */

import { number } from "./dom.js";
import { current } from "./model.js";

/** Count characters as the service does: code points. An emoji may be two UTF-16 units. */
export const lengthOf = (text) => { let length = 0; for (const _ of text) length++; return length; };
export const linesOf = (text) => text.split(/\r\n|\r|\n/).filter((line) => line.trim());

/** Return why a text cannot be predicted; null if it can. */
export function problemOf(text) {
  if (!text.trim()) return "the text is empty";
  const most = current()?.limits?.characters;
  if (!most || text.length <= most) return null;
  const length = lengthOf(text);
  return length > most ? `the text has ${number(length)} characters, the limit is ${number(most)}` : null;
}
