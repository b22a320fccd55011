/** The worker that runs the model. Messages: {id, kind: describe | predict | cancel, ...}; answers have the same id. */

import { createModel } from "../engine/emotion_model.js";
import * as ort from "../runtime/onnxruntime.js";
import * as tokenizers from "../runtime/tokenizers.js";
import { forgetFiles, loadFiles } from "./stored_files.js";

const ROOT = new URL("../../", import.meta.url).href;
const MODEL = "page/model/", PROGRAM = "page/runtime/onnxruntime.wasm";
const LIMITS = { texts: 32, characters: 50000 };
const THREADS = 4;  // at most; and not more than half of the logical cores: threads that wait for a core cost time

const cancelled = new Map();  // id of a running request -> its AbortController
let loading = null, mode = "default";

self.addEventListener("message", async ({ data: { id, kind, ...request } }) => {
  if (kind === "cancel") return cancelled.get(id)?.abort();
  const stop = new AbortController();
  cancelled.set(id, stop);
  try {
    const answer = kind === "describe" ? await describe(request) : await predict(request, stop.signal);
    self.postMessage({ id, kind: "answer", answer });
  } catch (error) {
    self.postMessage({ id, kind: "failure", status: error.status ?? 0, message: error.message });
  } finally {
    cancelled.delete(id);
  }
});

/** Return the model, loaded once; a worker that was started again loads it for the first text. */
function loaded({ threads }) {
  loading ??= load(threads).catch((error) => {
    loading = null;
    throw new Error(`The model cannot be loaded: ${error.message}.`);
  });
  return loading;
}

async function describe(request) {
  const { model, about } = await loaded(request);
  const byLabel = (values) => Object.fromEntries(model.labels.map((label, at) => [label, values[at]]));
  return {
    name: about.name,
    method: model.description.settings.method,
    labels: model.labels,
    unions: model.unions,
    thresholds: Object.fromEntries(Object.entries(model.thresholds).map(([policy, each]) => [policy, byLabel(each)])),
    max_document_tokens: model.maxDocumentTokens,
    explanations: model.explains,
    limits: LIMITS,
    card: about.card,
  };
}

async function load(threads) {
  const response = await fetch(new URL("page/files.json", ROOT)).catch(() => null);
  if (!response?.ok) throw new Error("its files could not be listed");
  const about = await response.json();
  const report = (progress) => self.postMessage({ kind: "progress", ...progress });
  const files = await loadFiles(about.large, ROOT, report, mode);
  ort.env.wasm.wasmBinary = files[PROGRAM];
  const most = Math.min(THREADS, Math.max(1, navigator.hardwareConcurrency >> 1));
  ort.env.wasm.numThreads = self.crossOriginIsolated ? threads || most : 1;
  const ofModel = Object.entries(files).filter(([address]) => address.startsWith(MODEL));
  const byName = Object.fromEntries(ofModel.map(([address, each]) => [address.slice(MODEL.length), each]));
  try {
    const model = await createModel(byName, { ort, tokenizers });
    await model.predict(["Ready."], { explain: model.explains });  // starts what the first text needs
    await forgetFiles(about.large, ROOT).catch(() => {});
    return { model, about };
  } catch (error) {
    await forgetFiles({}, ROOT).catch(() => {});
    mode = "reload";  // a damaged file may be in the browser's own cache as well
    throw error;
  }
}

async function predict({ texts, options, threads }, signal) {
  const { model, about } = await loaded({ threads });
  const { thresholds, explain, segments } = options;
  const predictions = await model.predict(texts, { thresholds, explain, segments, signal, onProgress: pause });
  const wrong = predictions.find((each) => each.error);
  if (wrong) throw Object.assign(new Error(`The text cannot be read: ${wrong.error}.`), { status: 422 });
  return { model: about.name, thresholds, predictions };
}

/** Let messages in, such as the one that cancels. */
const channel = new MessageChannel();
const resumed = [];
channel.port1.onmessage = () => resumed.shift()();
const pause = () => new Promise((done) => { resumed.push(done); channel.port2.postMessage(null); });
