// Media fetched whole before they are needed, so that they play without the network and the first picture is there.

/** @typedef {import("../wire.js").Item} Item */

const LARGEST_WHOLE_BYTES = 64 * 2 ** 20; // larger ones stream from the server, a piece at a time

/** Where an item's bytes can be had, and how to let go of them.
 * @param {Item} item @returns {Promise<{url: string, bytes: Blob | null, release: () => void}>} */
export async function fetched(item) {
  if (!item.url) throw new Error("it is not ready to be shown");
  const answer = await fetch(item.url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.status === 404 ? "the server does not have it" : `the server answered ${answer.status}`);
  if (Number(answer.headers.get("Content-Length") ?? 0) > LARGEST_WHOLE_BYTES) {
    void answer.body?.cancel();
    return { url: item.url, bytes: null, release: () => {} };
  }
  const bytes = await answer.blob();
  const url = URL.createObjectURL(bytes);
  return { url, bytes, release: () => URL.revokeObjectURL(url) };
}

/** Fulfilled once a film or sound can play from its first picture on. @param {HTMLMediaElement} media
 * @returns {Promise<void>} */
export function playable(media) {
  return new Promise((resolve, reject) => {
    if (media.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return resolve();
    media.addEventListener("loadeddata", () => resolve(), { once: true });
    media.addEventListener("error", () => reject(new Error("this browser cannot play it")), { once: true });
  });
}
