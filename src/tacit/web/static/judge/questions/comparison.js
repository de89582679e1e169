// Which of two is better: one key.

import { make } from "../dom.js";
import { keyButton, keyOf } from "./view.js";

/** @type {import("./view.js").MakeView} */
export const comparison = (_leased, exhibit, host) => {
  /** @type {Record<string, [string, () => void, string]>} */
  const ways = {
    "comparison.left": ["Left", () => host.answer("answered", "left"), "main"],
    "comparison.tie": ["Equally good", () => host.answer("tie"), ""],
    "comparison.both_bad": ["Both bad", () => host.answer("both_bad"), ""],
    "comparison.right": ["Right", () => host.answer("answered", "right"), "main"],
  };
  for (const outcome of /** @type {const} */ (["tie", "both_bad"])) {
    if (!host.offers(outcome)) delete ways[`comparison.${outcome}`];
  }
  const buttons = Object.entries(ways).map(([action, [words, press, kind]]) => keyButton(words, keyOf(host, action), press, kind));
  return {
    element: make("div", {}, exhibit.element, make("div", { class: "answers pair", role: "group", "aria-label": "Your judgment" }, ...buttons)),
    act: (action) => {
      ways[action]?.[1]();
      return action in ways;
    },
  };
};
