/** Read a file of a model from an address. */
export default async function read(location, name) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  const folder = new URL(String(location).replace(/\/?$/, "/"), base);
  const response = await fetch(new URL(name, folder)).catch((cause) => {
    throw new Error(`${name} of the model could not be loaded from ${folder.href}: ${cause.message}`, { cause });
  });
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new Error(`${name} of the model could not be loaded from ${folder.href}: status ${response.status}`);
}
