// The labels that spans take, and the list of the spans made so far.

import { make } from "../dom.js";
import { keyButton } from "./view.js";

/** @typedef {import("../wire.js").Span} Span */

export const COLOURS = 8; // so many are told apart in the style sheet; each label is written beside its colour too

/** @param {string[]} labels @param {string} label */
export const colour = (labels, label) => `label${Math.max(0, labels.indexOf(label)) % COLOURS}`;

/** @param {string[]} labels @param {(label: string) => void} use */
export const labelButtons = (labels, use) =>
  make("div", { class: "answers options", role: "group", "aria-label": "Labels" },
    ...labels.map((label, at) => keyButton(label, at < 10 ? String((at + 1) % 10) : "", () => use(label), colour(labels, label))));

/** @param {Span[]} spans @param {string[]} labels @param {(span: Span) => string} words @param {(at: number) => void} remove */
export const spanList = (spans, labels, words, remove) =>
  spans.map((span, at) =>
    make("li", { class: colour(labels, span.label) }, make("b", {}, span.label), ` ${words(span)} `,
      make("button", { type: "button", "aria-label": `Remove ${span.label} ${words(span)}`, on: { click: () => remove(at) } }, "×")));

/** @param {Span[]} spans */
export const inOrder = (spans) => spans.sort((a, b) => a.start - b.start || a.end - b.end);
