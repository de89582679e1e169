// The state of one sitting: questions held, the one shown, the last ten judged. It knows no element of the page.

/**
 * @typedef {import("./wire.js").Answer} Answer
 * @typedef {import("./wire.js").Answered} Answered
 * @typedef {import("./wire.js").Leased} Leased
 * @typedef {import("./wire.js").Next} Next
 * @typedef {import("./wire.js").Outcome} Outcome
 * @typedef {import("./wire.js").Value} Value
 * @typedef {{key: string, question: Leased, outcome: Outcome, answer: Value, judgmentId: string | null}} Past
 */

import { newKey, Refused } from "./wire.js";

const UNDONE_AT_MOST = 10;
const RENEW_WITHIN_MS = 120_000;
const RENEW_NOT_BEFORE_MS = 1_000;
const ASK_AGAIN_MS = 2_000;
export const FEW = 3;
export const MANY = 50;

/** Told of: "question", "state", "queue", "progress", "feedback", "notice" (words for the judge). */
export class Session extends EventTarget {
  /** @param {import("./wire.js").Server} server @param {import("./outbox.js").Outbox} outbox
   * @param {import("./storage.js").Storage} storage */
  constructor(server, outbox, storage) {
    super();
    this.server = server;
    this.outbox = outbox;
    this.storage = storage;
    outbox.wanted = () => this.wanted;
    outbox.addEventListener("sent", (event) => this.#sent(/** @type {CustomEvent<Answered>} */ (event).detail));
    /** @type {import("./wire.js").Project | null} */
    this.project = null;
    /** @type {import("./wire.js").Project | null} */
    this.kept = null;
    /** @type {import("./wire.js").State} */
    this.state = "waiting";
    /** @type {Leased | null} */
    this.current = null;
    /** @type {Value | undefined} */
    this.before = undefined; // what had been answered to `current` before it was undone
    /** @type {Leased[]} */
    this.queue = [];
    /** @type {Past[]} */
    this.history = [];
    /** @type {import("./wire.js").Progress} */
    this.progress = { answered: 0, left: null, seconds: 0 };
    /** @type {number | null} */
    this.attemptsLeft = null;
    this.prefetch = FEW;
    this.timer = 0;
    this.shownAtMs = 0;
    this.firstKeyMs = 0;
    this.hiddenMs = 0;
    this.hiddenSinceMs = 0;
    document.addEventListener("visibilitychange", () => this.#countHidden());
    this.renewal = 0;
  }

  /** How many more questions to ask for. Training goes one by one, so that each answer is told before the next. */
  get wanted() {
    return Math.max(0, this.aim - this.queue.length);
  }

  get aim() {
    return this.state === "training" ? 1 : this.prefetch;
  }

  /** Begin: take up the questions held before a reload, and ask the server how things stand.
   * @param {import("./wire.js").Project | null} kept  the project, as it was kept for work without a network */
  async begin(kept = null) {
    this.kept = kept;
    const held = await this.storage.held();
    const answered = new Set(this.outbox.waiting.map((kept) => kept.answer.lease));
    this.queue = held.filter((question) => question.expires_at_s > Date.now() / 1000 && !answered.has(question.lease));
    await this.refill();
  }

  /** Ask for what is wanted; when the network is away, go on with what is held. */
  async refill() {
    clearTimeout(this.timer);
    try {
      // those held come first, and those whose answers are still on their way are among them
      const held = this.outbox.count + (this.current ? 1 : 0);
      this.#take(await this.server.next(Math.min(MANY, this.aim + held)));
    } catch (error) {
      if (error instanceof Refused) this.#say("notice", error.message);
      else if (!this.project && !this.kept) this.#say("notice", "No connection to the server yet. This page tries again by itself.");
      this.timer = window.setTimeout(() => this.refill(), ASK_AGAIN_MS);
      if (this.queue.length && !this.current && (this.project ??= this.kept)) {
        this.state = "work";
        this.#advance();
      }
    }
  }

  /** @param {number} version of the instructions that have been read */
  async haveRead(version) {
    try {
      this.#take(await this.server.haveRead(version));
      if (!this.current) await this.refill();
    } catch (error) {
      this.#say("notice", error instanceof Refused ? error.message : "No connection. Try again in a moment.");
    }
  }

  /** @param {number} n how many questions to hold ahead: more for work without a network */
  async hold(n) {
    this.prefetch = n;
    if (this.state === "work" && this.wanted) await this.refill();
  }

  /** The question is seen only now: something lay over it, or the judge was away. */
  restartClock() {
    this.shownAtMs = performance.now();
    this.firstKeyMs = this.hiddenMs = 0;
  }

  /** The judge did something: the first time is part of the record. */
  touched() {
    if (!this.firstKeyMs) this.firstKeyMs = performance.now();
  }

  /** Judge the current question, and go on with the next one without waiting for anybody.
   * @param {Outcome} outcome @param {Value} [answer] @param {number | null} [credence] how sure the judge is of it */
  judge(outcome, answer = null, credence = null) {
    const question = this.current;
    if (!question) return;
    this.touched();
    this.#countHidden();
    const now = performance.now();
    const sent = {
      key: newKey(),
      lease: question.lease,
      outcome,
      answer: outcome === "answered" ? answer : null,
      credence,
      shown_at_s: (Date.now() - (now - this.shownAtMs)) / 1000,
      first_key_s: (this.firstKeyMs - this.shownAtMs) / 1000,
      duration_s: (now - this.shownAtMs) / 1000,
      hidden_s: this.hiddenMs / 1000,
    };
    this.history.push({ key: sent.key, question, outcome, answer: sent.answer, judgmentId: null });
    if (this.history.length > UNDONE_AT_MOST) this.history.shift();
    this.progress = { ...this.progress, answered: this.progress.answered + 1 };
    this.current = null;
    if (this.state !== "training") this.#advance();
    else this.#say("state");
    this.#say("progress");
    void this.outbox.add(sent, question);
  }

  /** Bring back the last question judged. One that the server has must be taken back there first. */
  async undo() {
    const last = this.history.at(-1);
    if (!last) return this.#say("notice", "There is nothing to undo.");
    if (!(await this.outbox.withdraw(last.key))) {
      await this.outbox.settled();
      if (!last.judgmentId && !(await this.outbox.withdraw(last.key))) {
        return this.#say("notice", "That answer is on its way. Undo it once it has arrived.");
      }
    }
    const question = last.judgmentId ? await this.#takeBack(last.judgmentId) : last.question;
    if (!question) return undefined;
    this.history = this.history.filter((past) => past !== last);
    if (this.current) this.queue.unshift(this.current);
    this.progress = { ...this.progress, answered: Math.max(0, this.progress.answered - 1) };
    this.before = last.answer ?? undefined;
    this.#show(question);
    this.#say("progress");
    return this.#say("notice", "Undone. Judge it again.");
  }

  /** @param {string} judgmentId @returns {Promise<Leased | null>} */
  async #takeBack(judgmentId) {
    try {
      return (await this.server.undo(judgmentId, newKey())).question;
    } catch (error) {
      this.#say("notice", error instanceof Refused ? error.message : "An answer that was sent can be undone when the network is back.");
      return null;
    }
  }

  /** @param {Answered} answered */
  #sent(answered) {
    for (const accepted of answered.accepted) {
      const past = this.history.find((one) => one.key === accepted.key);
      if (past) past.judgmentId = accepted.judgment_id;
      if (accepted.feedback) this.#say("feedback", accepted.feedback);
    }
    for (const refused of answered.refused) {
      this.history = this.history.filter((past) => past.key !== refused.key);
      this.#say("refused", refused.error);
    }
    this.#take(answered);
  }

