// How likely: a slider, arrows, or digits: 7 is 70 %, 7 and 3 is 73 %.

import { make } from "../dom.js";
import { submitButton } from "./view.js";

const TYPED_WITHIN_MS = 1500;

/** The percentage that digits typed one after another stand for. @param {string} typed one to three digits */
export function percentage(typed) {
  if (typed === "100") return 100;
  return typed.length === 1 ? 10 * Number(typed) : Number(typed.slice(-2));
}

/** @type {import("./view.js").MakeView} */
export const probability = (leased, exhibit, host) => {
  const pair = leased.items.length === 2;
  let percent = typeof host.before === "number" ? Math.round(100 * host.before) : -1;
  let typed = "";
  let typedAtMs = 0;
  const of = pair ? "that the left one is better" : "that it holds";
  const slider = make("input", { type: "range", min: 0, max: 100, step: 1, value: percent < 0 ? 50 : percent, "aria-label": `Probability ${of}, in percent` });
  const shown = make("output", { class: "value" }, percent < 0 ? "—" : `${percent} %`);
  const set = (/** @type {number} */ to) => {
    percent = Math.min(100, Math.max(0, to));
    slider.value = String(percent);
    slider.setAttribute("aria-valuetext", `${percent} percent`);
    shown.textContent = `${percent} %`;
    return true;
  };
  const submit = () => (percent < 0 ? host.say("Say how likely first: a digit, the arrows or the slider.") : host.answer("answered", percent / 100));
  slider.addEventListener("input", () => set(slider.valueAsNumber));
  const ends = pair ? ["0 %: surely the right one", "100 %: surely the left one"] : ["0 %: surely not", "100 %: surely"];
  const steps = /** @type {Record<string, number>} */ ({ "probability.lower": -1, "probability.higher": 1, "probability.much_lower": -10, "probability.much_higher": 10 });
  return {
    element: make("div", {}, exhibit.element, make("div", { class: "answers slider" },
      make("div", { class: "range" }, slider, make("div", { class: "ends" }, ...ends.map((words) => make("span", {}, words)))), shown, submitButton(host, submit))),
    focus: () => slider.focus({ preventScroll: true }),
    digit: (digit) => {
      const fresh = performance.now() - typedAtMs > TYPED_WITHIN_MS || typed.length >= 3;
      typed = fresh ? String(digit) : typed + digit;
      typedAtMs = performance.now();
      return set(percentage(typed));
    },
    act: (action) => {
      if (action in steps) {
        typed = "";
        return set((percent < 0 ? 50 : percent) + (steps[action] ?? 0));
      }
      if (action !== "judge.submit") return false;
      submit();
      return true;
    },
  };
};
