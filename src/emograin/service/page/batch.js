/** A table of many texts, predicted in chunks. */

import { csvLine, isFormula } from "./csv.js";
import { $, count, make, number, say, two } from "./dom.js";
import { Failure } from "./failure.js";
import { current, loadModel, POLICIES, predict } from "./model.js";
import { problemOf } from "./texts.js";

const SHOWN = 200;  // rows of a table on the page; the download contains all
const CHUNK = 256, CHUNK_CHARACTERS = 100000;  // per request, if the model allows more
const FORMULA = "an apostrophe stands before cells that a spreadsheet would run as formulas";
const RESERVED = /^(labels|scores|error|note|score_.*)$/;

/** A table whose rows are sent in chunks; can be stopped, continued, and downloaded as CSV. */
export function batchIn(panel) {
  const root = $("batch").content.firstElementChild.cloneNode(true);
  panel.append(root);
  const part = (name) => root.querySelector(name);
  const notice = panel.querySelector(".notice");
  let job = null;

  /** Start a table. A row is {cells, text, error}; rows with an error are not sent. */
  function start(columns, rows, name) {
    job?.stop.abort();
    const answers = rows.map((row) => row.error ? refused(row.error) : null);
    job = { columns, rows, name, policy: $("policy").value, answers, at: 0, painted: 0 };
    part("tbody").replaceChildren();
    part(".more").textContent = "";
    part(".scroll").scrollTop = 0;
    root.hidden = false;
    run(job);
  }

  const refused = (error) => ({ labels: [], scores: {}, error, note: "" });

  const attemptOf = (mine, times) => (
    { signal: mine.stop.signal, times, waiting: (message) => { if (mine === job) say(notice, message); } }
  );

  async function run(mine) {
    mine.stop = new AbortController();
    mine.running = true;
    mine.since = performance.now();
    mine.from = mine.at;
    mine.inARow = 0;
    say(notice, null);
    report(mine);
    try {
      if (!current()) await loadModel(attemptOf(mine, 5));
      while (mine.at < mine.rows.length) {
        const [chunk, end] = next(mine);
        if (chunk.length) await send(mine, chunk);
        mine.at = end;
        if (mine === job) { say(notice, null); paint(mine); report(mine); }
      }
    } catch (failure) {
      if (mine !== job) return;
      if (failure instanceof Failure) say(notice, failure.message, () => run(mine));
      else if (failure.name !== "AbortError") throw failure;
      else say(notice, null);
    } finally {
      mine.running = false;
      if (mine === job) { paint(mine); report(mine); }
    }
  }

  /** Return the rows of the next request, and the index of the row after them. */
  function next(mine) {
    const most = Math.min(current()?.limits?.texts ?? 32, CHUNK), chunk = [];
    let end = mine.at, characters = 0;
    for (; end < mine.rows.length && chunk.length < most; end++) {
      if (mine.answers[end]) continue;
      const { text } = mine.rows[end];
      const problem = problemOf(text);
      if (problem) { mine.answers[end] = refused(problem); continue; }
      if (chunk.length && characters + text.length > CHUNK_CHARACTERS) break;
      characters += text.length;
      chunk.push(end);
    }
    return [chunk, end];
  }

  /** Send rows; if the service rejects them, send them again in halves, down to the rejected row. */
  async function send(mine, chunk) {
    let answer;
    try {
      const texts = chunk.map((at) => mine.rows[at].text);
      answer = await predict(texts, { explain: false, thresholds: mine.policy }, attemptOf(mine, 50));
    } catch (failure) {
      if (!failure.causedByTexts || (chunk.length === 1 && ++mine.inARow > 20)) throw failure;
      if (chunk.length === 1) { mine.answers[chunk[0]] = refused(failure.message); return; }
      const half = chunk.length >> 1;
      await send(mine, chunk.slice(0, half));
      await send(mine, chunk.slice(half));
      return;
    }
    mine.inARow = 0;
    const most = current()?.max_document_tokens;
    answer.predictions.forEach((prediction, at) => {
      const note = prediction.truncated ? `only the first ${most ? `${most} word pieces were` : "part was"} read` : "";
      mine.answers[chunk[at]] = { labels: prediction.labels, scores: prediction.scores, error: "", note };
    });
  }

  function report(mine) {
    const all = mine.rows.length, done = mine.at >= all;
    const bad = mine.answers.slice(0, mine.at).filter((answer) => answer?.error).length;
    const spent = (performance.now() - mine.since) / 1000;
    const left = (all - mine.at) * spent / (mine.at - mine.from);
    const parts = [done ? count(all, "row") : `${number(mine.at)} of ${count(all, "row")}`];
    const about = left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`;
    if (!done && mine.running && spent > 2 && Number.isFinite(left)) parts.push(`about ${about} left`);
    if (!done && !mine.running) parts.push("stopped");
    if (bad) parts.push(`${number(bad)} without a prediction`);
    parts.push(`thresholds: ${(POLICIES[mine.policy] ?? mine.policy).toLowerCase()}`);
    part(".told").textContent = parts.join(" · ");
    const quarter = Math.floor(4 * mine.at / all);  // a screen reader hears the start, each quarter, and the end
    if (quarter !== mine.quarter || !mine.running) part(".announced").textContent = parts.join(", ");
    mine.quarter = quarter;
    part("progress").value = all ? mine.at / all : 1;
    const had = root.contains(document.activeElement) && document.activeElement.matches("button");
    part(".cancel").hidden = !mine.running;
    part(".on").hidden = mine.running || done;
    part(".save").hidden = mine.running || !current();  // without a model's labels there are no columns
    if (had && document.activeElement === document.body) part(mine.running ? ".cancel" : ".save").focus();
  }

  function paint(mine) {
    const to = Math.min(mine.at, SHOWN), rows = [];
    for (let at = mine.painted; at < to; at++) {
      const { labels, error, note } = mine.answers[at];
      const cell = make("td", { role: "cell", className: "emotions" });
      const quiet = (textContent) => make("span", { className: "quiet", textContent });
      const pill = (row) => make("span", { className: "pill", textContent: `${row.label} ${two(row.score)}` });
      if (error) cell.append(make("span", { className: "row-wrong", textContent: error }));
      else if (!labels.length) cell.append(quiet("no emotion reaches its threshold"));
      for (const row of labels) cell.append(pill(row), " ");
      if (note) cell.append(make("div", { className: "quiet", textContent: note }));
      const textContent = mine.rows[at].text ?? mine.rows[at].cells.join(" | ");
      const no = make("td", { role: "cell", className: "no", textContent: number(at + 1) });
      const text = make("td", { role: "cell" }, make("span", { className: "text", textContent }));
      rows.push(make("tr", { role: "row" }, no, text, cell));
    }
    part("tbody").append(...rows);
    mine.painted = Math.max(mine.painted, to);
    const more = `The first ${SHOWN} rows are shown; the download contains all rows.`;
    part(".more").textContent = mine.at > SHOWN ? more : "";
  }

  function save() {
    const labels = current().labels;
    const taken = new Set(job.columns);
    const columns = job.columns.map((name) => {
      let other = name;
      if (RESERVED.test(name)) { do other = `input_${other}`; while (taken.has(other)); taken.add(other); }
      return other;
    });
    const header = [...columns, "labels", ...labels.map((label) => `score_${label}`), "error", "note"];
    const out = ["\ufeff", csvLine(header)];
    job.rows.forEach((row, at) => {
      const answer = job.answers[at] ?? refused("not predicted: stopped before this row");
      const cells = columns.map((_, column) => row.cells[column] ?? "");
      const score = (label) => label in answer.scores ? String(Number(answer.scores[label].toFixed(6))) : "";
      const found = JSON.stringify(answer.labels.map((each) => each.label));
      const note = [answer.note, cells.some(isFormula) ? FORMULA : ""].filter(Boolean).join("; ");
      out.push(csvLine([...cells, found, ...labels.map(score), answer.error, note]));
    });
    const address = URL.createObjectURL(new Blob(out, { type: "text/csv;charset=utf-8" }));
    make("a", { href: address, download: `${job.name}-emotions.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  part(".cancel").addEventListener("click", () => job.stop.abort());
  part(".on").addEventListener("click", () => run(job));
  part(".save").addEventListener("click", save);
  window.addEventListener("beforeunload", (event) => { if (job?.running) event.preventDefault(); });
  const clear = () => { job?.stop.abort(); job = null; root.hidden = true; };
  return { start, clear };
}
