/** Pre-tokenizers of tokenizer.json that keep the place of each character; null for a kind that is not known here. */

import { AlignedText } from "./aligned_text.js";
import { joined } from "./normalizers.js";

const PUNCTUATION = "\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e";
const BERT = new RegExp(`[^\\p{White_Space}${PUNCTUATION}]+|[${PUNCTUATION}]`, "gu");
const GPT2 = new RegExp(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+"
  + "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+", "gu");
const BYTES = bytesAsCharacters();

/** Return a function AlignedText -> list of AlignedText for a configuration. */
export function buildPreTokenizer(config, library) {
  if (config === null) return (text) => [text];
  return KINDS[config.type]?.(config, library) ?? null;
}

const KINDS = {
  Sequence(config, library) {
    const steps = config.pretokenizers.map((each) => buildPreTokenizer(each, library));
    if (steps.includes(null)) return null;
    return (text) => steps.reduce((parts, step) => parts.flatMap(step), [text]);
  },
  BertPreTokenizer: () => (text) => matches(text, BERT),
  ByteLevel: (config) => (text) => {
    const blank = /^\p{White_Space}/u.test(text.text);
    const whole = config.add_prefix_space && text.length && !blank ? joined(" ", text) : text;
    return (config.use_regex ?? true ? matches(whole, GPT2) : [whole]).map(toBytes);
  },
  Split(config, library) {
    if (config.behavior !== "Isolated" || config.invert) return null;
    const { pattern } = new library.SplitPreTokenizer(config);
    return pattern && ((text) => isolated(text, pattern));
  },
};

const matches = (text, pattern) => Array.from(
  text.text.matchAll(pattern), ({ index, 0: found }) => text.slice(index, index + found.length),
);

function isolated(text, pattern) {
  const parts = [];
  let last = 0;
  for (const { index, 0: found } of text.text.matchAll(pattern)) {
    if (index > last) parts.push(text.slice(last, index));
    if (found) parts.push(text.slice(index, index + found.length));
    last = index + found.length;
  }
  if (last < text.length) parts.push(text.slice(last));
  return parts;
}

/** Write each byte (UTF-8) as a character, which takes the place of the byte's character. */
function toBytes(text) {
  const encoder = new TextEncoder(), starts = [], ends = [];
  let made = "";
  for (let at = 0; at < text.length; ) {
    const character = String.fromCodePoint(text.text.codePointAt(at));
    for (const byte of encoder.encode(character)) {
      made += BYTES[byte];
      starts.push(text.starts[at]);
      ends.push(text.ends[at]);
    }
    at += character.length;
  }
  return new AlignedText(made, starts, ends);
}

/** Return the characters that stand for bytes in vocabularies of byte-level BPE (GPT-2). */
function bytesAsCharacters() {
  const table = new Array(256);
  let more = 256;
  for (let byte = 0; byte < 256; byte++) {
    const visible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table[byte] = String.fromCharCode(visible ? byte : more++);
  }
  return table;
}
