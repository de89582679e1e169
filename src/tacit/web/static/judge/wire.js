// What goes over the wire, and the calls that carry it.

/**
 * @typedef {"choice" | "comparison" | "ranking" | "rating" | "text" | "spans" | "probability"} QuestionKind
 * @typedef {"answered" | "tie" | "both_bad" | "cant_tell" | "not_shown" | "skipped"} Outcome
 * @typedef {{start: number, end: number, label: string}} Span
 * @typedef {string | number | number[] | Span[] | null} Value  the answer, in the order and the sides as shown
 *
 * @typedef {{id: string, kind: string, media_type: string, url?: string | null, text?: string | null}} Item
 * @typedef {{options?: string[], low?: number, high?: number, step?: number | null, unit?: string, draft?: string}} QuestionSettings
 * @typedef {{id: string, kind: QuestionKind, text: string, settings: QuestionSettings}} Question
 * @typedef {{lease: string, question: Question, items: Item[], shown_left: 0 | 1 | null, expires_at_s: number,
 *   sensitive: boolean}} Leased  a question held for this judge, its items in the order shown
 *
 * @typedef {{outcomes?: Outcome[], break_every_s?: number, blur?: boolean, keys?: Record<string, string[]>,
 *   prefetch?: number, [name: string]: unknown}} ProjectSettings
 * @typedef {{id: string | number, name: string, kind: QuestionKind, text: string, settings: ProjectSettings,
 *   instructions: {version: number, html: string} | null}} Project
 * @typedef {"work" | "gate" | "training" | "waiting" | "done" | "paused" | "refused"} State
 * @typedef {{answered: number, left: number | null, seconds: number}} Progress
 * @typedef {{project?: Project, state: State, questions: Leased[], progress: Progress, attempts_left?: number}} Next
 *
 * @typedef {{key: string, lease: string, outcome: Outcome, answer: Value, credence: number | null,
 *   shown_at_s: number, first_key_s: number | null, duration_s: number, hidden_s: number}} Answer
 * @typedef {{right: boolean, expected: Value | Outcome, note?: string}} Feedback
 * @typedef {{key: string, judgment_id: string, counted: string, feedback?: Feedback}} Accepted
 * @typedef {{where?: string, got?: string, expected?: string, do?: string}} Fault
 * @typedef {{accepted: Accepted[], refused: {key: string, error: Fault}[]} & Next} Answered
 */

/** The server was reached and said no. Anything else that goes wrong is the network. */
export class Refused extends Error {
  /** @param {number} status @param {Fault} fault @param {number} retryAfterS */
  constructor(status, fault, retryAfterS = 0) {
    super(describe(fault) || `The server answered ${status}.`);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same request may well be taken later: too many requests, or a server that is down or busy. */
  get passing() {
    return this.status === 429 || this.status >= 500;
  }
}

/** @param {Fault} fault */
export function describe(fault) {
  const said = [fault.where && `${fault.where}:`, fault.got && `got ${fault.got},`, fault.expected && `expected ${fault.expected}.`];
  return [...said, fault.do && `${fault.do}.`].filter(Boolean).join(" ");
}

export class Server {
  /** @param {string} projectId @param {typeof fetch} [fetcher] */
  constructor(projectId, fetcher = (...request) => fetch(...request)) {
    this.projectId = projectId;
    this.fetcher = fetcher;
  }

  /** @param {number} n @returns {Promise<Next>} */
  next(n) {
    return this.#call("GET", `/api/next?project=${encodeURIComponent(this.projectId)}&n=${n}`);
  }

  /** @param {Answer[]} answers @param {number} next how many questions are wanted in return
   * @returns {Promise<Answered>} */
  answer(answers, next) {
    return this.#call("POST", "/api/answers", { project: this.projectId, answers, next });
  }

  /** @param {string} judgmentId @param {string} key @returns {Promise<{undone: string, question: Leased}>} */
  undo(judgmentId, key) {
    return this.#call("POST", "/api/undo", { key, judgment_id: judgmentId });
  }

  /** @param {number} version @returns {Promise<Next>} */
  haveRead(version) {
    return this.#call("POST", "/api/instructions", { project: this.projectId, version });
  }

  /** @param {string[]} leases @returns {Promise<{renewed: Record<string, number>}>} lease → when it ends now */
  renew(leases) {
    return this.#call("POST", "/api/leases/renew", { leases });
  }

  /** @param {string[]} leases @returns {Promise<unknown>} */
  release(leases) {
    return this.#call("POST", "/api/leases/release", { leases });
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    const sent = body === undefined ? null : JSON.stringify(body);
    /** @type {Record<string, string>} */
    const headers = sent === null ? {} : { "Content-Type": "application/json" };
    const answer = await this.fetcher(path, { method, headers, body: sent, credentials: "same-origin", cache: "no-store" });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, told.error ?? {}, Number(answer.headers.get("Retry-After") ?? 0));
    return told;
  }
}

/** A new idempotency key. `crypto.randomUUID` would want HTTPS, which a server in a laboratory may not have. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (/** @type {number} */ (bytes[6]) & 0x0f) | 0x40;
  bytes[8] = (/** @type {number} */ (bytes[8]) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
