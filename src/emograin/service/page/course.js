/** The course of emotions through a text: one lane per emotion, one column per sentence, as wide as the sentence is
    long and as high as its score. */

import { $, make, number, two } from "./dom.js";

const LANES = 10;  // emotions whose course is drawn
const ROWS = 200;  // sentences in the table
const COLUMNS = 500;  // of a lane; with more sentences, each column is several of them

let points = [], segments = [], together = 1;
const sentence = (at) => points.slice(segments[at].start, segments[at].end).join("").replace(/\s+/g, " ");
const told = (at) => segments[at].labels.map((row) => `${row.label} ${two(row.score)}`).join(", ")
  || "no emotion reaches its threshold";

/** Show the sentences of a text; nothing for a text of one sentence. */
export function show(text, prediction) {
  segments = prediction.segments ?? [];
  $("course").hidden = segments.length < 2;
  if (segments.length < 2) return;
  points = Array.from(text);
  together = Math.ceil(segments.length / COLUMNS);
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
  const columns = [];
  for (let at = 0; at < segments.length; at += together) {
    const end = Math.min(at + together, segments.length), score = Math.max(...scores.slice(at, end));
    const title = `${number(at + 1)}${end > at + 1 ? `–${number(end)}` : ""}: ${label} ${two(score)}`;
    const has = reached.slice(at, end).includes(true);
    const column = make("span", { className: has ? "column reached" : "column", title });
    column.style.setProperty("--long", segments[end - 1].end - segments[at].start);
    column.style.setProperty("--score", Math.min(Math.max(score, 0), 1));
    column.dataset.at = at;
    columns.push(column);
  }
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
    column.classList.toggle("at", Number(column.dataset.at) === at - at % together);
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
