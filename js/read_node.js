import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import readAddress from "./read_web.js";

/** Read a file of a model from a folder or an address. */
export default async function read(location, name) {
  const text = String(location);
  if (/^https?:/.test(text)) return readAddress(location, name);
  const folder = text.startsWith("file:") ? fileURLToPath(text) : text;
  try {
    return new Uint8Array(await readFile(join(folder, name)));
  } catch (error) {
    throw new Error(`${name} of the model cannot be read from ${folder}: ${error.code}`, { cause: error });
  }
}
