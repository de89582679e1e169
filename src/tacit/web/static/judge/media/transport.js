// The bar below films and sounds: play, where it is, speed, loop.

import { clock as asClock, make } from "../dom.js";

/** @param {import("./clock.js").SharedClock} clock @param {{perform: (action: string) => string | null}} exhibit */
export function transport(clock, exhibit) {
  const act = (/** @type {string} */ action) => ({ click: () => void exhibit.perform(action) });
  const play = make("button", { type: "button", class: "play", "aria-label": "Play", on: act("media.play") });
  const slower = make("button", { type: "button", "aria-label": "Slower", on: act("media.slower") }, "−");
  const speed = make("span", { class: "speed" }, "1×");
  const faster = make("button", { type: "button", "aria-label": "Faster", on: act("media.faster") }, "+");
  const loop = make("button", { type: "button", on: act("media.loop") }, "Loop");
  const scrub = make("input", { type: "range", min: 0, max: 1000, step: 1, value: 0, "aria-label": "Position" });
  const time = make("span", { class: "time" });
  const seconds = (/** @type {number} */ s) => (clock.duration_s < 20 ? `${s.toFixed(1)} s` : asClock(s));
  const show = () => {
    const [now, all] = [clock.time_s, clock.duration_s];
    scrub.value = String(all ? (1000 * now) / all : 0);
    scrub.setAttribute("aria-valuetext", `${now.toFixed(1)} of ${all.toFixed(1)} seconds`);
    time.textContent = `${seconds(now)} / ${seconds(all)}`;
    for (const head of heads) head.style.left = `${all ? (100 * now) / all : 0}%`;
  };
  /** @type {HTMLElement[]} */
  const heads = [];
  clock.media.forEach((media) => {
    const wave = media.closest(".waveform");
    const head = make("i", { class: "head" });
    if (!(wave instanceof HTMLElement)) return;
    wave.append(head);
    heads.push(head);
    wave.addEventListener("click", (event) => {
      const box = wave.getBoundingClientRect();
      clock.seek(((event.clientX - box.left) / box.width) * clock.duration_s);
    });
  });
  scrub.addEventListener("input", () => clock.seek((scrub.valueAsNumber / 1000) * clock.duration_s));
  clock.addEventListener("time", show);
  clock.addEventListener("play", () => {
    play.classList.toggle("playing", clock.playing);
    play.setAttribute("aria-label", clock.playing ? "Pause" : "Play");
  });
  clock.addEventListener("speed", () => (speed.textContent = `${clock.speed}×`));
  const showLoop = () => loop.setAttribute("aria-pressed", String(clock.loop));
  clock.addEventListener("loop", showLoop);
  showLoop();
  show();
  const where = make("div", { class: "timeline" }, scrub);
  return make("div", { class: "transport", role: "group", "aria-label": "Playing" }, play, where, time,
    make("span", { class: "pace" }, slower, speed, faster), loop);
}
