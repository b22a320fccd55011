/** The large files of the page: loaded with progress, and kept in the browser's cache by their digests. */

const CACHE = "emograin-model";

/** Load files. `wanted` maps addresses to {bytes, sha256}; `onProgress` gets {loaded, total, stored}, in bytes; `mode`
    is the mode of the browser's own cache. Resolves to address -> Uint8Array. Throws an Error that names the file that
    could not be loaded. */
export async function loadFiles(wanted, base, onProgress, mode = "default") {
  const cache = await globalThis.caches?.open(CACHE).catch(() => null) ?? null;
  const total = Object.values(wanted).reduce((sum, each) => sum + each.bytes, 0);
  let loaded = 0, stored = Boolean(cache);
  const report = (bytes) => onProgress({ loaded: loaded += bytes, total, stored });
  const found = {};
  for (const [address, { sha256 }] of Object.entries(wanted)) {
    const key = keyOf(address, sha256, base);
    let response = await cache?.match(key);
    const isNew = !response;
    if (isNew) {
      stored = false;
      response = await fetch(key, { cache: mode }).catch(() => null);
      const why = response ? `: status ${response.status}` : "";
      if (!response?.ok) throw new Error(`${address} could not be loaded${why}`);
    }
    found[address] = await readAll(response, wanted[address].bytes, report);
    if (!isNew) continue;
    const headers = { "Content-Type": response.headers.get("Content-Type") ?? "application/octet-stream" };
    await cache?.put(key, new Response(found[address], { headers })).catch(() => {});  // no room: it is loaded again
  }
  return found;
}

/** Forget the stored files, which are damaged or of another version; keep those of `wanted`, if given. */
export async function forgetFiles(wanted = {}, base = self.location.href) {
  const cache = await globalThis.caches?.open(CACHE);
  const keep = new Set(Object.entries(wanted).map(([address, { sha256 }]) => keyOf(address, sha256, base)));
  const mine = new URL(".", base).href;
  for (const { url } of await cache?.keys() ?? []) if (url.startsWith(mine) && !keep.has(url)) await cache.delete(url);
}

const keyOf = (address, sha256, base) => new URL(`${address}?${sha256.slice(0, 16)}`, base).href;

async function readAll(response, expected, report) {
  const reader = response.body.getReader(), parts = [];
  let length = 0, told = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (length - told > 2 ** 18) { report(length - told); told = length; }
  }
  report(expected - told);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}
