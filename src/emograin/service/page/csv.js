/** CSV: formatting, parsing and decoding. */

/** Return whether a spreadsheet could run a cell as a formula. */
export function isFormula(cell) {
  const isNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(cell);
  return !isNumber && /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell);
}

/** Format one record (RFC 4180). A cell that a spreadsheet would run as a formula gets an apostrophe. */
export function csvLine(cells) {
  return cells.map((cell) => {
    const safe = isFormula(cell) ? `'${cell}` : cell;
    return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }).join(",") + "\r\n";
}

/** Parse CSV; quoted cells may contain delimiters, line ends and doubled quotes. A blank line has no cells. `open` is the
    row of a quoted cell that is not closed, `stray` are rows in which text follows a closing quote. */
export function parseCsv(text, delimiter, most = Infinity) {
  const ends = new RegExp(`[${delimiter}\r\n]`, "g"), rows = [];
  const endFrom = (at) => { ends.lastIndex = at; return ends.exec(text)?.index ?? text.length; };
  const stray = new Set();
  let at = 0, open = null;
  while (at < text.length && rows.length < most) {
    const cells = [], from = at;
    for (;;) {
      let value = "";
      const isQuoted = text[at] === '"';
      if (isQuoted) {
        for (at++; ; ) {
          const quote = text.indexOf('"', at);
          if (quote < 0) { open = rows.length; value += text.slice(at); at = text.length; break; }
          value += text.slice(at, quote);
          at = quote + 1;
          if (text[at] !== '"') break;
          value += '"';
          at++;
        }
      }
      const end = endFrom(at);
      if (isQuoted && end > at) stray.add(rows.length);
      cells.push(value + text.slice(at, end));
      at = end;
      if (text[at] !== delimiter) break;
      at++;
    }
    rows.push(at === from ? [] : cells);
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
  }
  return { rows, open, stray };
}

/** Guess the delimiter from the first record that is not blank. */
export const delimiterOf = (text) => {
  const head = text.slice(0, 65536).replace(/^(?:[ \t]*[\r\n])+/, "");
  const cells = (delimiter) => parseCsv(head, delimiter, 1).rows[0]?.length ?? 0;
  return [",", ";", "\t"].reduce((best, each) => cells(each) > cells(best) ? each : best);
};

/** Decode bytes: UTF-16 with a byte order mark, UTF-8, or else Windows-1252, as spreadsheets write it. */
export function decode(bytes) {
  const head = new Uint8Array(bytes.slice(0, 2));
  if (head[0] === 0xff && head[1] === 0xfe) return [new TextDecoder("utf-16le").decode(bytes), ""];
  if (head[0] === 0xfe && head[1] === 0xff) return [new TextDecoder("utf-16be").decode(bytes), ""];
  try {
    return [new TextDecoder("utf-8", { fatal: true }).decode(bytes), ""];
  } catch {
    return [new TextDecoder("windows-1252").decode(bytes), "not UTF-8, read as Windows-1252"];
  }
}
