/** Bars of scores, with ticks at the thresholds. */

import { make, two } from "./dom.js";

const rows = new Map();  // label -> its bar, reused for every answer, so that bars move instead of jump

function barOf(label) {
  if (!rows.has(label)) {
    const name = make("span", { className: "name", textContent: label, id: `bar-${rows.size}` });
    const fill = make("span", { className: "fill" }), tick = make("span", { className: "tick" });
    const track = make("span", { className: "track", role: "meter" }, fill, tick);
    track.setAttribute("aria-labelledby", name.id);
    track.setAttribute("aria-valuemin", "0");
    track.setAttribute("aria-valuemax", "1");
    const value = make("span", { className: "value" });
    value.setAttribute("aria-hidden", "true");
    rows.set(label, { item: make("li", { className: "bar" }, name, track, value), track, fill, tick, value });
  }
  return rows.get(label);
}

/** Draw the bar of a label and return its item of a list. */
export function draw(label, score, threshold, reached) {
  const { item, track, fill, tick, value } = barOf(label);
  fill.style.width = `${100 * Math.min(Math.max(score, 0), 1)}%`;
  tick.hidden = threshold === null;
  if (threshold !== null) tick.style.left = `${100 * Math.min(threshold, 1)}%`;
  value.textContent = two(score);
  const text = `${two(score)}${threshold === null ? "" : `, threshold ${two(threshold)}`}`;
  track.setAttribute("aria-valuenow", two(score));
  track.setAttribute("aria-valuetext", `${text}, ${reached ? "predicted" : "not predicted"}`);
  item.title = `${label}: ${text}`;
  return item;
}
