// The judging page: brings questions, keys, answers and the judge together.

/**
 * @typedef {import("./wire.js").Leased} Leased
 * @typedef {import("./wire.js").Outcome} Outcome
 * @typedef {import("./wire.js").Value} Value
 */

import { byId, clock, make, richText } from "./dom.js";
import { Keymap, pressed } from "./keys.js";
import { Outbox } from "./outbox.js";
import { panel, spoken } from "./panels.js";
import { keyButton } from "./questions/view.js";
import { FEW, MANY, Session } from "./session.js";
import { known, knowKind, Slide, Slides } from "./slides.js";
import { Storage } from "./storage.js";
import { describe, Server } from "./wire.js";
import { Sitting } from "./wellbeing.js";

const NOTICE_MS = 4000;
/** @type {[Outcome, string, string][]} */
const COMMON = [["cant_tell", "judge.cant_tell", "Can't tell"], ["not_shown", "judge.not_shown", "Could not be shown"], ["skipped", "judge.skip", "Skip"]];
const REPEATABLE = /^(rating|ranking|probability|spans|media|choice)\.(?!play|loop|zoom|differences|other)/;

const { project = "", account = "" } = document.body.dataset;
const SAVED = { keys: "tacit-keys", ahead: "tacit-ahead", project: `tacit-project ${project} ${account}` };
const [stage, common, notice, said] = ["stage", "common", "notice", "said"].map(byId);
const dialogs = /** @type {HTMLDialogElement[]} */ (["keys", "instructions", "feedback", "rest", "sure"].map(byId));
const [keysDialog, instructionsDialog, feedbackDialog, restDialog] = /** @type {[HTMLDialogElement, HTMLDialogElement, HTMLDialogElement, HTMLDialogElement]} */ (dialogs);
const saved = read(SAVED.keys, {});
let keymap = new Keymap(saved);

const storage = await Storage.open(`tacit ${project} ${account}`);
const server = new Server(project);
const outbox = new Outbox(server, storage, () => FEW);
const session = new Session(server, outbox, storage);
const sitting = new Sitting();
const slides = new Slides(/** @type {HTMLElement} */ (stage), build);
session.prefetch = read(SAVED.ahead, FEW);

/** @template T @param {string} name @param {T} otherwise @returns {T} */
function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") ?? otherwise;
  } catch {
    return otherwise; // no storage in this window, or another program's value
  }
}

/** @param {string} name @param {unknown} value */
function save(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    say("This browser does not keep settings; they hold until you leave.");
  }
}

/** @type {Promise<typeof import("./sure.js")> | null} asks how sure the judge is, where the project wants to know */
let sure = null;
let noticed = 0;
/** Tell the judge something, in sight and to a screen reader. @param {string} words */
function say(words) {
  if (notice && said) notice.textContent = said.textContent = words;
  clearTimeout(noticed);
  notice?.classList.add("fresh");
  noticed = window.setTimeout(() => notice?.classList.remove("fresh"), NOTICE_MS);
}

/** @param {Outcome} outcome */
const offers = (outcome) => session.project?.settings.outcomes?.includes(outcome) ?? true;

/** @param {Leased} leased @param {Value | undefined} [before] */
function build(leased, before = undefined) {
  const blurred = leased.sensitive || session.project?.settings.blur === true;
  return new Slide(leased, { say, offers, keymap, before }, judge, blurred);
}

/** @param {Outcome} outcome @param {Value} [value] */
function judge(outcome, value = null) {
  if (outcome !== "answered" || !sure) record(outcome, value);
  else void sure.then(({ ask }) => ask((credence) => record(outcome, value, credence)));
}

/** Record a judgment and show the next question, which is drawn already: nothing here waits.
 * @param {Outcome} outcome @param {Value} value @param {number | null} [credence] */
function record(outcome, value, credence = null) {
  performance.mark("tacit-key");
  const words = outcome === "answered" && typeof value !== "object" ? spoken(value) : spoken(outcome);
  session.judge(outcome, value, credence);
  if (outcome !== "answered" || value !== null) said && (said.textContent = `Recorded${outcome === "answered" && typeof value === "object" ? "" : `: ${words}`}.`);
  requestAnimationFrame(() => setTimeout(() => {
    performance.mark("tacit-paint");
    performance.measure("tacit-key-to-paint", "tacit-key", "tacit-paint");
  }));
}

