/** The model inside the browser, in a worker, so that the page stays responsive. A host describes and predicts. */

import { Failure } from "../failure.js";
import { hideLoading, showLoading } from "./loading.js";
import { startModelWorker } from "./workers.js";

const waiting = new Map();  // id -> the request's functions
let worker = null, last = 0;

/** Load the model and describe it, as GET /v1/model does. */
export async function describe({ signal }) {
  showLoading(null);
  try {
    return await ask("describe", {}, signal);
  } finally {
    hideLoading();
  }
}

/** Predict texts and answer as POST /v1/predict does. Throws a Failure, or an AbortError if the signal is aborted. */
export const predict = (texts, options, { signal }) => ask("predict", { texts, options }, signal);

function ask(kind, request, signal) {
  if (signal?.aborted) return Promise.reject(new DOMException("stopped", "AbortError"));
  worker ??= start();
  const id = ++last;
  return new Promise((done, fail) => {
    const end = () => { waiting.delete(id); signal?.removeEventListener("abort", stop); };
    const stop = () => {
      end();
      worker?.postMessage({ id, kind: "cancel" });
      fail(new DOMException("stopped", "AbortError"));
    };
    waiting.set(id, { done: (answer) => { end(); done(answer); }, fail: (failure) => { end(); fail(failure); } });
    signal?.addEventListener("abort", stop);
    const threads = Number(new URLSearchParams(location.search).get("threads"));  // for measurements: ?threads=1
    worker.postMessage({ id, kind, threads, ...request });
  });
}

function start() {
  const started = startModelWorker();
  started.addEventListener("message", ({ data }) => {
    if (data.kind === "progress") return showLoading(data);
    hideLoading();  // which a worker that was started again has shown
    if (data.kind === "answer") return waiting.get(data.id)?.done(data.answer);
    waiting.get(data.id)?.fail(new Failure(data.status, data.message));
  });
  started.addEventListener("error", (event) => {  // a script is missing, or memory ran out
    event.preventDefault();
    worker = null;
    started.terminate();
    const failure = new Failure(0, `The model stopped: ${event.message || "its program could not be loaded"}.`);
    for (const { fail } of [...waiting.values()]) fail(failure);
  });
  return started;
}
