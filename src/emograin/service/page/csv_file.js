/** A CSV file, whose column of texts is predicted. */

import { batchIn } from "./batch.js";
import { decode, delimiterOf, parseCsv } from "./csv.js";
import { $, count, make, number, say } from "./dom.js";
import { openTab } from "./tabs.js";

const LARGEST_FILE = 50 * 2 ** 20;
const TEXT_COLUMN = /^(text|comment|message|body|content|review|tweet|sentence)$/i;

const fileBatch = batchIn($("file-panel"));
let records = [], fileName = "", unclosed = null, stray = new Set(), opening = 0;

async function openFile(file) {
  const notice = $("file-panel").querySelector(".notice"), mine = ++opening;
  fileBatch.clear();
  $("file-form").hidden = true;
  const fail = (message) => {
    say(notice, message);
    $("file-told").textContent = "Separated by commas, semicolons or tabs; all columns are kept";
  };
  if (file.size > LARGEST_FILE) {
    const size = number(Math.ceil(file.size / 2 ** 20));
    const other = "For larger files, use emograin predict --input FILE";
    return fail(`The file has ${size} MB; the limit of this page is 50 MB. ${other}`);
  }
  let bytes;
  try { bytes = await file.arrayBuffer(); } catch { bytes = null; }
  if (mine !== opening) return;  // another file was opened in the meantime
  if (!bytes) return fail("The file cannot be read.");
  const head = new Uint8Array(bytes.slice(0, 4096));
  if (head.includes(0) && ![0xfe, 0xff].includes(head[0])) {
    return fail("This is not a CSV file: it contains binary data. Save spreadsheets as CSV first.");
  }
  const [text, remark] = decode(bytes);
  ({ rows: records, open: unclosed, stray } = parseCsv(text, delimiterOf(text)));
  const first = records.findIndex((cells) => cells.some((cell) => cell.trim()));
  if (first < 0) return fail("The file is empty.");
  records = records.slice(first);
  unclosed = unclosed === null ? null : unclosed - first;
  stray = new Set([...stray].map((at) => at - first));
  say(notice, null);
  fileName = file.name.replace(/\.[^.]*$/, "") || "file";
  $("file-told").textContent = [file.name, remark].filter(Boolean).join(" · ");
  $("header").checked = true;
  offerColumns();
  $("column").focus();
}

const columnsOf = () => $("header").checked ? records[0] : records[0].map((_, at) => `column ${at + 1}`);
const bodyOf = () => $("header").checked ? records.slice(1) : records;

/** Offer the columns, with a guess at the text column: by its name, else the one with the longest cells. */
function offerColumns() {
  const columns = columnsOf(), some = bodyOf().slice(0, 100);
  const long = columns.map((_, at) => some.reduce((sum, cells) => sum + (cells[at]?.length ?? 0), 0));
  const named = columns.findIndex((name) => TEXT_COLUMN.test(name.trim()));
  const best = named >= 0 ? named : long.reduce((most, each, at) => each > long[most] ? at : most, 0);
  const option = (name, at) => ({ value: at, textContent: name || `column ${at + 1}`, selected: at === best });
  const list = document.createDocumentFragment();
  columns.forEach((name, at) => list.append(make("option", option(name, at))));
  $("column").replaceChildren(list);
  sample();
}

function sample() {
  const at = Number($("column").value), body = bodyOf();
  const texts = body.filter((cells) => cells[at]?.trim()).slice(0, 3);
  const short = (cells) => cells[at].replace(/\s+/g, " ").slice(0, 300);
  $("sample").replaceChildren(...texts.map((cells) => make("li", { textContent: short(cells) })));
  $("sample").hidden = !texts.length;
  $("file-go").textContent = `Predict ${count(body.length, "row")}`;
  $("file-go").disabled = !body.length;
  $("file-form").hidden = false;
}

function predictFile() {
  const columns = columnsOf(), at = Number($("column").value);
  const first = $("header").checked ? 1 : 0;
  const rows = bodyOf().map((cells, number) => {
    let error = "";
    if (number + first === unclosed) error = "a quoted cell is not closed";
    else if (stray.has(number + first)) error = "text follows a closing quote";
    else if (cells.length !== columns.length) error = `${count(cells.length, "cell")}, expected ${columns.length}`;
    if (cells.length > columns.length) error += `, too many: ${JSON.stringify(cells.slice(columns.length))}`;
    return { cells, text: error ? null : cells[at], error };
  });
  fileBatch.start(columns, rows, fileName);
}

$("file").addEventListener("change", () => {
  if ($("file").files[0]) openFile($("file").files[0]);
  $("file").value = "";
});
$("header").addEventListener("change", offerColumns);
$("column").addEventListener("change", sample);
$("file-go").addEventListener("click", predictFile);
const carries = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  openTab("file");
  $("drop").classList.add("over");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").classList.remove("over"); });
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  $("drop").classList.remove("over");
  openTab("file");
  if (event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
});
