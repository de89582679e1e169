// Where is it: spans of characters in a text, or of seconds in a film or sound.

import { inText } from "./text_spans.js";
import { inTime } from "./time_spans.js";

/** @type {import("./view.js").MakeView} */
export const spans = (leased, exhibit, host) => {
  const first = leased.items[0];
  const seconds = leased.question.settings.unit === "second" || typeof first?.text !== "string";
  return seconds ? inTime(leased, exhibit, host) : inText(leased, exhibit, host);
};
