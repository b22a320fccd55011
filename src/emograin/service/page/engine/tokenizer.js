/** The tokenizer of a model: word pieces with their places in the text.

    The models (WordPiece, BPE) are those of @huggingface/tokenizers. The steps before them, which must keep places, are
    ours; with a step that is not known here, the library reads the text alone, and there are no places. */

import { AddedTokens } from "./added_tokens.js";
import { AlignedText } from "./aligned_text.js";
import { buildNormalizer } from "./normalizers.js";
import { buildPreTokenizer } from "./pre_tokenizers.js";

const CACHED = 20000;  // words

export class TextTokenizer {
  /** `config` is the content of tokenizer.json, `library` is @huggingface/tokenizers. */
  constructor(config, library) {
    // The characters "[SEP]" in a text are not the special token.
    const added = config.added_tokens.filter((token) => !token.special);
    this.whole = new library.Tokenizer({ ...config, added_tokens: added }, {});
    this.model = this.whole.model;
    this.normalize = buildNormalizer(config.normalizer, library);
    this.preTokenize = buildPreTokenizer(config.pre_tokenizer, library);
    this.prefix = config.model.continuing_subword_prefix ?? "";
    this.words = new Map();
    this.hasPlaces = Boolean(this.normalize && this.preTokenize && ["WordPiece", "BPE"].includes(config.model.type));
    if (!this.hasPlaces) return;
    this.raw = new AddedTokens(added.filter((token) => !token.normalized));
    this.normalized = new AddedTokens(added.filter((token) => token.normalized).map(
      (token) => ({ ...token, content: this.normalize(AlignedText.of(token.content)).text }),
    ));
  }

  /** Return the word pieces of a text: {id, start, end}, in UTF-16 units; without places, {id}. */
  pieces(text) {
    if (!this.hasPlaces) return this.whole.encode(text, { add_special_tokens: false }).ids.map((id) => ({ id }));
    const found = [];
    const add = (id, [start, end]) => found.push({ id, start, end });
    for (const outer of this.raw.split(AlignedText.of(text))) {
      if (outer.token) { add(outer.token.id, outer.text.span(0, outer.text.length)); continue; }
      for (const inner of this.normalized.split(this.normalize(outer.text))) {
        if (inner.token) { add(inner.token.id, inner.text.span(0, inner.text.length)); continue; }
        for (const word of this.preTokenize(inner.text)) {
          let at = 0;
          for (const { id, width } of this.ofWord(word.text)) add(id, word.span(at, at += width));
        }
      }
    }
    return found;
  }

  /** Return the pieces of a word: {id, width}, in UTF-16 units; one for an unknown word. */
  ofWord(word) {
    let found = this.words.get(word);
    if (found) return found;
    const pieces = this.model([word]);
    const { tokens_to_ids: ids, unk_token_id: unknown } = this.model;
    const isInner = (piece, at) => at > 0 && piece.startsWith(this.prefix);
    const bare = pieces.map((piece, at) => isInner(piece, at) ? piece.slice(this.prefix.length) : piece);
    const covers = bare.join("") === word;
    found = pieces.map((piece, at) => ({
      id: ids.get(piece) ?? unknown,
      width: covers ? bare[at].length : at === 0 ? word.length : 0,
    }));
    if (this.words.size < CACHED) this.words.set(word, found);
    return found;
  }
}
