/** Many texts, one per line. */

import { batchIn } from "./batch.js";
import { $, count } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { linesOf } from "./texts.js";

const batch = batchIn($("many-panel"));

function predictLines() {
  const lines = linesOf($("lines").value);
  if (!lines.length) return $("lines").focus();
  batch.start(["text"], lines.map((line) => ({ cells: [line], text: line })), "texts");
}

function counted() {
  const lines = linesOf($("lines").value).length;
  $("many-count").textContent = lines ? count(lines, "text") : "";
}

$("lines").addEventListener("input", counted);
$("lines").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) predictLines();
});
$("many-go").addEventListener("click", predictLines);
$("many-fill").addEventListener("click", () => { $("lines").value = EXAMPLES.join("\n"); counted(); predictLines(); });
