// Spans of seconds: from [ to ], named by a digit, or drawn on the timeline with the mouse or a finger.

import { make } from "../dom.js";
import { colour, inOrder, labelButtons, spanList } from "./labels.js";
import { keyButton, keyOf, submitButton } from "./view.js";

/** @typedef {import("../wire.js").Span} Span */

const STEP_S = 0.1;
const SHORTEST_S = 0.02;

/** @param {number} s */
const hundredths = (s) => Math.round(100 * s) / 100;

/** @type {import("./view.js").MakeView} */
export const inTime = (leased, exhibit, host) => {
  const labels = leased.question.settings.options ?? ["span"];
  /** @type {Span[]} */
  const made = Array.isArray(host.before) ? structuredClone(/** @type {Span[]} */ (host.before)) : [];
  /** @type {number | null} */
  let start = null;
  /** @type {number | null} */
  let end = null;
  const list = make("ul", { class: "spans", "aria-label": "Spans so far" });
  const open = make("p", { class: "hint", "aria-live": "off" });
  /** @type {HTMLElement} */
  const track = make("div", { class: "track", "aria-hidden": "true" });
  const said = (/** @type {{start: number, end: number}} */ span) => `${span.start.toFixed(2)} to ${span.end.toFixed(2)} s`;
  const now = () => hundredths(exhibit.clock?.time_s ?? 0);

  const bar = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ kind) => {
    const length = exhibit.clock?.duration_s || 1;
    const drawn = make("i", { class: kind });
    drawn.style.left = `${(100 * from) / length}%`;
    drawn.style.width = `${(100 * (to - from)) / length}%`;
    return drawn;
  };
  const draw = () => {
    const pending = start === null ? [] : [bar(start, Math.max(start + SHORTEST_S, end ?? now()), "pending")];
    track.replaceChildren(...made.map((span) => bar(span.start, span.end, colour(labels, span.label))), ...pending);
    list.replaceChildren(...spanList(made, labels, said, remove));
    const until = end === null ? `…, press ${keyOf(host, "spans.end")} at its end or a digit to name it up to here.` : ` to ${end.toFixed(2)} s: press a digit to name it.`;
    open.textContent = start === null ? `${keyOf(host, "spans.start")} starts a span at the present moment.` : `From ${start.toFixed(2)} s${until}`;
  };
  const remove = (/** @type {number} */ at) => {
    const [gone] = made.splice(at, 1);
    if (gone) host.say(`Removed ${gone.label}, ${said(gone)}`);
    draw();
    return true;
  };
  const label = (/** @type {string | undefined} */ name) => {
    if (name === undefined) return false;
    const until = end ?? now();
    if (start === null || until - start < SHORTEST_S) {
      host.say(`Mark its start first, with ${keyOf(host, "spans.start")}, and move on.`);
      return true;
    }
    const span = { start, end: until, label: name };
    made.push(span);
    inOrder(made);
    start = end = null;
    host.say(`${name}, ${said(span)}`);
    draw();
    return true;
  };
  const mark = (/** @type {"start" | "end"} */ which) => {
    if (which === "start") [start, end] = [now(), null];
    else if (start !== null && now() > start) end = now();
    host.say(`${which === "start" ? "Starts" : "Ends"} at ${now().toFixed(2)} seconds`);
    if (end !== null && labels.length === 1) label(labels[0]);
    draw();
    return true;
  };
  const step = (/** @type {number} */ by) => {
    exhibit.clock?.pause();
    exhibit.clock?.seek(now() + by);
    draw();
    return true;
  };
  const submit = () => (host.answer("answered", made), true);

  /** @param {HTMLElement} where the waveform or the bar below a film */
  function drawable(where) {
    const at = (/** @type {PointerEvent} */ event) => {
      const box = track.getBoundingClientRect();
      return hundredths(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (exhibit.clock?.duration_s ?? 0));
    };
    let from = 0;
    where.addEventListener("pointerdown", (event) => {
      where.setPointerCapture(event.pointerId);
      from = at(event);
    });
    where.addEventListener("pointermove", (event) => {
      if (!where.hasPointerCapture(event.pointerId) || Math.abs(at(event) - from) < SHORTEST_S) return;
      [start, end] = [Math.min(from, at(event)), Math.max(from, at(event))];
      draw();
    });
    where.addEventListener("pointerup", () => {
      if (start !== null && end !== null && labels.length === 1) label(labels[0]);
    });
  }

  /** @type {Record<string, () => boolean>} */
  const acts = {
    "spans.start": () => mark("start"),
    "spans.end": () => mark("end"),
    "spans.previous": () => step(-STEP_S),
    "spans.next": () => step(STEP_S),
    "spans.shrink": () => step(-10 * STEP_S),
    "spans.extend": () => step(10 * STEP_S),
    "spans.remove": () => (made.length ? remove(made.length - 1) : true),
    "judge.submit": submit,
  };
  const marks = make("div", { class: "answers" }, keyButton("Starts here", keyOf(host, "spans.start"), () => mark("start")), keyButton("Ends here", keyOf(host, "spans.end"), () => mark("end")));
  draw();
  return {
    element: make("div", {}, exhibit.element, open, marks, labelButtons(labels, label), list, make("div", { class: "answers" }, submitButton(host, submit))),
    act: (action) => acts[action]?.() ?? false,
    digit: (digit) => label(labels[(digit + 9) % 10]),
    ready: () => {
      exhibit.timeline?.append(track);
      if (exhibit.timeline) drawable(exhibit.timeline);
      exhibit.clock?.addEventListener("time", () => start !== null && end === null && draw());
      draw();
    },
  };
};
