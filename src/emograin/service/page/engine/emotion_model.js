/** A model of emograin: texts -> emotions. It needs the files of an exported model, and two libraries. */

import { Positions, isBlank } from "./characters.js";
import { unite } from "./explanations.js";
import { checkFiles, parse } from "./model_files.js";
import { Network } from "./network.js";
import { Reader } from "./long_texts.js";
import { ScoreMap } from "./score_map.js";
import { TextTokenizer } from "./tokenizer.js";

export const DEFAULT_POLICY = "per-label";

/** Return a model. `files` are the files of an exported model by name, each a Uint8Array; `ort` is onnxruntime-web and
    `tokenizers` is @huggingface/tokenizers. Throws an Error if a file is missing or was changed. */
export async function createModel(files, { ort, tokenizers }) {
  const description = await checkFiles(files);
  const tokenizer = new TextTokenizer(parse(files, "tokenizer.json"), tokenizers);
  const network = await Network.load(files["model.onnx"], description.template, ort);
  const map = "score_map.json" in description.files ? new ScoreMap(parse(files, "score_map.json")) : null;
  const { labels } = parse(files, "taxonomy.json");
  return new EmotionModel(description, labels, parse(files, "thresholds.json"), network, tokenizer, map);
}

export class EmotionModel {
  constructor(description, labels, thresholds, network, tokenizer, map) {
    Object.assign(this, { description, labels, thresholds, map });
    this.maxDocumentTokens = description.template.max_document_tokens;
    this.explains = network.explains && tokenizer.hasPlaces;
    this.unions = map?.unions ?? null;
    this.reader = new Reader(network, tokenizer, map?.inputs ?? labels);
  }

  /** Predict texts; see the types of the package. Resolves to one prediction per text, in order. */
  async predict(texts, options = {}) {
    const { thresholds = DEFAULT_POLICY, explain = false, segments = false, windows = true } = options;
    const { atLeastOne = false, onProgress = () => {}, signal } = options;
    if (typeof texts?.[Symbol.iterator] !== "function") throw new Error(`texts must be strings, got ${typeof texts}`);
    const list = typeof texts === "string" ? [texts] : Array.from(texts);
    const known = Object.keys(this.thresholds);
    if (!known.includes(thresholds)) {
      throw new Error(`unknown threshold policy ${thresholds} (known: ${known.join(", ")})`);
    }
    const limits = this.thresholds[thresholds].map(Math.fround);
    if (explain && !this.explains) throw new Error("this model cannot explain its predictions");
    signal?.throwIfAborted();
    const problems = list.map(findProblem);
    const readable = list.filter((_, at) => problems[at] === null);
    let done = list.length - readable.length;
    const onBatch = async (many) => {
      signal?.throwIfAborted();
      await onProgress(done = Math.min(done + many, list.length), list.length);
      signal?.throwIfAborted();
    };
    const found = (await this.reader.read(readable, { explain, segments, windows }, onBatch)).values();
    return list.map((text, at) => problems[at] === null
      ? this.toPrediction(text, found.next().value, limits, atLeastOne)
      : { labels: [], scores: {}, truncated: false, error: problems[at] });
  }

  toPrediction(text, read, limits, atLeastOne) {
    const positions = new Positions(text);
    const place = ([start, end]) => ({ start: positions.point(start), end: positions.point(end) });
    const scores = this.mapped(read.scores);
    const found = { ...this.reached(scores, limits, atLeastOne), truncated: read.truncated };
    if (read.words) {
      const words = this.map ? unite(read.words, this.map.derivatives(read.scores)) : read.words;
      found.words = Object.fromEntries(found.labels.map(({ label }) => {
        const weights = words.weights[this.labels.indexOf(label)];
        return [label, words.spans.map((span, at) => ({ ...place(span), weight: weights[at] }))];
      }));
    }
    if (read.sentences) {
      found.segments = read.sentences.map(({ start, end, scores: own }) => (
        { ...place([start, end]), ...this.reached(this.mapped(own), limits, false) }));
    }
    return found;
  }

  mapped(scores) { return this.map ? this.map.map(scores) : scores; }

  /** Return {labels, scores}: the labels that reach their thresholds, highest score first, and the scores of all. */
  reached(scores, limits, atLeastOne) {
    const order = this.labels.map((_, at) => at).sort((a, b) => scores[b] - scores[a] || a - b);
    let chosen = order.filter((at) => scores[at] >= limits[at]);
    if (atLeastOne && !chosen.length) chosen = order.slice(0, 1);
    return {
      labels: chosen.map((at) => ({ label: this.labels[at], score: scores[at], threshold: limits[at] })),
      scores: Object.fromEntries(this.labels.map((label, at) => [label, scores[at]])),
    };
  }
}

/** Return why a value cannot be predicted; null if it can. */
export function findProblem(text) {
  if (text === null || text === undefined) return `the text is missing: it must be a string, got ${text}`;
  if (typeof text !== "string") return `the text must be a string, got ${typeof text}`;
  if (/\p{Cs}/u.test(text)) return "the text is not valid Unicode: it has half of a surrogate pair";
  return isBlank(text) ? "the text is empty" : null;
}
