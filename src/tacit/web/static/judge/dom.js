// Elements made in script. Words from anybody go in as text nodes, never as markup.

/** @typedef {Node | string | null | undefined | false} Child */

/** Make an element. `on` holds listeners, `class` the class; a boolean or null sets or leaves out an attribute.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {{on?: Record<string, (event: any) => void>, [attribute: string]: unknown}} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]} */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(properties.on ?? {})) element.addEventListener(event, listener);
    } else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child instanceof Node || (typeof child === "string" && child !== "")).map(
    (child) => /** @type {Node | string} */ (child)));
  return element;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found;
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const ALLOWED = new Set(
  "P H1 H2 H3 H4 H5 H6 S UL OL LI EM STRONG B I CODE PRE BLOCKQUOTE BR HR TABLE THEAD TBODY TR TH TD DL DT DD SUB SUP KBD".split(" "));

/** Rebuild rich text that the server has cleaned from the elements of an allow-list, without any attribute but the
 * number of a list's first line, so that nothing that slipped through there can act here. @param {string} html */
export function richText(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html"); // inert: nothing in it loads or runs
  const copied = document.createDocumentFragment();
  copyInto(copied, parsed.body);
  return copied;
}

/** @param {Node} into @param {Node} from */
function copyInto(into, from) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.appendChild(document.createTextNode(node.nodeValue ?? ""));
    else if (node instanceof Element && !["SCRIPT", "STYLE", "TEMPLATE"].includes(node.tagName)) {
      const next = ALLOWED.has(node.tagName) ? into.appendChild(document.createElement(node.tagName)) : into;
      if (node instanceof HTMLOListElement && next !== into) /** @type {HTMLOListElement} */ (next).start = node.start;
      copyInto(next, node);
    }
  }
}
