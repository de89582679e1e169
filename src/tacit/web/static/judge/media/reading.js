// Texts, dialogues and tables as elements, and what differs between two of them.

/** @typedef {import("../wire.js").Item} Item */
/** @typedef {{role: string, text: string}} Turn */

import { make } from "../dom.js";

const SPEAKERS = /^(human|user|assistant|system|model|person|bot)\s*:\s*/i;

/** The turns of a dialogue: a JSON list of role and text, or text with `Human:` and `Assistant:` at the start of lines.
 * @param {string} text @returns {Turn[]} */
export function turns(text) {
  try {
    const parsed = JSON.parse(text);
    const list = Array.isArray(parsed) ? parsed : parsed.turns ?? parsed.messages;
    if (Array.isArray(list)) {
      return list.map((turn) => ({ role: String(turn.role ?? turn.from ?? ""), text: String(turn.text ?? turn.content ?? turn.value ?? "") }));
    }
  } catch {
    // no JSON: read it as lines, below
  }
  /** @type {Turn[]} */
  const found = [];
  for (const line of text.split("\n")) {
    const speaker = SPEAKERS.exec(line);
    const last = found.at(-1);
    if (speaker) found.push({ role: String(speaker[1]), text: line.slice(speaker[0].length) });
    else if (last) last.text += `\n${line}`;
    else if (line.trim()) found.push({ role: "", text: line });
  }
  return found.map((turn) => ({ ...turn, text: turn.text.trim() }));
}

/** The rows of a table: comma- or tab-separated, quotes as in CSV. @param {string} text @returns {string[][]} */
export function rows(text) {
  const separator = (text.split("\n", 1)[0] ?? "").includes("\t") ? "\t" : ",";
  /** @type {string[][]} */
  const table = [];
  let [row, cell, quoted] = [/** @type {string[]} */ ([]), "", false];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted && letter === '"' && text[at + 1] === '"') (cell += '"'), at++;
    else if (letter === '"' && (quoted || cell === "")) quoted = !quoted;
    else if (!quoted && letter === separator) row.push(cell), (cell = "");
    else if (!quoted && letter === "\n") (row.push(cell.replace(/\r$/, "")), table.push(row), (row = []), (cell = ""));
    else cell += letter;
  }
  if (cell || row.length) table.push([...row, cell]);
  return table;
}

/** @param {string} text @param {string} other what to mark the differences from
 * @param {typeof import("../difference.js").difference} difference */
function marked(text, other, difference) {
  const [pieces] = difference(text, other);
  return pieces.map((piece) => (piece.same ? piece.text : make("mark", {}, piece.text)));
}

/** A text item as an element. @param {Item} item @param {Item} [other] the other of a pair
 * @returns {Promise<HTMLElement>} */
export async function readable(item, other) {
  const text = item.text ?? "";
  if (item.kind === "table") return table(rows(text));
  const against = other?.text ?? null;
  const difference = against === null ? null : (await import("../difference.js")).difference;
  const compared = (/** @type {string} */ one, /** @type {string} */ two) => (difference ? marked(one, two, difference) : [one]);
  if (item.kind === "dialogue") return dialogue(turns(text), against === null ? null : turns(against), compared);
  return make("div", { class: "text", dir: "auto" }, ...compared(text, against ?? ""));
}

/** @param {Turn[]} said @param {Turn[] | null} against @param {(one: string, two: string) => (Node | string)[]} compared */
function dialogue(said, against, compared) {
  let shared = 0;
  while (against && shared < said.length && said[shared]?.role === against[shared]?.role && said[shared]?.text === against[shared]?.text) shared++;
  const list = said.map((turn, at) => {
    const spoken = compared(turn.text, against?.[at]?.text ?? "");
    const old = against && at < shared ? " shared" : "";
    return make("li", { class: `turn${old}` }, make("b", {}, turn.role || "—"), make("p", { dir: "auto" }, ...spoken));
  });
  return make("ol", { class: "dialogue" }, ...list);
}

/** @param {string[][]} cells */
function table(cells) {
  const [head = [], ...body] = cells;
  return make("div", { class: "table", tabindex: 0, role: "region", "aria-label": "table" }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((cell) => make("th", { scope: "col" }, cell)))),
    make("tbody", {}, ...body.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell)))))));
}
