// Predict texts with the engine: a JSON object on standard input, a list of predictions on standard output; with
// `rounds`, the seconds that each of them takes.
import { readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { modules, engine, model: folder, texts, options, threads, rounds } = JSON.parse(readFileSync(0, "utf-8"));
const open = (...parts) => import(pathToFileURL(join(...parts)).href);
const ort = await open(modules, "onnxruntime-web/dist/ort.node.min.mjs");
const tokenizers = await open(modules, "@huggingface/tokenizers/dist/tokenizers.mjs");
const { createModel } = await open(engine, "emotion_model.js");
ort.env.wasm.numThreads = threads;
const files = readdirSync(folder).filter((name) => /\.(json|onnx)$/.test(name));
const read = (name) => [name, new Uint8Array(readFileSync(join(folder, name)))];
const model = await createModel(Object.fromEntries(files.map(read)), { ort, tokenizers });
const timed = async () => {
  const start = performance.now();
  await model.predict(texts, options);
  return (performance.now() - start) / 1000;
};
const seconds = [];
for (let round = 0; round < rounds; round++) seconds.push(await timed());
const text = Buffer.from(JSON.stringify(rounds ? seconds : await model.predict(texts, options)));
for (let at = 0; at < text.length; ) {
  try {
    at += writeSync(1, text, at);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;  // the pipe is full
  }
}
process.exit(0);  // threads of WebAssembly would keep the process alive
