// One question made ready to be seen: its words, its items, its controls. The next one waits in the page, drawn.

/**
 * @typedef {import("./wire.js").Leased} Leased
 * @typedef {import("./wire.js").Outcome} Outcome
 * @typedef {import("./wire.js").Value} Value
 * @typedef {import("./questions/view.js").Host} Host
 */

import { make } from "./dom.js";
import { Exhibit } from "./media/exhibit.js";
import { keyButton, keyOf } from "./questions/view.js";

/** @type {Map<string, import("./questions/view.js").MakeView>} */
const makers = new Map();

/** Fetch what shows a kind of question. A project asks one kind, so that the others need not travel.
 * @param {import("./wire.js").QuestionKind} kind */
export async function knowKind(kind) {
  if (!makers.has(kind)) makers.set(kind, (await import(`./questions/${kind}.js`))[kind]);
}

/** @param {Leased} leased */
export const known = (leased) => makers.has(leased.question.kind);

export class Slide {
  /** @param {Leased} leased @param {Omit<Host, "answer">} given
   * @param {(outcome: Outcome, value?: Value) => void} judge @param {boolean} blurred */
  constructor(leased, given, judge, blurred) {
    this.leased = leased;
    this.say = given.say;
    this.judge = judge;
    this.blurred = blurred;
    this.exhibit = new Exhibit(leased);
    const host = { ...given, answer: (/** @type {Outcome} */ outcome, /** @type {Value} */ value = null) => this.answer(outcome, value) };
    const makeView = makers.get(leased.question.kind);
    if (!makeView) throw new Error(`nothing shows a ${leased.question.kind} yet: call knowKind first`);
    this.view = makeView(leased, this.exhibit, host);
    this.heading = make("h1", { tabindex: -1, dir: "auto" }, leased.question.text || "What do you say?");
    this.trouble = make("div", { class: "trouble", hidden: true, role: "alert" });
    this.reveal = keyButton("Show it", keyOf(host, "judge.reveal"), () => this.unblur());
    const cover = make("p", { class: "cover" }, "This may be unpleasant to see. ", this.reveal);
    this.element = make("section", { class: "slide waiting", "aria-busy": "true" }, this.heading, cover, this.trouble, this.view.element);
    this.element.inert = true;
    this.element.classList.toggle("blurred", blurred);
    this.exhibit.addEventListener("status", () => this.#status());
    void this.exhibit.load();
  }

  #status() {
    const failed = this.exhibit.status === "failed";
    this.element.setAttribute("aria-busy", "false");
    this.element.classList.toggle("failed", failed);
    this.trouble.hidden = !failed;
    if (!failed) {
      this.view.ready?.();
      if (this.seen && !this.blurred) this.exhibit.shown();
      return;
    }
    const again = make("button", { type: "button", on: { click: () => this.exhibit.load() } }, "Try again");
    const give = make("button", { type: "button", class: "main", on: { click: () => this.answer("not_shown") } }, "Could not be shown");
    this.trouble.replaceChildren(make("p", {}, `This cannot be shown: ${this.exhibit.fault}. It is not your fault, and nothing has been recorded.`), again, give);
  }

  get seen() {
    return !this.element.inert;
  }

  /** Put it before the judge. */
  show() {
    this.element.inert = false;
    this.element.classList.remove("waiting");
    if (this.exhibit.status === "ready" && !this.blurred) this.exhibit.shown();
    if (this.view.focus) this.view.focus();
    else this.heading.focus({ preventScroll: true });
  }

  unblur() {
    if (!this.blurred) return false;
    this.blurred = false;
    this.element.classList.remove("blurred");
    if (this.exhibit.status === "ready") this.exhibit.shown();
    this.heading.focus({ preventScroll: true });
    return true;
  }

  /** Hand in a judgment, if there has been something to judge. @param {Outcome} outcome @param {Value} [value] */
  answer(outcome, value = null) {
    const about = outcome !== "skipped" && outcome !== "not_shown"; // these two say nothing about the items
    if (about && this.exhibit.status === "loading") return this.say("It is still loading.");
    if (about && this.exhibit.status === "failed") return this.say("It cannot be shown, so it cannot be judged. Say so, or skip it.");
    if (about && this.blurred) return this.say("Show it first, or skip it.");
    return this.judge(outcome, value);
  }

  /** Take it out of the page. */
  remove() {
    this.exhibit.done();
    this.element.remove();
  }
}

/** The slides of the questions held: the one seen, the next one drawn and waiting, the others loading. */
export class Slides {
  /** @param {HTMLElement} stage @param {(leased: Leased) => Slide} build */
  constructor(stage, build) {
    this.stage = stage;
    this.build = build;
    /** @type {Map<string, Slide>} */
    this.ready = new Map();
    /** @type {Slide | null} */
    this.seen = null;
  }

  /** Make ready what is held, and let go of what is not. @param {Leased[]} queue */
  prepare(queue) {
    const wanted = new Set(queue.map((leased) => leased.lease));
    for (const [lease, slide] of this.ready) {
      if (wanted.has(lease) || slide === this.seen) continue;
      slide.remove();
      this.ready.delete(lease);
    }
    for (const leased of queue) if (!this.ready.has(leased.lease)) this.ready.set(leased.lease, this.build(leased));
    const next = queue[0] && this.ready.get(queue[0].lease);
    if (next && !next.element.isConnected) this.stage.append(next.element);
  }

  /** @param {Leased | null} leased @param {boolean} fresh build it anew even if it is ready */
  show(leased, fresh = false) {
    if (this.seen) {
      this.ready.delete(this.seen.leased.lease);
      this.seen.remove();
      this.seen = null;
    }
    if (!leased) return null;
    if (fresh) {
      this.ready.get(leased.lease)?.remove();
      this.ready.delete(leased.lease);
    }
    const slide = this.ready.get(leased.lease) ?? this.build(leased);
    this.ready.set(leased.lease, slide);
    if (!slide.element.isConnected) this.stage.append(slide.element);
    slide.show();
    this.seen = slide;
    return slide;
  }
}
