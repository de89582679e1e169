// Fetches the live part of a page anew every few seconds, while it can be seen and nobody is writing in it.
const EVERY_MS = 5000;

async function refresh() {
  const live = document.getElementById("live");
  if (!live || document.hidden || live.contains(document.activeElement) || !getSelection()?.isCollapsed) return;
  const answer = await fetch(live.dataset.refresh ?? location.pathname, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (drawn && drawn.innerHTML !== live.innerHTML) live.replaceWith(drawn);
}

setInterval(() => void refresh().catch(() => {}), EVERY_MS); // without a network the page stays as it was

export {};
