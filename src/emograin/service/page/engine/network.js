/** The network of a model: token ids -> probabilities, and contributions of tokens on request. */

import { switchOn } from "./onnx_constant.js";

const BATCH_TOKENS = 384;  // tokens per batch, with padding
const EXPLAIN = "explain", CONTRIBUTIONS = "contributions";
const SESSION = { executionProviders: ["wasm"], graphOptimizationLevel: "disabled", logSeverityLevel: 3 };

export class Network {
  /** `bytes` is the content of model.onnx, `template` that of model.json, `ort` is onnxruntime-web. */
  static async load(bytes, template, ort) {
    const session = await ort.InferenceSession.create(bytes, SESSION);
    return new Network(bytes, template, ort, session);
  }

  constructor(bytes, template, ort, session) {
    Object.assign(this, { bytes, template, ort, session });
    this.explains = session.outputNames.includes(CONTRIBUTIONS);
  }

  /** Score documents, each a list of token ids, in batches of similar length.
      Returns one Float32Array (labels) per document. `onBatch` is awaited with the number of documents done. */
  async score(documents, onBatch = () => {}) {
    const rows = new Array(documents.length);
    for (const batch of batches(documents.map((ids) => ids.length + this.frame))) {
      const { probabilities } = await this.run(this.session, batch.map((at) => documents[at]), ["probabilities"]);
      batch.forEach((at, row) => { rows[at] = rowOf(probabilities, row); });
      await onBatch(batch.length);
    }
    return rows;
  }

  /** Score documents and return {scores, contributions}: of each document, per label, one weight per token. */
  async explain(documents, onBatch = () => {}) {
    const session = await this.explainingSession();
    const scores = new Array(documents.length), contributions = new Array(documents.length);
    const front = this.template.prefix.length;
    for (const batch of batches(documents.map((ids) => ids.length + this.frame))) {
      const outputs = ["probabilities", CONTRIBUTIONS];
      const found = await this.run(session, batch.map((at) => documents[at]), outputs);
      batch.forEach((at, row) => {
        scores[at] = rowOf(found.probabilities, row);
        const all = rowOf(found[CONTRIBUTIONS], row), width = found[CONTRIBUTIONS].dims[2];
        contributions[at] = Array.from({ length: found[CONTRIBUTIONS].dims[1] }, (_, label) =>
          all.subarray(label * width + front, label * width + front + documents[at].length));
      });
      await onBatch(batch.length);
    }
    return { scores, contributions };
  }

  /** Return the session that explains: one, however many requests are waiting for it. */
  async explainingSession() {
    this.explaining ??= this.ort.InferenceSession.create(switchOn(this.bytes, EXPLAIN), SESSION);
    try {
      return await this.explaining;
    } catch (error) {
      this.explaining = undefined;  // so that the next request tries again
      throw error;
    }
  }

  /** Number of tokens around a document. */
  get frame() { return this.template.prefix.length + this.template.suffix.length; }

  run(session, documents, outputs) {
    return session.run(assemble(documents, this.template, this.ort.Tensor), outputs);
  }
}

/** Return the model's inputs by name, each (batch, tokens): prefix, document, suffix, padding. */
export function assemble(documents, template, Tensor) {
  const { prefix, suffix, pad, token_type: type } = template;
  const width = Math.max(...documents.map((ids) => ids.length)) + prefix.length + suffix.length;
  const shape = [documents.length, width];
  const made = Object.fromEntries(template.inputs.map((name) => [name, new BigInt64Array(shape[0] * width)]));
  made.input_ids?.fill(BigInt(pad));
  documents.forEach((ids, row) => {
    const all = [...prefix, ...ids, ...suffix];
    all.forEach((id, at) => {
      const place = row * width + at;
      if (made.input_ids) made.input_ids[place] = BigInt(id);
      if (made.attention_mask) made.attention_mask[place] = 1n;
      if (made.token_type_ids && at >= prefix.length) made.token_type_ids[place] = BigInt(type);
    });
  });
  return Object.fromEntries(Object.entries(made).map(([name, values]) => [name, new Tensor("int64", values, shape)]));
}

/** Group texts by length into batches of indices, longest first, with at most `BATCH_TOKENS` tokens each. */
export function batches(lengths) {
  const order = lengths.map((_, at) => at).sort((a, b) => lengths[b] - lengths[a] || a - b);
  const found = [];
  for (let start = 0; start < order.length; ) {
    const end = start + Math.max(1, Math.floor(BATCH_TOKENS / Math.max(1, lengths[order[start]])));
    found.push(order.slice(start, end));
    start = end;
  }
  return found;
}

/** Return one row of a tensor, without the first axis. */
function rowOf(tensor, row) {
  const size = tensor.data.length / tensor.dims[0];
  return tensor.data.slice(row * size, (row + 1) * size);
}