function showPanel() {
  const now = document.getElementById("panel");
  const fresh = make("section", { id: "panel", class: "panel" }, ...panel(session, sitting.worked_s));
  if (now?.isEqualNode(fresh)) return;
  now?.remove();
  stage?.append(fresh);
  fresh.querySelector("h1")?.focus({ preventScroll: true });
}

function showQuestion() {
  const leased = session.current;
  if (leased && !known(leased)) return void knowKind(leased.question.kind).then(showQuestion);
  slides.show(null);
  if (!leased) return;
  document.getElementById("panel")?.remove();
  if (session.before !== undefined) {
    slides.ready.get(leased.lease)?.remove();
    slides.ready.set(leased.lease, build(leased, session.before));
  }
  slides.show(leased);
  slides.prepare(session.queue.filter(known));
  scrollTo(0, 0);
}

function drawCommon() {
  if (!common) return;
  const named = (/** @type {string} */ action) => keymap.of(action)[0] ?? "";
  const answers = COMMON.filter(([outcome]) => outcome === "skipped" || outcome === "not_shown" || offers(outcome));
  common.replaceChildren(
    ...answers.map(([outcome, action, words]) => keyButton(words, named(action), () => slides.seen?.answer(outcome))),
    keyButton("Undo", named("judge.undo"), () => void session.undo()));
}

async function openKeys() {
  const { fillHelp } = await import("./help.js");
  fillHelp(keysDialog, keymap, session.project?.kind ?? "comparison", () => {
    save(SAVED.keys, keymap.changed());
    drawCommon();
  });
  if (!keysDialog.open) keysDialog.showModal();
}

function drawState() {
  const working = session.current !== null;
  common && (common.hidden = !working && !session.history.length);
  common?.classList.toggle("resting", !working);
  document.body.classList.toggle("training", session.state === "training");
  if (!working) {
    slides.show(null);
    showPanel();
  }
  byId("open-instructions").hidden = !session.project?.instructions?.html;
}

function drawProgress() {
  const { answered, left } = session.progress;
  const practice = session.state === "training" ? "Practice · " : "";
  byId("progress").textContent = `${practice}${answered} done${left === null ? "" : ` · ${left} left`}`;
  const bar = /** @type {HTMLProgressElement} */ (byId("bar"));
  bar.hidden = left === null || answered + left === 0;
  if (left !== null) bar.value = answered / Math.max(1, answered + left);
}

/** @type {string} */
let kindDrawn = "";
session.addEventListener("question", showQuestion);
session.addEventListener("queue", () => slides.prepare(session.queue.filter(known)));
session.addEventListener("progress", drawProgress);
session.addEventListener("notice", (event) => say(/** @type {CustomEvent} */ (event).detail));
session.addEventListener("refused", (event) => say(`One answer was not taken: ${describe(/** @type {CustomEvent} */ (event).detail)}`));
for (const event of ["state", "question", "progress"]) {
  session.addEventListener(event, () => {
    const settings = session.project?.settings;
    if (session.project && session.project.kind !== kindDrawn) {
      kindDrawn = session.project.kind;
      keymap = new Keymap({ ...settings?.keys, ...saved });
      sitting.restEvery_s = settings?.break_every_s ?? sitting.restEvery_s;
      if (settings?.credence && kindDrawn !== "probability") sure = import("./sure.js");
      if (session.prefetch < MANY) session.prefetch = settings?.prefetch ?? session.prefetch;
      drawCommon();
    }
    drawState();
  });
}
session.addEventListener("feedback", (event) => {
  const { right, expected, note } = /** @type {CustomEvent<import("./wire.js").Feedback>} */ (event).detail;
  byId("feedback-title").textContent = right ? "Right." : "Not quite.";
  const body = feedbackDialog.querySelector(".body");
  if (body) body.textContent = [right ? "" : `Expected: ${spoken(expected)}.`, note ?? ""].filter(Boolean).join(" ");
  feedbackDialog.classList.toggle("right", right);
  if (!feedbackDialog.open) feedbackDialog.showModal();
});
outbox.addEventListener("count", () => {
  const shown = byId("outbox");
  shown.hidden = outbox.count === 0;
  shown.textContent = outbox.storing.size ? `${outbox.count} being kept` : `${outbox.count} to send`;
});
outbox.addEventListener("trouble", (event) => {
  const words = String(/** @type {CustomEvent} */ (event).detail);
  byId("trouble").hidden = !words;
  byId("trouble").textContent = words;
});
sitting.addEventListener("second", () => (byId("timer").textContent = clock(sitting.worked_s)));
sitting.addEventListener("rest", () => {
  slides.seen?.exhibit.clock?.pause();
  const body = restDialog.querySelector(".body");
  if (body) body.textContent = `You have been at it for ${Math.round(sitting.restEvery_s / 60)} minutes and judged ${session.progress.answered}. Look away, stand up, come back when you like: nothing is lost and the clock stands still.`;
  restDialog.showModal();
});
restDialog.addEventListener("close", () => {
  sitting.goOn();
  session.restartClock();
});
for (const dialog of dialogs) {
  dialog.addEventListener("close", () => (slides.seen?.view.focus ?? (() => slides.seen?.heading.focus({ preventScroll: true })))());
}
feedbackDialog.addEventListener("close", () => session.restartClock());

