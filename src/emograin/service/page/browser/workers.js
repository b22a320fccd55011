/** The page's two workers: the one that runs the model, and the one that serves the page without a connection. */

const MODEL = new URL("worker.js", import.meta.url).href;
const OFFLINE = new URL("offline.js", document.baseURI).href;
// Where browsers enforce Trusted Types, only these two addresses become scripts.
const policy = globalThis.trustedTypes?.createPolicy("emograin", {
  createScriptURL(address) {
    if (address !== MODEL && address !== OFFLINE) throw new TypeError(`not a script of this page: ${address}`);
    return address;
  },
});
const trusted = (address) => policy?.createScriptURL(address) ?? address;

export const startModelWorker = () => new Worker(trusted(MODEL), { type: "module" });

/** Install the worker that answers requests from the browser's cache. Not available on pages that are not secure. */
export function installOffline() {
  navigator.serviceWorker?.register(trusted(OFFLINE), { updateViaCache: "none" }).catch((error) => {
    console.info(`The page will not work without a connection: ${error.message}`);
  });
}
