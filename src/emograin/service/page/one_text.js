/** One text, predicted while it is typed. */

import { draw } from "./bars.js";
import * as course from "./course.js";
import { $, count, make, number, say, two } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { Failure } from "./failure.js";
import { current, loadModel, predict, thresholdOf } from "./model.js";
import { lengthOf, problemOf } from "./texts.js";
import { onWordsWanted, showWords, wanted } from "./words.js";

const PAUSE = 250;  // ms after the last key press before a text is sent

let timer, latest = null;

/** Show the answer for a text. */
function show(text, answer) {
  const prediction = answer.predictions[0];
  const chosen = new Set(prediction.labels.map((row) => row.label));
  const others = Object.entries(prediction.scores).filter(([label]) => !chosen.has(label));
  others.sort((a, b) => b[1] - a[1]);
  $("chosen").replaceChildren(...prediction.labels.map((row) => draw(row.label, row.score, row.threshold, true)));
  const below = ([label, score]) => draw(label, score, thresholdOf(label, answer.thresholds), false);
  $("rest").replaceChildren(...others.map(below));
  $("chosen").hidden = !chosen.size;
  $("nothing").hidden = Boolean(chosen.size);
  $("nothing").textContent = "No emotion reaches its threshold.";
  $("rest-box").classList.toggle("blank", !others.length);
  const whose = others.length === 1 ? "its threshold" : "their thresholds";
  $("rest-title").textContent = `${count(others.length, "other emotion")}, below ${whose}`;
  const most = current()?.max_document_tokens;
  const part = most ? `first ${number(most)} word pieces of the text were` : "beginning of the text was";
  $("note").textContent = prediction.truncated ? `Only the ${part} read.` : "";
  const found = prediction.labels.map((row) => `${row.label} ${two(row.score)}`).join(", ");
  $("said").textContent = [found || $("nothing").textContent, $("note").textContent].filter(Boolean).join(". ");
  course.show(text, prediction);
  showWords(text, prediction);
}

/** Show no text. */
function nothing() {
  course.hide();
  $("chosen").hidden = true;
  $("rest-box").classList.add("blank");
  $("rest").replaceChildren();
  $("nothing").hidden = false;
  $("nothing").textContent = "Emotions appear here as you type.";
  $("note").textContent = $("said").textContent = "";
  showWords("", null);
}

function counted() {
  const most = current()?.limits?.characters;
  $("one-count").textContent = most ? `${number(lengthOf($("text").value))} / ${number(most)}` : "";
}

/** Predict the current text; of several pending answers only the last counts. */
export async function predictText() {
  clearTimeout(timer);
  latest?.abort();
  const mine = latest = new AbortController();
  const text = $("text").value;
  const problem = problemOf(text);
  $("result").setAttribute("aria-busy", String(!problem));
  if (problem) {
    say($("one-notice"), text.trim() ? `${problem[0].toUpperCase()}${problem.slice(1)}.` : null);
    return nothing();
  }
  try {
    const waiting = (message) => { if (mine === latest) say($("one-notice"), message); };
    const attempt = { signal: mine.signal, times: 5, waiting };
    if (!current()) await loadModel(attempt);
    const explain = Boolean(current().explanations) && wanted();
    const answer = await predict([text], { explain, segments: true }, attempt);
    if (mine !== latest) return;
    say($("one-notice"), null);
    show(text, answer);
  } catch (failure) {
    if (mine !== latest) return;
    if (!(failure instanceof Failure)) throw failure;
    nothing();  // what is shown is of an earlier text
    const final = failure.status === 401 || failure.causedByTexts;
    say($("one-notice"), failure.message, final ? null : predictText);
  } finally {
    if (mine === latest) $("result").setAttribute("aria-busy", "false");
  }
}

const later = () => { clearTimeout(timer); timer = setTimeout(predictText, PAUSE); };
$("text").addEventListener("input", (event) => { counted(); if (!event.isComposing) later(); });
$("text").addEventListener("compositionend", later);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) predictText();
});
$("one-go").addEventListener("click", () => { if ($("text").value.trim()) predictText(); else $("text").focus(); });
onWordsWanted(predictText);
window.addEventListener("online", () => { if ($("one-notice").classList.contains("wrong")) predictText(); });
document.addEventListener("model", counted);
$("examples").append(...EXAMPLES.map((example) => make("button", {
  type: "button", textContent: example.length > 70 ? `${example.slice(0, 60)}…` : example,
  onclick: () => { $("text").value = example; counted(); predictText(); },
})));
