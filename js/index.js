/** emograin: emotions in texts, in browsers and Node.js. */

import * as ort from "#onnxruntime";
import read from "#read";
import * as tokenizers from "@huggingface/tokenizers";

import { createModel } from "./engine/emotion_model.js";
import { namesOf, parse } from "./engine/model_files.js";

export { EmotionModel } from "./engine/emotion_model.js";

/** Load a model from an address or, in Node.js, a folder; see index.d.ts. */
export async function load(location, { threads = 1, onProgress = () => {} } = {}) {
  const files = { "model.json": await read(location, "model.json") };
  const names = namesOf(parse(files, "model.json"));
  for (const [at, name] of names.entries()) {
    onProgress(at, names.length);
    files[name] = await read(location, name);
  }
  onProgress(names.length, names.length);
  ort.env.wasm.numThreads = threads;
  return createModel(files, { ort, tokenizers });
}
