// Which class: the digit of an option, or arrows and Enter where there are more than ten.

import { make } from "../dom.js";
import { keyButton } from "./view.js";

/** @type {import("./view.js").MakeView} */
export const choice = (leased, exhibit, host) => {
  const options = leased.question.settings.options ?? [];
  const buttons = options.map((option, at) => {
    const button = keyButton(option, at < 10 ? String((at + 1) % 10) : "", () => host.answer("answered", option));
    if (option === host.before) button.classList.add("before");
    return button;
  });
  const move = (/** @type {number} */ by) => {
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[at < 0 ? (by > 0 ? 0 : buttons.length - 1) : (at + by + buttons.length) % buttons.length]?.focus();
    return true;
  };
  return {
    element: make("div", {}, exhibit.element, make("div", { class: "answers options", role: "group", "aria-label": "Options" }, ...buttons)),
    digit: (digit) => {
      const option = options[(digit + 9) % 10];
      if (option === undefined) return false;
      host.answer("answered", option);
      return true;
    },
    act: (action) => {
      if (action === "choice.next") return move(1);
      if (action === "choice.previous") return move(-1);
      const chosen = buttons.findIndex((button) => button === document.activeElement);
      if (action !== "judge.submit" || chosen < 0) return false;
      host.answer("answered", options[chosen] ?? null);
      return true;
    },
  };
};