  /** @param {Next} next */
  #take(next) {
    const changed = this.state !== next.state;
    this.state = next.state;
    this.project = next.project ?? this.project;
    const waiting = this.outbox.count - this.outbox.flying.size;
    this.progress = { ...next.progress, answered: next.progress.answered + Math.max(0, waiting) };
    this.attemptsLeft = next.attempts_left ?? null;
    const answered = this.outbox.waiting.map((kept) => kept.answer.lease);
    const known = new Set([this.current?.lease, ...this.queue.map((question) => question.lease), ...answered]);
    this.queue.push(...next.questions.filter((question) => !known.has(question.lease)));
    if (this.state === "gate" || this.state === "refused" || this.state === "paused") this.queue = [];
    if (!this.current) this.#advance();
    else this.#say("queue");
    if (changed) this.#say("state");
    this.#say("progress");
    this.#planRenewal();
    const idle = this.state === "waiting" || this.state === "paused" || (this.state === "work" && !this.current);
    if (!idle) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.refill(), ASK_AGAIN_MS);
  }

  #advance() {
    this.before = undefined;
    this.#show(this.queue.shift() ?? null);
    clearTimeout(this.timer);
    if (!this.current && this.state === "work") this.timer = window.setTimeout(() => this.refill(), ASK_AGAIN_MS);
  }

  /** @param {Leased | null} question */
  #show(question) {
    this.current = question;
    this.shownAtMs = performance.now();
    this.firstKeyMs = this.hiddenMs = 0;
    this.hiddenSinceMs = document.hidden ? this.shownAtMs : 0;
    this.#say(question ? "question" : "state");
    this.#say("queue");
    void this.storage.hold(question ? [question, ...this.queue] : this.queue).catch(() => {
      this.#say("notice", "This browser cannot keep questions for a reload; judging goes on without that.");
    });
  }

  #countHidden() {
    const now = performance.now();
    if (this.hiddenSinceMs) this.hiddenMs += now - this.hiddenSinceMs;
    this.hiddenSinceMs = document.hidden ? now : 0;
  }

  get #held() {
    return [this.current, ...this.queue].flatMap((question) => question ?? []);
  }

  /** Renew what is held before a third of its time is over, so that one request may be lost. */
  #planRenewal() {
    if (this.renewal || !this.#held.length) return;
    const left_ms = 1000 * Math.min(...this.#held.map((question) => question.expires_at_s)) - Date.now();
    const due_ms = Math.max(RENEW_NOT_BEFORE_MS, Math.min(RENEW_WITHIN_MS, left_ms / 3));
    this.renewal = window.setTimeout(() => this.#renew(), due_ms);
  }

  async #renew() {
    const held = this.#held;
    try {
      const { renewed } = await this.server.renew(held.map((question) => question.lease));
      for (const question of held) question.expires_at_s = renewed[question.lease] ?? question.expires_at_s;
    } catch (error) {
      if (error instanceof Refused && !error.passing) this.#say("notice", error.message);
    }
    this.renewal = 0;
    this.#planRenewal();
  }

  /** @param {string} what @param {unknown} [detail] */
  #say(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
