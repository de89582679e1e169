// Keeps the page itself, so that it opens where there is no network. It never keeps what the server says of the work.

const KEPT = "tacit-page";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(event.data)).then(() => event.ports[0].postMessage("kept")));
});
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const page = event.request.mode === "navigate" && pathname.startsWith("/judge/");
  if (event.request.method !== "GET" || origin !== location.origin || !(page || pathname.startsWith("/static/"))) return;
  event.respondWith(fetch(event.request).catch(async (error) => {
    const kept = await caches.match(pathname);
    if (kept) return kept;
    throw error;
  }));
});
