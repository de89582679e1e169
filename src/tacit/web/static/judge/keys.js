// Which key does what. A judge may change it; a key that would do two things at once is refused.

/**
 * @typedef {{name: string, says: string, keys: string[]}} Action
 */

/** Every action that a key can be given to, by the part of the page it belongs to. `judge` and `media` are always there;
 * a kind of question shares the page with those two and with no other kind.
 * @type {Action[]} */
export const ACTIONS = [
  { name: "judge.cant_tell", says: "Can't tell", keys: ["c", "Alt+c"] },
  { name: "judge.not_shown", says: "Could not be shown", keys: ["n", "Alt+n"] },
  { name: "judge.skip", says: "Skip", keys: ["s", "Alt+s"] },
  { name: "judge.undo", says: "Undo the last judgment", keys: ["u", "Alt+u"] },
  { name: "judge.submit", says: "Done with this one", keys: ["Enter", "Ctrl+Enter"] },
  { name: "judge.reveal", says: "Show what is blurred", keys: ["b", "Alt+b"] },
  { name: "judge.instructions", says: "Instructions", keys: ["i", "Alt+i"] },
  { name: "judge.help", says: "These keys", keys: ["?", "F1"] },
  { name: "media.play", says: "Play or pause", keys: ["Space", "Escape"] },
  { name: "media.back", says: "Back a little", keys: [",", "Alt+,"] },
  { name: "media.forward", says: "On a little", keys: [".", "Alt+."] },
  { name: "media.slower", says: "Slower", keys: ["-", "Alt+-"] },
  { name: "media.faster", says: "Faster", keys: ["+", "Alt+="] },
  { name: "media.loop", says: "Loop on or off", keys: ["l", "Alt+l"] },
  { name: "media.other", says: "Hear the other one", keys: ["o", "Alt+o"] },
  { name: "media.zoom", says: "Zoom", keys: ["z", "Alt+z"] },
  { name: "media.source", says: "As it is written, or as it is meant", keys: ["m", "Alt+m"] },
  { name: "media.differences", says: "Mark the differences", keys: ["d", "Alt+d"] },
  { name: "comparison.left", says: "The left one", keys: ["ArrowLeft", "1"] },
  { name: "comparison.right", says: "The right one", keys: ["ArrowRight", "2"] },
  { name: "comparison.tie", says: "Equally good", keys: ["ArrowDown", "0"] },
  { name: "comparison.both_bad", says: "Both bad", keys: ["ArrowUp", "9"] },
  { name: "choice.previous", says: "Previous option", keys: ["ArrowUp"] },
  { name: "choice.next", says: "Next option", keys: ["ArrowDown"] },
  { name: "rating.lower", says: "Lower", keys: ["ArrowLeft", "ArrowDown"] },
  { name: "rating.higher", says: "Higher", keys: ["ArrowRight", "ArrowUp"] },
  { name: "ranking.previous", says: "Go up the list", keys: ["ArrowUp"] },
  { name: "ranking.next", says: "Go down the list", keys: ["ArrowDown"] },
  { name: "ranking.up", says: "Move up", keys: ["Shift+ArrowUp", "ArrowLeft"] },
  { name: "ranking.down", says: "Move down", keys: ["Shift+ArrowDown", "ArrowRight"] },
  { name: "ranking.tie", says: "As good as the one above, or not", keys: ["="] },
  { name: "spans.previous", says: "Back by a word or 0.1 s", keys: ["ArrowLeft"] },
  { name: "spans.next", says: "On by a word or 0.1 s", keys: ["ArrowRight"] },
  { name: "spans.shrink", says: "Take a word less", keys: ["Shift+ArrowLeft"] },
  { name: "spans.extend", says: "Take a word more", keys: ["Shift+ArrowRight"] },
  { name: "spans.finer", says: "Take a character less", keys: ["Ctrl+ArrowLeft"] },
  { name: "spans.wider", says: "Take a character more", keys: ["Ctrl+ArrowRight"] },
  { name: "spans.start", says: "The span starts here", keys: ["["] },
  { name: "spans.end", says: "The span ends here", keys: ["]"] },
  { name: "spans.remove", says: "Remove this span", keys: ["Delete", "Backspace", "x"] },
  { name: "probability.lower", says: "Less likely by 1 %", keys: ["ArrowLeft", "ArrowDown"] },
  { name: "probability.higher", says: "More likely by 1 %", keys: ["ArrowRight", "ArrowUp"] },
  { name: "probability.much_lower", says: "Less likely by 10 %", keys: ["Shift+ArrowLeft", "PageDown"] },
  { name: "probability.much_higher", says: "More likely by 10 %", keys: ["Shift+ArrowRight", "PageUp"] },
];

