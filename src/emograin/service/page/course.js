/** The course of emotions through a text: one lane per emotion, one column per sentence, as wide as the sentence is
    long and as high as its score. */

import { $, make, number, two } from "./dom.js";

const LANES = 10;  // emotions whose course is drawn
const ROWS = 200;  // sentences in the table

let points = [], segments = [];
const sentence = (at) => points.slice(segments[at].start, segments[at].end).join("").replace(/\s+/g, " ");
const told = (at) => segments[at].labels.map((row) => `${row.label} ${two(row.score)}`).join(", ")
  || "no emotion reaches its threshold";

/** Show the sentences of a text; nothing for a text of one sentence. */
export function show(text, prediction) {
  segments = prediction.segments ?? [];
  $("course").hidden = segments.length < 2;
  if (segments.length < 2) return;
  points = Array.from(text);
  $("course-many").textContent = `${number(segments.length)} sentences; green: the score reaches the threshold`;
  const highest = (label) => Math.max(...segments.map((each) => each.scores[label]));
  const whole = prediction.labels.map((row) => row.label);
  const others = new Set(segments.flatMap((each) => each.labels.map((row) => row.label)));
  const rest = [...others].filter((label) => !whole.includes(label)).sort((a, b) => highest(b) - highest(a));
  const labels = [...whole, ...rest].slice(0, LANES);
  $("lanes").replaceChildren(...labels.map(lane));
  $("lanes").hidden = !labels.length;
  $("course-rows").replaceChildren(...segments.slice(0, ROWS).map((each, at) => make("tr", { role: "row" },
    make("td", { role: "cell", className: "no", textContent: number(at + 1) }),
    make("td", { role: "cell" }, make("span", { className: "text", textContent: sentence(at) })),
    make("td", { role: "cell", className: "emotions", textContent: told(at) }))));
  $("course-at").max = segments.length;
  $("course-at").value = 1;
  select(0);
}

function lane(label) {
  const reached = segments.map((each) => each.labels.some((row) => row.label === label));
  const scores = segments.map((each) => each.scores[label]);
  const columns = scores.map((score, at) => {
    const title = `${number(at + 1)}: ${label} ${two(score)}`;
    const column = make("span", { className: reached[at] ? "column reached" : "column", title });
    column.style.setProperty("--long", segments[at].end - segments[at].start);
    column.style.setProperty("--score", Math.min(Math.max(score, 0), 1));
    column.dataset.at = at;
    return column;
  });
  const track = make("div", { className: segments.length > 60 ? "columns dense" : "columns", role: "img" }, ...columns);
  const those = reached.flatMap((each, at) => each ? [number(at + 1)] : []);
  const best = scores.indexOf(Math.max(...scores));
  const others = those.length > 20 ? " and others" : "";
  const where = those.length ? `sentence ${those.slice(0, 20).join(", ")}${others}` : "no sentence";
  const highest = `highest in sentence ${number(best + 1)} of ${number(scores.length)}, ${two(scores[best])}`;
  track.setAttribute("aria-label", `${label} reaches its threshold in ${where}; ${highest}`);
  return make("li", { className: "lane" }, make("span", { className: "name", textContent: label }), track);
}

function select(at) {
  for (const column of $("lanes").querySelectorAll(".column")) {
    column.classList.toggle("at", Number(column.dataset.at) === at);
  }
  const which = `${number(at + 1)} of ${number(segments.length)}`;
  $("course-text").textContent = `${which}: ${sentence(at)}`;
  $("course-labels").textContent = told(at);
  $("course-at").setAttribute("aria-valuetext", `${which}: ${told(at)}. ${sentence(at)}`);
}

$("course-at").addEventListener("input", () => select(Number($("course-at").value) - 1));
$("lanes").addEventListener("click", (event) => {
  const at = event.target.dataset.at;
  if (at === undefined) return;
  $("course-at").value = Number(at) + 1;
  select(Number(at));
});

export const hide = () => { $("course").hidden = true; };
