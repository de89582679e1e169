// What every kind of question gives the page, and what the page gives it.

import { make } from "../dom.js";
import { keyCap } from "../keys.js";

/**
 * @typedef {import("../wire.js").Leased} Leased
 * @typedef {import("../wire.js").Outcome} Outcome
 * @typedef {import("../wire.js").Value} Value
 * @typedef {import("../media/exhibit.js").Exhibit} Exhibit
 *
 * @typedef {{
 *   answer: (outcome: Outcome, value?: Value) => void,
 *   say: (words: string) => void,
 *   offers: (outcome: Outcome) => boolean,
 *   keymap: import("../keys.js").Keymap,
 *   before: Value | undefined,
 * }} Host  `answer` judges the question; `before` is what had been answered before it was undone
 *
 * @typedef {{
 *   element: HTMLElement,
 *   act: (action: string) => boolean,
 *   digit?: (digit: number) => boolean,
 *   focus?: () => void,
 *   ready?: () => void,
 * }} View  `act` and `digit` say whether they did anything; `ready` is told when the items have been loaded
 *
 * @typedef {(leased: Leased, exhibit: Exhibit, host: Host) => View} MakeView
 */

/** A button with the key that does the same. @param {string} words @param {string} key @param {() => void} press
 * @param {string} [kind] a class */
export function keyButton(words, key, press, kind = "") {
  const cap = key ? make("kbd", { "aria-hidden": "true" }, keyCap(key)) : null;
  return make("button", { type: "button", class: kind, "aria-keyshortcuts": key.replace("Ctrl", "Control") || null, on: { click: press } }, make("span", {}, words), cap);
}

/** The first key of an action. @param {Host} host @param {string} action */
export const keyOf = (host, action) => host.keymap.of(action)[0] ?? "";

/** A button that hands the answer in. @param {Host} host @param {() => void} submit */
export const submitButton = (host, submit) => keyButton("Done", keyOf(host, "judge.submit"), submit, "main");
