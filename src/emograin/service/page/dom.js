/** Small helpers for elements, numbers and waiting. */

export const $ = (id) => document.getElementById(id);
export const number = (value) => value.toLocaleString("en");
export const count = (many, one, more = one + "s") => `${number(many)} ${many === 1 ? one : more}`;
export const two = (score) => score.toFixed(2);

/** Create an element with properties and children; strings become text, never markup. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Show a message, with a button to try again if `again` is given; null clears it. */
export function say(notice, message, again) {
  notice.classList.toggle("wrong", Boolean(message));
  notice.replaceChildren(message ?? "");
  const button = { type: "button", className: "link", textContent: "Try again", onclick: again };
  if (again) notice.append(make("button", button));
}

/** Wait; throws an AbortError if `signal` is aborted. */
export const sleep = (seconds, signal) => new Promise((done, fail) => {
  const timer = setTimeout(done, seconds * 1000);
  signal.addEventListener("abort", () => { clearTimeout(timer); fail(new DOMException("stopped", "AbortError")); });
});
