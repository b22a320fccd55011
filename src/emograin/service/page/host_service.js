/** The model behind the API of `emograin serve`. A host describes its model and predicts texts. */

import { askForKey, currentKey } from "./api_key.js";
import { sleep } from "./dom.js";
import { Failure } from "./failure.js";

const TIMEOUT = 60;  // s until a response

/** Return the content of GET /v1/model. `attempt` is {signal, times, waiting}: see `askWithRetries`. */
export const describe = (attempt) => askWithRetries("v1/model", null, attempt);

/** Return the content of POST /v1/predict. Throws a Failure, or an AbortError if the signal is aborted. */
export async function predict(texts, options, attempt) {
  const answer = await askWithRetries("v1/predict", { texts, ...options }, attempt);
  if (answer.predictions?.length !== texts.length) throw new Failure(500, "The response of the service is not valid.");
  return answer;
}

/** Send a request; if the service is busy, wait as long as it says and retry, at most `times` times. */
async function askWithRetries(path, body, { signal, times, waiting }) {
  for (let tries = 0; ; tries++) {
    try {
      return await ask(path, body, signal);
    } catch (failure) {
      if (!failure.temporary || tries >= times) throw failure;
      const seconds = failure.wait ?? Math.min(2 ** tries, 30);
      waiting(`${failure.message} Trying again in ${Math.ceil(seconds)} s.`);
      await sleep(seconds, signal);
    }
  }
}

/** Send one request. Throws a Failure, or an AbortError if `signal` is aborted. */
async function ask(path, body, signal) {
  const limit = new AbortController();
  const stop = () => limit.abort();
  signal?.addEventListener("abort", stop);
  const timer = setTimeout(stop, TIMEOUT * 1000);
  const headers = currentKey() ? { Authorization: `Bearer ${currentKey()}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  const request = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal: limit.signal };
  let response, answer;
  try {
    response = await fetch(path, { ...request, cache: "no-store" });
    answer = await response.json().catch((error) => { if (error instanceof SyntaxError) return null; throw error; });
  } catch {
    if (signal?.aborted) throw new DOMException("stopped", "AbortError");
    const late = `The service did not answer within ${TIMEOUT} s.`;
    throw new Failure(0, limit.signal.aborted ? late : "No connection to the service.");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
  if (response.ok && answer) return answer;
  const why = explain(response.status, answer?.error?.message);
  if (response.status === 401) askForKey(why);
  throw new Failure(response.status, why, secondsOf(response.headers.get("Retry-After")));
}

function explain(status, message) {
  const detail = message ? `: ${message.replace(/[.\s]+$/, "")}.` : ".";
  if (status === 401) return currentKey() ? "This API key is not valid." : "This service requires an API key.";
  if (status === 413) return `The request is too large${detail}`;
  if (status === 422 || status === 400) return `The request was rejected${detail}`;
  if (status === 429) return `The service is busy${detail}`;
  if (status === 503) return `The service is not ready${detail}`;
  return `The service failed with status ${status}${detail}`;
}

function secondsOf(retryAfter) {
  if (!retryAfter) return null;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 300) : null;
}
