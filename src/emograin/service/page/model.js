/** The model of the page: its description, and predictions by its host. */

import { $, count, make, number, two } from "./dom.js";

export const POLICIES = { "per-label": "One per label", "global": "One for all labels", fixed: "Fixed" };

let host = null, model = null;

/** Use a host: {describe, predict}. */
export const useHost = (chosen) => { host = chosen; };
/** Return the description of the model; null until it is loaded. */
export const current = () => model;

/** Predict texts by the chosen threshold policy, with the scores of all labels. */
export function predict(texts, options, attempt) {
  return host.predict(texts, { thresholds: $("policy").value, all_scores: true, ...options }, attempt);
}

/** Read the description of the model and show it. */
export async function loadModel(attempt) {
  model = await host.describe(attempt);
  const parts = [model.name, count(model.labels.length, "emotion")];
  const most = model.max_document_tokens;
  if (most) parts.push(`reads ${number(most)} word pieces at once, longer texts by sentence`);
  $("about").textContent = parts.join(" · ");
  const chosen = $("policy").value;
  $("policy").replaceChildren(...Object.keys(model.thresholds).map((policy) => {
    const values = new Set(model.labels.map((label) => thresholdOf(label, policy)));
    const only = values.size === 1 && policy !== "per-label" ? [...values][0] : null;
    const name = (POLICIES[policy] ?? policy) + (only === null ? "" : `, ${two(only)}`);
    return make("option", { value: policy, textContent: name, selected: policy === chosen });
  }));
  $("words").hidden = !model.explanations;
  document.dispatchEvent(new Event("model"));
}

export function thresholdOf(label, policy) {
  const values = model?.thresholds?.[policy];
  if (Array.isArray(values)) return values[model.labels.indexOf(label)] ?? null;
  return (typeof values === "number" ? values : values?.[label]) ?? null;
}
