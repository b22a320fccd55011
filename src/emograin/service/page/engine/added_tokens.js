/** Tokens that are found in a text before it is cut into words: placeholders and emoji. */

const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;

/** A set of tokens, each {content, id} with the options of tokenizer.json. */
export class AddedTokens {
  constructor(tokens) {
    this.byFirst = new Map();  // code point -> tokens, longest first
    for (const token of tokens) {
      if (!token.content) continue;
      const first = token.content.codePointAt(0);
      if (!this.byFirst.has(first)) this.byFirst.set(first, []);
      this.byFirst.get(first).push(token);
    }
    for (const list of this.byFirst.values()) list.sort((a, b) => b.content.length - a.content.length);
  }

  /** Cut an AlignedText into parts {text, token}; token is null for those between tokens. */
  split(text) {
    const parts = [];
    let last = 0;
    const add = (from, to, token) => { if (to > from) parts.push({ text: text.slice(from, to), token }); };
    for (let at = 0; at < text.length; ) {
      const token = this.find(text.text, at);
      if (!token) { at += text.text.codePointAt(at) > 0xffff ? 2 : 1; continue; }
      let from = at, to = at + token.content.length;
      if (token.lstrip) while (from > last && /\p{White_Space}/u.test(text.text[from - 1])) from--;
      if (token.rstrip) while (to < text.length && /\p{White_Space}/u.test(text.text[to])) to++;
      add(last, from, null);
      add(from, to, token);
      last = at = to;
    }
    if (!parts.length) return text.length ? [{ text, token: null }] : [];
    add(last, text.length, null);
    return parts;
  }

  find(text, at) {
    const list = this.byFirst.get(text.codePointAt(at));
    const fits = (token) => !token.single_word || !isInWord(text, at, token);
    return list?.find((token) => text.startsWith(token.content, at) && fits(token));
  }
}

function isInWord(text, at, token) {
  const end = at + token.content.length;
  return WORD_CHARACTER.test(text.slice(Math.max(0, at - 1), at)) || WORD_CHARACTER.test(text.slice(end, end + 1));
}
