// Work where there is no network: the page itself is kept in the browser, for as long as the judge wants that.

import { FEW, MANY } from "./session.js";

const WORKER = "/static/judge/worker.js";
const SCOPE = "/judge/";

/** Hold many questions and keep the page for work without a network, or few again. @returns {Promise<string>} words for the judge
 * @param {boolean} away @param {import("./session.js").Session} session
 * @param {(ahead: number, project: import("./wire.js").Project | null) => void} save keeps both for the next visit */
export async function goAway(away, session, save) {
  const ahead = away ? MANY : session.project?.settings.prefetch ?? FEW;
  save(ahead, away ? session.project : null);
  await session.hold(ahead);
  if (!away) return forgetPage().then(() => "Few questions are held ahead.");
  const kept = await keepPage();
  return `${session.queue.length} questions are held for work without a network.${kept ? "" : " Do not close this page meanwhile."}`;
}

/** Keep this page, so that it opens without a network. @returns {Promise<boolean>} whether this browser can */
export async function keepPage() {
  if (!("serviceWorker" in navigator)) return false; // by plain HTTP from another machine, browsers have none
  await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
  const own = loaded.filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/"));
  const paths = new Set([location.pathname, ...own.map((url) => url.pathname)]);
  return new Promise((resolve) => {
    const answer = new MessageChannel();
    answer.port1.onmessage = () => resolve(true);
    active?.postMessage([...paths], [answer.port2]);
  });
}

/** Keep it no longer. */
export async function forgetPage() {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  await registration?.unregister();
  await caches.delete("tacit-page");
}
