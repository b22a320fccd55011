/** A label whose score reaches its threshold. */
export interface PredictedLabel {
  label: string;
  /** Probability, between 0 and 1. */
  score: number;
  threshold: number;
}

/** A word with its contribution to a label's logit; negative weights are evidence against the label. */
export interface Word {
  /** Start, in characters (code points, as Python counts them): `Array.from(text).slice(start, end).join("")`. */
  start: number;
  /** End, exclusive. */
  end: number;
  weight: number;
}

/** A sentence of a text. */
export interface Segment {
  /** Start, in characters (code points). */
  start: number;
  /** End, exclusive. */
  end: number;
  /** Highest score first; may be empty. */
  labels: PredictedLabel[];
  /** Score of each label. */
  scores: Record<string, number>;
}

export interface Prediction {
  /** Labels whose score reaches their threshold, highest score first; may be empty. */
  labels: PredictedLabel[];
  /** Score of each label; empty if `error` is set. */
  scores: Record<string, number>;
  /** Whether only the beginning of the text was read; never with `windows`. */
  truncated: boolean;
  /** Why there is no prediction: the value is no string, or blank. */
  error?: string;
  /** Words of each predicted label; only with `explain`. */
  words?: Record<string, Word[]>;
  /** The sentences; only with `segments`. */
  segments?: Segment[];
}

export interface PredictOptions {
  /** Threshold policy. Default: "per-label". */
  thresholds?: "per-label" | "global" | "fixed";
  /** Add the contribution of each word to each predicted label. */
  explain?: boolean;
  /** Add the labels of each sentence. */
  segments?: boolean;
  /** Read long texts sentence by sentence (true, the default), or only their beginning. */
  windows?: boolean;
  /** Give a text that reaches no threshold the label with the highest score. */
  atLeastOne?: boolean;
  /** Called after each batch; awaited. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
  /** Stops the prediction, which then rejects, between two batches. */
  signal?: AbortSignal;
}

export declare class EmotionModel {
  private constructor();
  readonly labels: string[];
  /** Threshold policy -> one threshold per label. */
  readonly thresholds: Record<string, number[]>;
  /** Label -> labels of the network that it unites; null if they are the same. */
  readonly unions: Record<string, string[]> | null;
  /** Number of word pieces that are read at once. */
  readonly maxDocumentTokens: number;
  /** Whether the model supports `explain`. */
  readonly explains: boolean;
  /** Content of model.json. */
  readonly description: Record<string, unknown>;
  /** Predict one text or many; resolves to one prediction per text, in order. */
  predict(texts: string | Iterable<unknown>, options?: PredictOptions): Promise<Prediction[]>;
}

export interface LoadOptions {
  /** Threads of WebAssembly; browsers allow more than 1 on pages that are cross-origin isolated. Default: 1. */
  threads?: number;
  /** Called before each file is read, and at the end. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Load a model.
 * @param location Address of the folder of an exported model, or in Node.js its path: that of `emograin export`, or
 *     page/model/ of `emograin page`.
 * @throws Error if a file is missing, was changed, or has another format.
 */
export declare function load(location: string | URL, options?: LoadOptions): Promise<EmotionModel>;
