/** The API key of a service: asked for when a request is refused, and kept in memory only. */

import { $ } from "./dom.js";

let key = "";

export const currentKey = () => key;
export const isLocked = () => !$("locked").hidden;

/** Show the form, with the reason. */
export function askForKey(why) {
  $("locked-why").textContent = why;
  $("locked").hidden = false;
}

/** Call `use` when a key was entered. */
export function onNewKey(use) {
  $("locked").addEventListener("submit", (event) => {
    event.preventDefault();
    key = $("api-key").value.trim();
    $("locked").hidden = true;
    use();
  });
}
