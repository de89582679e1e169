// Spans of characters: marked with the mouse, or with arrows and Shift, and named by a digit.

import { make } from "../dom.js";
import { colour, inOrder, labelButtons, spanList } from "./labels.js";
import { submitButton } from "./view.js";

/** @typedef {import("../wire.js").Span} Span */
/** @typedef {{start: number, end: number}} Stretch */

/** Where words begin and end, in characters (code points, as the server counts, not the halves that scripts count).
 * @param {string[]} characters @returns {Stretch[]} */
export function wordsOf(characters) {
  /** @type {Stretch[]} */
  const found = [];
  characters.forEach((character, at) => {
    const wordly = /[\p{L}\p{N}\p{M}_'’]/u.test(character);
    const last = found.at(-1);
    if (/\s/.test(character)) return;
    if (wordly && last && last.end === at && /[\p{L}\p{N}\p{M}_'’]/u.test(characters[at - 1] ?? "")) last.end = at + 1;
    else found.push({ start: at, end: at + 1 });
  });
  return found;
}

/** Characters before a place in the text as it is drawn. @param {Node} root @param {Node} node @param {number} offset */
function charactersBefore(root, node, offset) {
  const range = document.createRange();
  range.setStart(root, 0);
  range.setEnd(node, offset);
  return Array.from(range.toString()).length;
}

/** @type {import("./view.js").MakeView} */
export const inText = (leased, exhibit, host) => {
  const characters = Array.from(leased.items[0]?.text ?? "");
  const words = wordsOf(characters);
  const labels = leased.question.settings.options ?? ["span"];
  /** @type {Span[]} */
  const made = Array.isArray(host.before) ? structuredClone(/** @type {Span[]} */ (host.before)) : [];
  /** @type {Stretch} */
  let cursor = words[0] ?? { start: 0, end: Math.min(1, characters.length) };
  const field = make("div", { class: "text marking", tabindex: 0, role: "application", dir: "auto", "aria-label": "Text. Arrows choose a word, Shift and arrows take more, a digit names it." });
  const list = make("ul", { class: "spans", "aria-label": "Spans so far" });
  const said = (/** @type {Stretch} */ { start, end }) => `“${characters.slice(start, end).join("")}”`;

  const draw = () => {
    const edges = [...new Set([0, characters.length, cursor.start, cursor.end, ...made.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
    field.replaceChildren(...edges.slice(0, -1).map((start, at) => {
      const end = edges[at + 1] ?? start;
      const over = made.filter((span) => span.start <= start && end <= span.end);
      const chosen = cursor.start <= start && end <= cursor.end ? "cursor" : "";
      const text = characters.slice(start, end).join("");
      if (!over.length && !chosen) return text;
      const classes = [chosen, ...over.map((span) => colour(labels, span.label))].filter(Boolean);
      return make(over.length ? "mark" : "span", { class: classes.join(" "), title: over.map((span) => span.label).join(", ") || null }, text);
    }));
    list.replaceChildren(...spanList(made, labels, said, remove));
  };
  const remove = (/** @type {number} */ at) => {
    const [gone] = made.splice(at, 1);
    if (gone) host.say(`Removed ${gone.label} ${said(gone)}`);
    draw();
    return true;
  };
  /** Take what is selected with the mouse or a finger as the stretch to name; false if nothing is. */
  const takeSelection = () => {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !field.contains(selection.anchorNode) || !field.contains(selection.focusNode)) return false;
    const range = selection.getRangeAt(0);
    cursor = { start: charactersBefore(field, range.startContainer, range.startOffset), end: charactersBefore(field, range.endContainer, range.endOffset) };
    selection.removeAllRanges();
    return true;
  };
  const label = (/** @type {string | undefined} */ name) => {
    takeSelection();
    if (name === undefined || cursor.end <= cursor.start) return false;
    if (!made.some((span) => span.start === cursor.start && span.end === cursor.end && span.label === name)) made.push({ ...cursor, label: name });
    inOrder(made);
    host.say(`${name} ${said(cursor)}`);
    draw();
    return true;
  };
  const put = (/** @type {Stretch | undefined} */ stretch) => {
    if (stretch) cursor = { ...stretch };
    draw();
    host.say(said(cursor));
    return true;
  };
  const submit = () => (host.answer("answered", made), true);
  const last = (/** @type {(word: Stretch) => boolean} */ is) => words.filter(is).at(-1);
  const before = () => last((word) => word.end <= cursor.start) ?? words[0];
  const after = () => words.find((word) => word.start >= cursor.end) ?? words.at(-1);
  /** @type {Record<string, () => boolean>} */
  const acts = {
    "spans.previous": () => put(before()),
    "spans.next": () => put(after()),
    "spans.extend": () => put({ start: cursor.start, end: words.find((word) => word.end > cursor.end)?.end ?? cursor.end }),
    "spans.shrink": () => put({ start: cursor.start, end: last((word) => word.end < cursor.end && word.end > cursor.start)?.end ?? cursor.end }),
    "spans.wider": () => put({ start: cursor.start, end: Math.min(characters.length, cursor.end + 1) }),
    "spans.finer": () => put({ start: cursor.start, end: Math.max(cursor.start + 1, cursor.end - 1) }),
    "spans.remove": () => {
      const at = made.findIndex((span) => span.start < cursor.end && cursor.start < span.end);
      return at >= 0 ? remove(at) : true;
    },
    "judge.submit": submit,
  };
  field.addEventListener("pointerup", () => {
    const selection = document.getSelection();
    if (takeSelection()) {
      if (labels.length === 1) label(labels[0]);
    } else if (selection?.anchorNode && field.contains(selection.anchorNode)) {
      const at = charactersBefore(field, selection.anchorNode, selection.anchorOffset);
      cursor = words.find((word) => word.start <= at && at < word.end) ?? cursor;
    }
    draw();
  });
  draw();
  const figure = make("figure", { class: "item" }, field);
  return {
    element: make("div", {}, make("div", { class: "items n1" }, figure), labelButtons(labels, label), list, make("div", { class: "answers" }, submitButton(host, submit))),
    act: (action) => acts[action]?.() ?? false,
    digit: (digit) => label(labels[(digit + 9) % 10]),
    focus: () => field.focus({ preventScroll: true }),
    ready: () => void exhibit,
  };
};
