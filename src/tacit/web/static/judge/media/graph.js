// A spectrum or any series of numbers as a line.

import { make } from "../dom.js";
import { rows } from "./reading.js";

const [WIDE, HIGH] = [600, 200];
const SVG = "http://www.w3.org/2000/svg";

/** Two columns of numbers: a JSON list of pairs, {"x": […], "y": […]}, or lines of two numbers with or without a header.
 * @param {string} text @returns {[number, number][]} */
export function points(text) {
  /** @type {unknown[][]} */
  let pairs;
  try {
    const parsed = JSON.parse(text);
    pairs = Array.isArray(parsed) ? parsed : parsed.x.map((/** @type {unknown} */ x, /** @type {number} */ at) => [x, parsed.y[at]]);
  } catch {
    pairs = rows(text.replace(/[ ;]+/g, ",")); // no JSON: read it as lines
  }
  return pairs.map(([x, y]) => /** @type {[number, number]} */ ([Number(x), Number(y)])).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
}

/** A spectrum as an element. @param {import("../wire.js").Item} item @returns {HTMLElement} */
export function readable(item) {
  const all = points(item.text ?? "");
  if (!all.length) throw new Error("it holds no two columns of numbers");
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
  const [low, high] = [ys.reduce((a, b) => Math.min(a, b), 0), ys.reduce((a, b) => Math.max(a, b))];
  const place = (/** @type {[number, number]} */ [x, y]) =>
    `${(((x - left) / (right - left || 1)) * WIDE).toFixed(1)},${(HIGH - ((y - low) / (high - low || 1)) * HIGH).toFixed(1)}`;
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "polyline");
  drawing.setAttribute("viewBox", `0 -4 ${WIDE} ${HIGH + 8}`);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${all.length} values from ${left} to ${right}, between ${low} and ${high}`);
  line.setAttribute("points", all.map(place).join(" "));
  drawing.append(line);
  const ends = make("p", { class: "ends" }, make("span", {}, String(left)), make("span", {}, String(right)));
  return make("div", { class: "graph" }, drawing, ends);
}
