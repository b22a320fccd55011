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
    const given = $("api-key").value.trim();
    if (/[^\x21-\x7e]/.test(given)) return askForKey("This API key is not valid.");  // no header can hold it
    key = given;
    $("locked").hidden = true;
    $("text").focus();  // the focus was in the form
    use();
  });
}
