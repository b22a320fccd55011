/** Start the page with a host. */

import "./csv_file.js";
import { $, say } from "./dom.js";
import { Failure } from "./failure.js";
import "./many_lines.js";
import { loadModel, useHost } from "./model.js";
import { predictText } from "./one_text.js";
import "./tabs.js";

export function start(host) {
  useHost(host);
  $("policy").addEventListener("change", () => { if ($("text").value.trim()) predictText(); });
  return begin();
}

/** Load the model. */
export async function begin() {
  try {
    const waiting = (message) => say($("one-notice"), message);
    await loadModel({ signal: new AbortController().signal, times: 5, waiting });
    say($("one-notice"), null);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.status !== 401) say($("one-notice"), failure.message, begin);
  }
}
