/** Scores of texts of any length: texts that fit are read whole, longer ones sentence by sentence. */

import { aggregate } from "./aggregation.js";
import { lengthOf } from "./characters.js";
import { join, sumPieces } from "./explanations.js";
import { sentenceSpans } from "./sentences.js";
import { readFrom, readSentences } from "./windows.js";

const MAX_CHARACTERS = 20;  // per word piece of the limit; longer texts are split without tokenizing them whole

/** Scores texts with a network and its tokenizer. */
export class Reader {
  constructor(network, tokenizer, labels) {
    Object.assign(this, { network, tokenizer, labels });
    this.limit = network.template.max_document_tokens;
  }

  /** Read texts, none of them blank. Options: explain, segments, windows; `onBatch` is awaited after each batch.
      Returns per text {scores, truncated, words, sentences}; sentences are {start, end, scores}. UTF-16 units. */
  async read(texts, { explain = false, segments = false, windows = true }, onBatch) {
    const most = MAX_CHARACTERS * this.limit;
    const fits = texts.map((text) => text.length <= most || lengthOf(text) <= most);
    const whole = texts.filter((_, at) => !windows || fits[at]);
    const read = (await this.readWhole(whole, explain, windows, onBatch)).values();
    const found = texts.map((_, at) => (!windows || fits[at]) ? read.next().value : null);
    for (const [at, text] of texts.entries()) {
      const isLong = windows && (!found[at] || found[at].truncated);
      const first = segments && !isLong ? firstTwo(text) : [];
      if (segments && first.length === 1 && !found[at].truncated) {
        found[at].sentences = [{ start: first[0][0], end: first[0][1], scores: found[at].scores }];
      } else if (segments || isLong) {
        found[at] = await this.readLong(text, found[at], isLong, { explain, segments }, () => onBatch(0));
        if (isLong) await onBatch(1);  // others were counted when they were read whole
      }
    }
    return found;
  }

  tokenize = (text) => {
    const ids = this.tokenizer.pieces(text).map((piece) => piece.id);
    return { ids: ids.slice(0, this.limit), long: ids.length > this.limit };
  };

  /** Read texts as one window each; with `windows`, those that do not fit are only marked as truncated. */
  async readWhole(texts, explain, windows, onBatch) {
    const pieces = texts.map((text) => this.tokenizer.pieces(text));
    const found = pieces.map((each) => (
      { scores: null, truncated: each.length > this.limit, words: null, sentences: null }));
    const selected = found.flatMap((each, at) => windows && each.truncated ? [] : [at]);
    const documents = selected.map((at) => pieces[at].slice(0, this.limit).map((piece) => piece.id));
    const made = explain ? await this.network.explain(documents, onBatch)
      : { scores: await this.network.score(documents, onBatch) };
    selected.forEach((at, place) => {
      found[at].scores = made.scores[place];
      if (explain) found[at].words = sumPieces(texts[at], pieces[at].slice(0, this.limit), made.contributions[place]);
    });
    return found;
  }

  /** Read a text sentence by sentence; the scores of the whole are replaced if it `isLong`. */
  async readLong(text, whole, isLong, { explain, segments }, onBatch) {
    const sentences = [...readSentences(text, this.tokenize, this.limit)];
    const windows = sentences.flat();
    const explained = explain && isLong;
    const starts = windows.map(({ start }) => readFrom(text, start));
    const slices = windows.map(({ end }, at) => text.slice(starts[at], end));
    const documents = explain ? slices.map((slice) => this.tokenize(slice).ids) : windows.map(({ ids }) => ids);
    const read = explained
      ? await this.readWhole(slices, true, false, onBatch)
      : (await this.network.score(documents, onBatch)).map((scores) => ({ scores }));
    const scores = read.map((each) => each.scores), lengths = windows.map(({ ids }) => ids.length);
    const pieces = lengths.reduce((sum, length) => sum + length, 0);
    let found = whole;
    if (isLong && pieces <= this.limit) {  // it has many characters, yet fits
      [found] = await this.readWhole([text], explain, false, onBatch);
    } else if (isLong) {
      const words = explained ? join(starts.map((start, at) => ({ start, words: read[at].words }))) : null;
      found = { scores: aggregate(scores, lengths, this.labels), truncated: false, words, sentences: null };
    }
    let at = 0;
    if (segments) {
      found.sentences = sentences.map((own) => {
        const [from, to] = [at, at += own.length];
        const of = aggregate(scores.slice(from, to), lengths.slice(from, to), this.labels);
        return { start: own[0].start, end: own.at(-1).end, scores: of };
      });
    }
    return found;
  }
}

function firstTwo(text) {
  const found = [];
  for (const span of sentenceSpans(text)) if (found.push(span) === 2) break;
  return found;
}
