// How sure the judge is of an answer, asked after it where the lead wants to know.

import { byId, make } from "./dom.js";

/** Words, and the probability that the answer is right; the digit before them chooses. @type {[string, number][]} */
export const SURE = [["A guess", 0.5], ["Rather", 0.65], ["Quite", 0.8], ["Very", 0.95], ["Certain", 0.99]];

/** Ask, and tell `answered` what was chosen; Escape goes back to the question and tells nothing.
 * @param {(credence: number) => void} answered */
export function ask(answered) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("sure"));
  const choose = (/** @type {number} */ at) => {
    const chosen = SURE[at];
    if (!chosen) return;
    dialog.onkeydown = null;
    dialog.close();
    answered(chosen[1]);
  };
  const buttons = SURE.map(([words, credence], at) =>
    make("button", { type: "button", on: { click: () => choose(at) } }, `${words} (${Math.round(100 * credence)} %) `, make("kbd", { "aria-hidden": "true" }, String(at + 1))));
  dialog.querySelector(".choices")?.replaceChildren(...buttons);
  dialog.onkeydown = (event) => {
    if (!/^[1-5]$/.test(event.key) || event.repeat) return;
    event.preventDefault();
    choose(Number(event.key) - 1);
  };
  dialog.showModal();
}
