/** The words of a text, highlighted by their weight for one emotion. */

import { $, make, two } from "./dom.js";

let shown = null, coloured = null;

/** Show the words of a predicted text; of none without a prediction. */
export function showWords(text, prediction) {
  shown = prediction && { text, prediction };
  if (!shown) coloured = null;
  choose();
}

/** Return whether words are to be shown. */
export const wanted = () => $("colour").checked;

/** Call `again` if words of the shown text are wanted that were not computed. */
export function onWordsWanted(again) {
  $("colour").addEventListener("change", () => {
    if (wanted() && shown && !shown.prediction.words) again(); else choose();
  });
}

/** Show a chip per emotion with words; keep the selected one if it is predicted again. */
function choose() {
  const words = wanted() ? shown?.prediction.words : null;
  const scoreOf = (label) => shown.prediction.scores[label];
  const labels = Object.keys(words ?? {}).sort((a, b) => scoreOf(b) - scoreOf(a));
  if (!labels.includes(coloured)) coloured = labels[0] ?? null;
  const had = document.activeElement?.name === "emotion";
  $("chips").replaceChildren($("chips").firstElementChild, ...labels.map((label) => {
    const input = make("input", { type: "radio", name: "emotion", value: label, checked: label === coloured });
    input.addEventListener("change", () => { coloured = label; colour(); });
    return make("label", { className: "chip" }, input, make("span", { textContent: label }));
  }));
  if (had) $("chips").querySelector(":checked")?.focus();
  colour();
}

/** Show the text with its words highlighted. Offsets are code points; `end` is exclusive. */
function colour() {
  $("words-body").hidden = !$("colour").checked;
  const words = coloured === null ? [] : [...shown.prediction.words[coloured]].sort((a, b) => a.start - b.start);
  const most = Math.max(...words.map((word) => Math.abs(word.weight)), 1e-9);
  const points = Array.from(shown?.text ?? "");
  const slice = (from, to) => points.slice(from, to).join("");
  const pieces = [];
  let at = 0;
  for (const { start, end, weight } of words) {
    if (start < at || end <= start) continue;
    const of = { className: weight < 0 ? "against" : "", textContent: slice(start, end), title: signed(weight) };
    const mark = make("mark", of);
    mark.style.setProperty("--much", Math.abs(weight) / most);
    pieces.push(slice(at, start), ...(Math.abs(weight) / most < 0.05 ? [slice(start, end)] : [mark]));
    at = end;
  }
  $("coloured").replaceChildren(...pieces, slice(at));
  const hint = "The text appears here with its important words highlighted.";
  if (!shown) $("coloured").append(make("span", { className: "quiet", textContent: hint }));
  const strongest = new Map();  // repeated words are listed once
  for (const { start, end, weight } of [...words].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))) {
    const word = slice(start, end), key = word.toLowerCase();
    if (Math.abs(weight) / most >= 0.15 && !strongest.has(key)) strongest.set(key, [word, weight]);
  }
  const those = (sign) => [...strongest.values()].filter(([, weight]) => weight * sign > 0).slice(0, 4)
    .map(([word, weight]) => `${word} ${signed(weight)}`).join(", ");
  const sides = [["for", those(1)], ["against", those(-1)]].filter(([, list]) => list);
  $("strongest").textContent = sides.map(([side, list]) => `Evidence ${side} ${coloured}: ${list}`).join(" · ");
}

const signed = (weight) => (weight < 0 ? "−" : "+") + two(Math.abs(weight));

choose();
