/** The service worker: it answers requests for this page from the browser's cache, so that no connection is needed.

    Answers get the headers that let WebAssembly use threads, and the page's Content-Security-Policy. `emograin page`
    writes VERSION and POLICY in front. */

const MODEL_CACHE = "emograin-model";
const CACHE = `emograin-page ${self.registration.scope} ${VERSION}`;
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
};

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && isOurs(request.url)) event.respondWith(answer(request));
});

/** Return whether an address is one of this page: others may be below it. */
function isOurs(address) {
  const { origin, pathname } = new URL(address), scope = new URL(self.registration.scope);
  const name = pathname.slice(scope.pathname.length);
  return origin === scope.origin && pathname.startsWith(scope.pathname) && /^(index\.html|page\/.*)?$/.test(name);
}

async function install() {
  const list = await fetch("page/files.json", { cache: "no-cache" });
  const { small } = await list.clone().json();
  const cache = await caches.open(CACHE);
  await cache.put("page/files.json", list);
  await cache.addAll(small.map((address) => new Request(address, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  const mine = `emograin-page ${self.registration.scope} `;
  for (const name of await caches.keys()) if (name.startsWith(mine) && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const { pathname } = new URL(self.registration.scope);
  const isPage = request.mode === "navigate" && new URL(request.url).pathname === pathname;
  const stored = await cache.match(isPage ? "index.html" : request, { ignoreSearch: isPage })
    ?? await (await caches.open(MODEL_CACHE)).match(request);
  const response = stored ?? await fetch(request);
  if (response.type === "opaque" || response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
