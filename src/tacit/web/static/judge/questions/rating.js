// How much, on a scale: a digit where the scale has at most ten steps, else a slider with arrows and typed numbers.

import { make } from "../dom.js";
import { keyButton, submitButton } from "./view.js";

/** The values of a scale, if they are few enough for a digit each. @param {number} low @param {number} high
 * @param {number | null} step @returns {number[]} */
export function values(low, high, step) {
  if (!step || (high - low) / step > 9.001) return [];
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => Number((low + at * step).toPrecision(12)));
}

/** The digit of each value: the value itself where that can be, else its place. @param {number[]} scale @returns {number[]} */
export function digits(scale) {
  const own = scale.every((value) => Number.isInteger(value) && value >= 0 && value <= 10) && !(scale.includes(0) && scale.includes(10));
  return scale.map((value, at) => (own ? value % 10 : (at + 1) % 10));
}

/** @type {import("./view.js").MakeView} */
export const rating = (leased, exhibit, host) => {
  const { low = 0, high = 1, step = null } = leased.question.settings;
  const scale = values(low, high, step);
  return scale.length ? byDigit(scale, exhibit, host) : bySlider(low, high, step, exhibit, host);
};

/** @param {number[]} scale @param {import("./view.js").Exhibit} exhibit @param {import("./view.js").Host} host
 * @returns {import("./view.js").View} */
function byDigit(scale, exhibit, host) {
  const keys = digits(scale);
  const buttons = scale.map((value, at) => {
    const button = keyButton(String(value), String(keys[at]), () => host.answer("answered", value));
    if (value === host.before) button.classList.add("before");
    return button;
  });
  const move = (/** @type {number} */ by) => {
    const at = buttons.findIndex((button) => button === document.activeElement);
    const next = at < 0 ? Math.floor((buttons.length - 1) / 2) : Math.min(buttons.length - 1, Math.max(0, at + by));
    buttons[next]?.focus();
    return true;
  };
  return {
    element: make("div", {}, exhibit.element, make("div", { class: "answers scale", role: "group", "aria-label": `Rating from ${scale[0]} to ${scale.at(-1)}` }, ...buttons)),
    digit: (digit) => {
      const value = scale[keys.indexOf(digit)];
      if (value !== undefined) host.answer("answered", value);
      return value !== undefined;
    },
    act: (action) => {
      if (action === "rating.higher") return move(1);
      if (action === "rating.lower") return move(-1);
      const at = buttons.findIndex((button) => button === document.activeElement);
      if (action !== "judge.submit" || at < 0) return false;
      host.answer("answered", scale[at] ?? null);
      return true;
    },
  };
}

/** @param {number} low @param {number} high @param {number | null} step @param {import("./view.js").Exhibit} exhibit
 * @param {import("./view.js").Host} host @returns {import("./view.js").View} */
function bySlider(low, high, step, exhibit, host) {
  const by = step ?? (high - low) / 100;
  const begun = typeof host.before === "number" ? host.before : null;
  let value = begun;
  let typed = "";
  const shown = make("output", { class: "value" }, begun === null ? "—" : String(begun));
  const slider = make("input", { type: "range", min: low, max: high, step: step ?? "any", value: begun ?? (low + high) / 2, "aria-label": `Rating from ${low} to ${high}` });
  const set = (/** @type {number} */ to) => {
    value = Math.min(high, Math.max(low, low + Math.round((to - low) / by) * by));
    value = Number(value.toPrecision(12));
    slider.value = String(value);
    shown.textContent = String(value);
    return true;
  };
  const submit = () => (value === null ? host.say("Choose a rating first.") : host.answer("answered", value));
  slider.addEventListener("input", () => set(slider.valueAsNumber));
  const ends = make("div", { class: "ends" }, make("span", {}, String(low)), make("span", {}, String(high)));
  return {
    element: make("div", {}, exhibit.element, make("div", { class: "answers slider" }, make("div", { class: "range" }, slider, ends), shown, submitButton(host, submit))),
    focus: () => slider.focus({ preventScroll: true }),
    digit: (digit) => {
      const longer = Number(typed + digit);
      typed = longer <= high && longer !== Number(typed) ? typed + digit : String(digit);
      return set(Number(typed));
    },
    act: (action) => {
      if (action === "rating.higher" || action === "rating.lower") {
        typed = "";
        return set((value ?? (low + high) / 2) + (action === "rating.higher" ? by : -by));
      }
      if (action !== "judge.submit") return false;
      submit();
      return true;
    },
  };
}