byId("open-keys").addEventListener("click", openKeys);
byId("open-instructions").addEventListener("click", openInstructions);
byId("reset-keys").addEventListener("click", () => {
  keymap = new Keymap(session.project?.settings.keys);
  save(SAVED.keys, {});
  drawCommon();
  void openKeys();
});
const offline = /** @type {HTMLInputElement} */ (byId("offline"));
offline.checked = session.prefetch >= MANY;
offline.addEventListener("change", async () => say(await (await import("./away.js")).goAway(offline.checked, session, (ahead, kept) => {
  save(SAVED.ahead, ahead);
  save(SAVED.project, kept);
})));

function openInstructions() {
  instructionsDialog.querySelector(".body")?.replaceChildren(richText(session.project?.instructions?.html ?? ""));
  instructionsDialog.showModal();
}

/** @type {Record<string, () => unknown>} */
const ACTS = {
  "judge.cant_tell": () => offers("cant_tell") && slides.seen?.answer("cant_tell"),
  "judge.not_shown": () => slides.seen?.answer("not_shown"),
  "judge.skip": () => slides.seen?.answer("skipped"),
  "judge.undo": () => void session.undo(),
  "judge.reveal": () => void slides.seen?.unblur(),
  "judge.help": openKeys,
  "judge.instructions": openInstructions,
};

/** Whether a key, pressed where the focus is, is meant for what has the focus. @param {Element | null} target @param {string} key */
function belongsThere(target, key) {
  const writing = target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !["range", "checkbox"].includes(target.type));
  if (writing) return !/^(Ctrl\+|Alt\+|F\d)/.test(key) && key !== "Escape" && key !== "Enter";
  if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) return key === "Enter" || key === "Space";
  return target instanceof HTMLInputElement && target.type === "range" && target.closest(".transport") !== null && key.startsWith("Arrow");
}

addEventListener("keydown", (event) => {
  const key = pressed(event);
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (session.state === "gate" && !session.current && key === "Enter") document.getElementById("begin")?.click();
  if (belongsThere(document.activeElement, key)) return;
  const slide = slides.seen;
  session.touched();
  const done = act(slide, key, event.repeat);
  if (done) event.preventDefault();
});

/** @param {Slide | null} slide @param {string} key @param {boolean} again the key is held down */
function act(slide, key, again) {
  const action = keymap.action(key, session.project?.kind ?? "");
  const writing = document.activeElement instanceof HTMLTextAreaElement;
  if (!action && slide && /^\d$/.test(key) && !writing) return again || (slide.view.digit?.(Number(key)) ?? false);
  if (!action || (again && !REPEATABLE.test(action))) return action !== null;
  if (action.startsWith("media.")) {
    const words = slide && !slide.blurred ? slide.exhibit.perform(action) : null;
    if (words) say(words);
    return words !== null;
  }
  if (slide?.view.act(action)) return true;
  if (action in ACTS) ACTS[action]?.();
  return action in ACTS && !(action === "judge.undo" && writing && !key.startsWith("Alt"));
}

drawProgress();
await outbox.restore();
await session.begin(read(SAVED.project, null));
