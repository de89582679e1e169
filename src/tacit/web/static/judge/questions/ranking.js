// In what order, best first: by keyboard, by buttons, or by dragging. Items may share a rank.

import { make } from "../dom.js";
import { submitButton } from "./view.js";

/** The rank of each item, 0 the best, from the order and who is as good as the one before: as many stand before an item
 * as are better. @param {number[]} order items, best first @param {Set<number>} tied items as good as the one before them
 * @returns {number[]} */
export function ranks(order, tied) {
  /** @type {number[]} */
  const found = [];
  let rank = 0;
  order.forEach((item, at) => {
    if (!at || !tied.has(item)) rank = at;
    found[item] = rank;
  });
  return found;
}

/** @type {import("./view.js").MakeView} */
export const ranking = (leased, exhibit, host) => {
  const given = Array.isArray(host.before) ? /** @type {number[]} */ (host.before) : null;
  const order = leased.items.map((_, at) => at);
  if (given) order.sort((a, b) => (given[a] ?? 0) - (given[b] ?? 0));
  /** @type {Set<number>} */
  const tied = new Set(given ? order.filter((item, at) => at && given[item] === given[order[at - 1] ?? 0]) : []);
  let chosen = order[0] ?? 0;
  const list = make("ol", { class: "ranking" });
  const rows = leased.items.map((_, item) => {
    const name = exhibit.figures[item]?.querySelector("figcaption")?.textContent ?? "";
    const button = (/** @type {string} */ words, /** @type {string} */ sign, /** @type {() => void} */ press) =>
      make("button", { type: "button", "aria-label": `${words} ${name}`, on: { click: () => (choose(item), press()) } }, sign);
    const row = make("li", { tabindex: -1 }, make("span", { class: "rank", "aria-hidden": "true" }), exhibit.figures[item] ?? null,
      make("span", { class: "moves" }, button("Move up", "↑", () => move(-1)), button("Move down", "↓", () => move(1)), button("As good as the one above:", "=", () => tie()),
        make("span", { class: "grip", "aria-hidden": "true" }, "⠿")));
    row.addEventListener("focus", () => choose(item));
    draggable(row, item);
    return row;
  });

  const draw = () => {
    const rank = ranks(order, tied);
    const wanted = order.map((item) => /** @type {HTMLElement} */ (rows[item]));
    if (wanted.some((row, at) => list.children[at] !== row)) list.append(...wanted); // moving a row lets go of a drag
    rows.forEach((row, item) => {
      const mark = row.querySelector(".rank");
      if (mark) mark.textContent = String((rank[item] ?? 0) + 1);
      row.classList.toggle("tied", tied.has(item) && item !== order[0]);
      row.classList.toggle("chosen", item === chosen);
      row.tabIndex = item === chosen ? 0 : -1;
    });
  };
  const told = () => {
    const name = exhibit.figures[chosen]?.querySelector("figcaption")?.textContent ?? "";
    host.say(`${name}: place ${(ranks(order, tied)[chosen] ?? 0) + 1} of ${order.length}`);
  };
  const choose = (/** @type {number} */ item) => {
    chosen = item;
    draw();
  };
  const focus = () => {
    draw();
    rows[chosen]?.focus({ preventScroll: false });
    return true;
  };
  const place = (/** @type {number} */ at) => {
    const to = Math.min(order.length - 1, Math.max(0, at));
    const next = order[order.indexOf(chosen) + 1]; // what was tied to the moved one stays where it is, untied
    if (to === order.indexOf(chosen)) return true;
    if (next !== undefined && tied.has(next) && !tied.has(chosen)) tied.delete(next);
    tied.delete(chosen);
    order.splice(order.indexOf(chosen), 1);
    order.splice(to, 0, chosen);
    focus();
    told();
    return true;
  };
  const move = (/** @type {number} */ by) => place(order.indexOf(chosen) + by);
  const walk = (/** @type {number} */ by) => {
    chosen = order[Math.min(order.length - 1, Math.max(0, order.indexOf(chosen) + by))] ?? chosen;
    return focus();
  };
  const tie = () => {
    if (order[0] !== chosen && !tied.delete(chosen)) tied.add(chosen);
    draw();
    told();
    return true;
  };
  const submit = () => (host.answer("answered", ranks(order, tied)), true);

  /** @param {HTMLElement} row @param {number} item */
  function draggable(row, item) {
    const grip = row.querySelector(".grip");
    if (!(grip instanceof HTMLElement)) return;
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      choose(item);
      grip.setPointerCapture(event.pointerId);
      row.classList.add("dragged");
    });
    grip.addEventListener("pointermove", (event) => {
      if (!grip.hasPointerCapture(event.pointerId)) return;
      const over = order.findIndex((other) => {
        const box = /** @type {HTMLElement} */ (rows[other]).getBoundingClientRect();
        return event.clientY < box.top + box.height / 2;
      });
      const from = order.indexOf(item);
      const to = over < 0 ? order.length - 1 : over > from ? over - 1 : over;
      if (to !== from) {
        place(to);
        grip.setPointerCapture(event.pointerId); // moving the row in the page let go of it
      }
    });
    for (const end of ["pointerup", "pointercancel"]) grip.addEventListener(end, () => row.classList.remove("dragged"));
  }

  /** @type {Record<string, () => boolean>} */
  const acts = {
    "ranking.previous": () => walk(-1),
    "ranking.next": () => walk(1),
    "ranking.up": () => move(-1),
    "ranking.down": () => move(1),
    "ranking.tie": tie,
    "judge.submit": submit,
  };
  draw();
  exhibit.element.prepend(list);
  return {
    element: make("div", {}, make("p", { class: "hint" }, "Best at the top. Digits put the marked one at that place."), exhibit.element, make("div", { class: "answers" }, submitButton(host, submit))),
    act: (action) => acts[action]?.() ?? false,
    digit: (digit) => digit > 0 && digit <= order.length && place(digit - 1),
    focus: () => void focus(),
  };
};