const SHARED = ["judge", "media"];
const DIGITS_OF = ["choice", "rating", "ranking", "spans", "probability"]; // where a digit means itself
const NAMES = /** @type {Record<string, string>} */ ({ ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Delete: "Del" });
const CODES = /** @type {Record<string, string>} */ ({ Comma: ",", Period: ".", Minus: "-", Equal: "=", BracketLeft: "[", BracketRight: "]" });

/** The name of what was pressed, such as `Shift+ArrowUp`, `Alt+p` or `?`. @param {KeyboardEvent} event */
export function pressed(event) {
  let key = event.key === " " ? "Space" : event.key;
  // with Alt some systems write another letter, so that the place of the key says which one it is
  if (event.altKey) key = CODES[event.code] ?? (/^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : key);
  if (/^[A-Z]$/.test(key)) key = key.toLowerCase();
  const held = [event.ctrlKey || event.metaKey ? "Ctrl+" : "", event.altKey ? "Alt+" : ""];
  return held.join("") + (event.shiftKey && key.length > 1 ? "Shift+" : "") + key;
}

/** @param {string} key as `pressed` names it */
export function keyCap(key) {
  const parts = key === "+" ? ["+"] : key.split(/\+(?=.)/);
  return parts.map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ");
}

/** @param {string} name of an action */
const part = (name) => name.slice(0, name.indexOf("."));

/** @param {string} one @param {string} other */
const together = (one, other) => part(one) === part(other) || SHARED.includes(part(one)) || SHARED.includes(part(other));

export class Keymap {
  /** @param {Record<string, string[]>} [changed] action → keys, where they differ from those above */
  constructor(changed = {}) {
    /** @type {Map<string, string[]>} */
    this.keys = new Map(ACTIONS.map((action) => [action.name, [...action.keys]]));
    for (const [name, keys] of Object.entries(changed)) {
      for (const [at, key] of (Array.isArray(keys) ? keys : []).entries()) {
        if (this.keys.has(name) && !this.conflict(name, key)) at ? this.of(name).push(key) : this.keys.set(name, [key]);
      }
    }
  }

  /** @param {string} name of an action @returns {string[]} */
  of(name) {
    return this.keys.get(name) ?? [];
  }

  /** What a key does where questions of `kind` are asked; null if nothing. @param {string} key @param {string} kind */
  action(key, kind) {
    for (const [name, keys] of this.keys) {
      if ((SHARED.includes(part(name)) || part(name) === kind) && keys.includes(key)) return name;
    }
    return null;
  }

  /** Why a key cannot be given to an action, in words; "" if it can. @param {string} name @param {string} key */
  conflict(name, key) {
    if (/^(Ctrl\+)?(Tab|Shift\+Tab)$/.test(key) || /^Ctrl\+[a-z]$/.test(key)) {
      return `${keyCap(key)} belongs to the browser. Choose another key.`;
    }
    if (/^\d$/.test(key) && (SHARED.includes(part(name)) || DIGITS_OF.includes(part(name)))) {
      return `Digits stand for options and numbers. Choose another key.`;
    }
    const owner = ACTIONS.find((action) => action.name !== name && together(action.name, name) && this.of(action.name).includes(key));
    return owner ? `${keyCap(key)} already means “${owner.says}”. Choose another key, or change that one first.` : "";
  }

  /** Give an action a key in place of its first one. @param {string} name @param {string} key
   * @returns {string} why not, or "" */
  change(name, key) {
    const why = this.conflict(name, key);
    if (!why) this.keys.set(name, [key, ...this.of(name).slice(1).filter((other) => other !== key)]);
    return why;
  }

  /** What differs from the keys above, for keeping. @returns {Record<string, string[]>} */
  changed() {
    const same = (/** @type {Action} */ action) => action.keys.join("\n") === this.of(action.name).join("\n");
    return Object.fromEntries(ACTIONS.filter((action) => !same(action)).map(({ name }) => [name, this.of(name)]));
  }
}
