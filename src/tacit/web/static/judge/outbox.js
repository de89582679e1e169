// Answers on their way: kept in the browser until the server has them on disk, and sent again with the same key.

/**
 * @typedef {import("./wire.js").Answer} Answer
 * @typedef {import("./wire.js").Answered} Answered
 * @typedef {import("./wire.js").Leased} Leased
 * @typedef {import("./storage.js").Kept} Kept
 */

import { Refused } from "./wire.js";

const SOONEST_MS = 1000;
const LATEST_MS = 30_000;
const MOST_AT_ONCE = 50;

/** Told of: "sent" (an Answered), "count", "trouble" (the words for it, "" once it is over). */
export class Outbox extends EventTarget {
  /** @param {import("./wire.js").Server} server @param {import("./storage.js").Storage} storage
   * @param {() => number} wanted how many questions to ask for when answers are sent */
  constructor(server, storage, wanted) {
    super();
    this.server = server;
    this.storage = storage;
    this.wanted = wanted;
    /** @type {Kept[]} */
    this.waiting = [];
    /** @type {Set<string>} */
    this.flying = new Set();
    /** @type {Set<string>} keys of answers that the browser has not stored yet */
    this.storing = new Set();
    this.order = Date.now();
    this.delayMs = 0;
    this.timer = 0;
    /** @type {Promise<void> | null} */
    this.sending = null;
    addEventListener("online", () => this.send());
  }

  /** Take up what an earlier visit left. */
  async restore() {
    this.waiting = [...(await this.storage.kept()), ...this.waiting];
    this.#say("count");
    if (this.waiting.length) void this.send();
  }

  get count() {
    return this.waiting.length;
  }

  /** Keep an answer and send it as soon as can be. @param {Answer} answer @param {Leased} question */
  async add(answer, question) {
    const kept = { key: answer.key, order: this.order++, answer, question };
    this.waiting.push(kept);
    this.storing.add(kept.key);
    this.#say("count");
    try {
      await this.storage.keep(kept);
    } catch (error) {
      this.#say("trouble", `This browser cannot keep answers (${error}). Do not close this page before they are sent.`);
    }
    this.storing.delete(kept.key);
    this.#say("count");
    await this.send();
  }

  /** Take back an answer that has not left; false if it has. @param {string} key */
  async withdraw(key) {
    const at = this.waiting.findIndex((kept) => kept.key === key);
    if (at < 0 || this.flying.has(key)) return false;
    this.waiting.splice(at, 1);
    this.#say("count");
    await this.storage.forget([key]);
    return true;
  }

  /** Wait for what is being sent. */
  async settled() {
    await this.sending;
  }

  /** Send what waits; one request at a time. */
  async send() {
    clearTimeout(this.timer);
    while (this.sending) await this.sending;
    if (!this.waiting.length) return;
    this.sending = this.#sendOnce();
    await this.sending;
    this.sending = null;
    if (this.waiting.length) this.timer = window.setTimeout(() => this.send(), this.delayMs);
  }

  async #sendOnce() {
    const batch = this.waiting.slice(0, MOST_AT_ONCE);
    this.flying = new Set(batch.map((kept) => kept.key));
    try {
      const answered = await this.server.answer(batch.map((kept) => kept.answer), this.wanted());
      const gone = new Set([...answered.accepted, ...answered.refused].map((one) => one.key));
      this.waiting = this.waiting.filter((kept) => !gone.has(kept.key));
      await this.storage.forget([...gone]);
      this.delayMs = 0;
      this.#say("trouble", "");
      this.#say("count");
      this.dispatchEvent(new CustomEvent("sent", { detail: answered }));
    } catch (error) {
      this.#later(error);
    } finally {
      this.flying = new Set();
    }
  }

  /** @param {unknown} error */
  #later(error) {
    this.delayMs = Math.min(LATEST_MS, Math.max(SOONEST_MS, 2 * this.delayMs));
    if (!(error instanceof Refused)) {
      this.#say("trouble", "No connection. Your answers are kept in this browser and sent when it is back.");
    } else if (error.status === 401) {
      this.#say("trouble", "You have been signed out. Sign in again in another tab: your answers are kept here until then.");
    } else {
      this.delayMs = error.passing ? Math.max(this.delayMs, 1000 * error.retryAfterS) : LATEST_MS;
      this.#say("trouble", `The server did not take the answers; they are kept here. ${error.message}`);
    }
  }

  /** @param {string} what @param {unknown} [detail] */
  #say(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
