/** Normalizers of tokenizer.json that keep the place of each character; null for a kind that is not known here.

    They follow the tokenizers library (Rust), character by character. @huggingface/tokenizers compiles the patterns of
    Replace, which are Oniguruma's. */

import { AlignedText, Builder } from "./aligned_text.js";

const CJK = new RegExp("[\\u4e00-\\u9fff\\u3400-\\u4dbf\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}"
  + "\\u{2b920}-\\u{2ceaf}\\uf900-\\ufaff\\u{2f800}-\\u{2fa1f}]", "u");
const BREAKS = /[\t\n\r]/;
const OTHER = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
const BLANK = /\p{White_Space}/u;
const CACHED = 5000;  // characters

/** Return a function AlignedText -> AlignedText for a configuration. `library` is @huggingface/tokenizers. */
export function buildNormalizer(config, library) {
  if (config === null) return (text) => text;
  return KINDS[config.type]?.(config, library) ?? null;
}

const KINDS = {
  Sequence(config, library) {
    const steps = config.normalizers.map((each) => buildNormalizer(each, library));
    return steps.includes(null) ? null : (text) => steps.reduce((found, step) => step(found), text);
  },
  Replace(config, library) {
    const { pattern } = new library.ReplaceNormalizer(config);
    return pattern && ((text) => text.replace(pattern, config.content ?? ""));
  },
  BertNormalizer(config) {
    const strip = config.strip_accents ?? config.lowercase;
    return byCharacter((character) => {
      if (config.clean_text) {
        if (BREAKS.test(character)) return " ";
        if (character === "\0" || character === "\ufffd" || OTHER.test(character)) return "";
        if (BLANK.test(character)) return " ";
      }
      let found = config.handle_chinese_chars && CJK.test(character) ? ` ${character} ` : character;
      if (strip) found = found.normalize("NFD").replace(/\p{Mn}/gu, "");
      return config.lowercase ? lower(found) : found;
    });
  },
  Lowercase: () => byCharacter(lower),
  StripAccents: () => byCharacter((character) => character.replace(/\p{M}/u, "")),
  NFC: () => unicode("NFC"),
  NFD: () => unicode("NFD"),
  NFKC: () => unicode("NFKC"),
  NFKD: () => unicode("NFKD"),
  Prepend: (config) => (text) => text.length ? joined(config.prepend, text) : text,
  Strip: (config) => (text) => {
    let from = 0, to = text.length;
    while (config.strip_left && from < to && BLANK.test(text.text[from])) from++;
    while (config.strip_right && to > from && BLANK.test(text.text[to - 1])) to--;
    return text.slice(from, to);
  },
};

/** Lower letter by letter: as a text, a sigma at the end of a word would become another letter. */
const lower = (text) => Array.from(text, (character) => character.toLowerCase()).join("");

function byCharacter(change) {
  const known = new Map();
  return (text) => text.mapCharacters((character) => {
    let found = known.get(character);
    if (found === undefined) {
      found = change(character);
      if (known.size < CACHED) known.set(character, found);
    }
    return found;
  });
}

/** Normalize clusters of a character and its marks, each of which takes the place of the whole. */
function unicode(form) {
  return (text) => {
    if (text.text.normalize(form) === text.text) return text;
    const made = new Builder();
    for (const { index, 0: cluster } of text.text.matchAll(/\P{M}?[\p{M}\u1160-\u11ff]*/gu)) {
      if (!cluster) continue;
      const [start, end] = text.span(index, index + cluster.length);
      made.add(cluster.normalize(form), start, end);
    }
    return made.build();
  };
}

/** Put text, which takes the place of the first character, before another one. */
export function joined(before, text) {
  const many = before.length;
  const [start, end] = [text.starts[0] ?? 0, text.ends[0] ?? 0];
  return append(new AlignedText(before, new Array(many).fill(start), new Array(many).fill(end)), text);
}

const append = (one, other) => new AlignedText(
  one.text + other.text, one.starts.concat(other.starts), one.ends.concat(other.ends),
);
