/** The tabs of the page. */

import { $ } from "./dom.js";

const TABS = ["one", "many", "file"];

/** Show the panel of a tab. */
export function openTab(name) {
  for (const each of TABS) {
    $(`${each}-tab`).setAttribute("aria-selected", String(each === name));
    $(`${each}-tab`).tabIndex = each === name ? 0 : -1;
    $(`${each}-panel`).hidden = each !== name;
  }
}

TABS.forEach((name, at) => {
  $(`${name}-tab`).addEventListener("click", () => openTab(name));
  $(`${name}-tab`).addEventListener("keydown", (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const other = TABS[(to + TABS.length) % TABS.length];
    openTab(other);
    $(`${other}-tab`).focus();
  });
});
