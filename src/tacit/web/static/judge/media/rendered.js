// Texts and dialogues with their Markdown as it is meant. The server makes it safe, and `richText` builds it anew.

import { difference } from "../difference.js";
import { make, richText } from "../dom.js";
import { turns } from "./reading.js";

/** @typedef {import("../wire.js").Item} Item */
/** @typedef {{role: string, body: DocumentFragment}} Part */

/** What makes it worth while: headings, lists, quotations, fences and rows of tables; strong words, code, links. */
const MARKS = /^ {0,3}(?:#{1,6} \S|[-*+] \S|\d{1,3}[.)] \S|```|~~~|> ?\S|\|.*\||(?:-{3,}|\*{3,})\s*$)|\*\*\S|`[^`\n]+`|\]\(\S/m;
const STYLE = "/static/judge/rendered.css";

/** @param {Item} item */
export const hasMarkdown = (item) => {
  const text = item.text ?? "";
  return item.kind === "dialogue" ? turns(text).some((turn) => MARKS.test(turn.text)) : item.kind === "text" && MARKS.test(text);
};

/** @type {Promise<void> | null} */
let styled = null;
const style = () => (styled ??= new Promise((resolve) => {
  const link = make("link", { rel: "stylesheet", href: STYLE, on: { load: () => resolve(), error: () => resolve() } });
  document.head.append(link);
}));

/** @param {Item} item @returns {Promise<Part[]>} */
async function parts(item) {
  const answer = await fetch(`/markdown/${encodeURIComponent(item.id)}`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  /** @type {{html?: string, turns?: {role: string, html: string}[]}} */
  const { html = "", turns: said } = await answer.json();
  return said ? said.map(({ role, html: words }) => ({ role, body: richText(words) })) : [{ role: "", body: richText(html) }];
}

/** Mark in `body` the words in which it differs from `other`. @param {DocumentFragment} body @param {string} other */
function mark(body, other) {
  const [pieces] = difference(body.textContent ?? "", other);
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const nodes = [];
  while (walker.nextNode()) nodes.push(/** @type {Text} */ (walker.currentNode));
  let [at, left] = [0, pieces[0]?.text.length ?? 0];
  for (const node of nodes) {
    /** @type {(Node | string)[]} */
    const made = [];
    for (let text = node.data; text; ) {
      while (!left && at < pieces.length - 1) left = pieces[++at]?.text.length ?? 0;
      const now = text.slice(0, left || text.length);
      made.push(pieces[at]?.same !== false || !now.trim() ? now : make("mark", {}, now));
      text = text.slice(now.length);
      left -= now.length;
    }
    node.replaceWith(...made);
  }
}

/** An item as an element. @param {Item} item @param {Item} [other] the other of a pair @returns {Promise<HTMLElement>} */
export async function rendered(item, other) {
  const [own, against] = await Promise.all([parts(item), other ? parts(other) : null, style()]);
  const words = against?.map(({ body }) => body.textContent ?? "");
  const same = own.map(({ role, body }, at) => role === against?.[at]?.role && body.textContent === words?.[at]);
  const shared = same.includes(false) ? same.indexOf(false) : same.length;
  if (words) own.forEach(({ body }, at) => mark(body, words[at] ?? ""));
  if (item.kind !== "dialogue") return make("div", { class: "text meant", dir: "auto" }, ...own.map(({ body }) => body));
  return make("ol", { class: "dialogue" }, ...own.map(({ role, body }, at) =>
    make("li", { class: `turn${against && at < shared ? " shared" : ""}` }, make("b", {}, role || "—"), make("div", { class: "meant", dir: "auto" }, body))));
}
