// The keys, and how to change them.

import { make } from "./dom.js";
import { ACTIONS, keyCap, pressed } from "./keys.js";

const PARTS = /** @type {Record<string, string>} */ ({ judge: "Always", media: "Films, sounds, images, texts" });

/** @param {HTMLDialogElement} dialog @param {import("./keys.js").Keymap} keymap @param {string} kind of the questions
 * @param {() => void} changed */
export function fillHelp(dialog, keymap, kind, changed) {
  const said = make("p", { class: "refused", role: "alert" });
  const groups = [kind, "judge", "media"].map((part) => {
    const actions = ACTIONS.filter((action) => action.name.startsWith(`${part}.`));
    return make("section", {}, make("h3", {}, PARTS[part] ?? "This question"), make("dl", { class: "keys" }, ...actions.map(row)));
  });
  const digits = kind === "comparison" || kind === "text" ? null : make("p", { class: "hint" }, "Digits choose an option, a label, a place or a number.");
  dialog.querySelector(".body")?.replaceChildren(said, ...groups, ...(digits ? [digits] : []));

  /** @param {import("./keys.js").Action} action */
  function row(action) {
    const caps = make("dd", {}, ...keymap.of(action.name).map((key) => make("kbd", {}, keyCap(key))));
    const change = make("button", { type: "button", "aria-label": `Change the key of “${action.says}”`, on: { click: listen } }, "Change");
    caps.append(change);
    function listen() {
      change.textContent = "Press a key…";
      said.textContent = "";
      const take = (/** @type {KeyboardEvent} */ event) => {
        if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        change.removeEventListener("keydown", take);
        change.removeEventListener("blur", leave);
        const why = event.key === "Escape" && !keymap.of(action.name).includes("Escape") ? "" : keymap.change(action.name, pressed(event));
        changed();
        fillHelp(dialog, keymap, kind, changed);
        const label = `Change the key of “${action.says}”`;
        [...dialog.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === label)?.focus();
        const told = dialog.querySelector(".refused");
        if (told) told.textContent = why;
      };
      const leave = () => {
        change.removeEventListener("keydown", take);
        change.textContent = "Change";
      };
      change.addEventListener("keydown", take);
      change.addEventListener("blur", leave, { once: true });
    }
    return make("div", {}, make("dt", {}, action.says), caps);
  }
}
