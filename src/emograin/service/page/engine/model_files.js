/** The files of an exported model: which they are, and whether they are those that were exported. */

const PRODUCER = "emograin", FORMAT = 3;
const NEEDED = ["model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json"];
const OPTIONAL = ["score_map.json"];

/** Return the names of the files that a model needs beside model.json, by its content. */
export function namesOf(description) {
  if (description?.producer !== PRODUCER) throw new Error("model.json does not describe a model of emograin");
  if (description.format !== FORMAT) {
    throw new Error(`the model has format ${description.format}, expected ${FORMAT}: export it again`);
  }
  return [...NEEDED, ...OPTIONAL.filter((name) => name in description.files)];
}

export const parse = (files, name) => JSON.parse(new TextDecoder().decode(files[name]));

/** Check the files and return the content of model.json. Without crypto.subtle (pages that are not secure), digests are
    not compared. */
export async function checkFiles(files) {
  const description = parse(files, "model.json");
  for (const name of namesOf(description)) {
    if (!files[name]) throw new Error(`the model has no ${name}`);
    if (!globalThis.crypto?.subtle) continue;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", files[name]));
    const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (found === description.files[name]) continue;
    throw new Error(`${name} is not the file that was exported: its sha256 differs`);
  }
  return description;
}
