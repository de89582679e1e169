// What it says: a box to write in. Playing goes on under the fingers, with Escape and Alt.

import { make } from "../dom.js";
import { keyCap } from "../keys.js";
import { keyOf, submitButton } from "./view.js";

/** @type {import("./view.js").MakeView} */
export const text = (leased, exhibit, host) => {
  const box = make("textarea", { rows: 4, "aria-label": leased.question.text || "Your text", spellcheck: "true", dir: "auto" });
  box.value = typeof host.before === "string" ? host.before : leased.question.settings.draft ?? "";
  const submit = () => (host.answer("answered", box.value), true);
  const hint = make("p", { class: "hint" }, `${keyCap(keyOf(host, "judge.submit"))} hands it in; Shift Enter begins a new line.`);
  return {
    element: make("div", {}, exhibit.element, make("div", { class: "answers writing" }, box, submitButton(host, submit)), hint),
    focus: () => box.focus({ preventScroll: true }),
    ready: () => {
      if (!exhibit.clock) return;
      const keys = ["play", "back", "forward", "slower", "faster"].map((what) => `${keyCap(host.keymap.of(`media.${what}`)[1] ?? keyOf(host, `media.${what}`))} ${what}`);
      hint.textContent = `${hint.textContent} While writing: ${keys.join(", ")}.`;
    },
    act: (action) => action === "judge.submit" && submit(),
  };
};
