// What differs between two texts, word by word. Pure: no element of the page.

/** @typedef {{same: boolean, text: string}} Piece */

const MOST_CELLS = 4_000_000; // beyond that, only what the texts begin and end with alike is taken as the same

/** Words, spaces and marks, so that joining them gives the text again. @param {string} text @returns {string[]} */
export const words = (text) => text.match(/\s+|[\p{L}\p{N}\p{M}_'’]+|[^\s\p{L}\p{N}\p{M}_'’]/gu) ?? [];

/** Both texts in pieces that are the same or differ. @param {string} left @param {string} right
 * @returns {[Piece[], Piece[]]} */
export function difference(left, right) {
  const [a, b] = [words(left), words(right)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [keptA, keptB] = [new Uint8Array(a.length), new Uint8Array(b.length)];
  keptA.fill(1, 0, head).fill(1, a.length - tail);
  keptB.fill(1, 0, head).fill(1, b.length - tail);
  markCommon(a.slice(head, a.length - tail), b.slice(head, b.length - tail), keptA.subarray(head), keptB.subarray(head));
  return [pieces(a, keptA), pieces(b, keptB)];
}

/** Mark a longest common subsequence. @param {string[]} a @param {string[]} b @param {Uint8Array} keptA
 * @param {Uint8Array} keptB */
function markCommon(a, b, keptA, keptB) {
  const wide = b.length + 1;
  if (!a.length || !b.length || (a.length + 1) * wide > MOST_CELLS) return;
  const length = new Uint16Array((a.length + 1) * wide); // length[i, j]: of the best for a from i and b from j
  const at = (/** @type {number} */ i, /** @type {number} */ j) => /** @type {number} */ (length[i * wide + j]);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * wide + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) keptA[i++] = keptB[j++] = 1;
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
}

/** @param {string[]} parts @param {Uint8Array} kept @returns {Piece[]} */
function pieces(parts, kept) {
  /** @type {Piece[]} */
  const joined = [];
  parts.forEach((text, at) => {
    const same = kept[at] === 1;
    const last = joined.at(-1);
    // a space between two words that differ differs with them: islands of spaces are hard to read
    const bridge = /^\s+$/.test(text) && kept[at - 1] === 0 && kept[at + 1] === 0;
    if (last && last.same === (same && !bridge)) last.text += text;
    else joined.push({ same: same && !bridge, text });
  });
  return joined;
}
