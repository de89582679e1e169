// What stands in the page when there is no question to show.

import { clock, make, richText } from "./dom.js";

/** @typedef {import("./session.js").Session} Session */

/** What to tell the judge when nothing is to be judged; null when a question is on its way.
 * @param {Session} session @param {number} worked_s @returns {HTMLElement[]} */
export function panel(session, worked_s) {
  const { state, project, progress } = session;
  const own = make("p", { class: "hint" }, `You have judged ${progress.answered}${worked_s > 60 ? ` and worked ${clock(worked_s)} in this sitting` : ""}.`);
  const words = /** @type {Record<string, [string, string]>} */ ({
    done: ["All done. Thank you.", "There is nothing left for you to judge here. You can close this page."],
    paused: ["This project rests.", "Whoever leads it has paused it. Nothing you did is lost; this page goes on by itself when they go on."],
    refused: ["Thank you for trying.", "The practice questions did not go well enough to go on. Whoever invited you can tell you what to do."],
    waiting: ["Nothing to judge at the moment.", "The next questions come by themselves; leave this page open."],
  })[state];
  if (state === "gate" && project) return gate(session, project);
  if (words) {
    const here = document.getElementById("judge")?.dataset.project;
    const code = make("p", { class: "hint" }, make("a", { href: `/judge/${here}/code` }, "Completion code for a crowd platform"));
    const after = progress.answered ? [own, ...(state === "done" && here ? [code] : [])] : [];
    return [make("h1", { tabindex: -1 }, words[0]), make("p", {}, words[1]), ...after];
  }
  return [make("p", {}, "One moment…")];
}

/** @param {Session} session @param {import("./wire.js").Project} project */
function gate(session, project) {
  const version = project.instructions?.version ?? 1;
  const begin = make("button", { type: "button", class: "main", id: "begin" }, "I have read this: begin ", make("kbd", { "aria-hidden": "true" }, "Enter"));
  begin.addEventListener("click", () => {
    begin.disabled = true;
    void session.haveRead(version).then(() => (begin.disabled = false));
  });
  const rich = make("div", { class: "rich" });
  rich.append(richText(project.instructions?.html ?? ""));
  return [make("h1", { tabindex: -1 }, "Before you begin"), rich, begin];
}

/** A value as a judge would say it. @param {unknown} value */
export function spoken(value) {
  const words = /** @type {Record<string, string>} */ ({
    left: "the left one", right: "the right one", tie: "equally good", both_bad: "both bad", cant_tell: "can't tell", not_shown: "could not be shown", skipped: "skipped",
  });
  if (Array.isArray(value)) return value.length ? value.map((one) => (typeof one === "object" && one ? `${one.label} ${one.start} to ${one.end}` : Number(one) + 1)).join(", ") : "nothing";
  return words[String(value)] ?? String(value);
}
