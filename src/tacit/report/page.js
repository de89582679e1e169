
"use strict";

// Clips that belong together share one clock: the longest of them leads, the others follow it.
const FRAME_S = 0.015; // closer than this they are in step
const JUMP_S = 0.25; // further than this a clip jumps, nearer it runs a little faster or slower
const HOLD_MS = 400; // the last picture stays this long before the loop begins again

// Speed of a clip that is so many seconds ahead of the others.
const rate = (ahead) => (Math.abs(ahead) < FRAME_S ? 1 : Math.min(1.5, Math.max(0.1, 1 - 8 * ahead)));

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const groups = [];

class InStep {
  constructor(figure) {
    this.figure = figure;
    this.videos = [...figure.querySelectorAll("video")];
    this.button = figure.querySelector(".play");
    this.scrub = figure.querySelector(".scrub");
    this.label = this.button.getAttribute("aria-label").replace(/^Play /, "");
    this.wanted = !calm.matches; // what the reader wants; what is out of sight rests all the same
    this.visible = false;
    this.held = 0; // timer of the last picture
    for (const video of this.videos) video.controls = false;
    figure.querySelector(".transport").hidden = false;
    this.button.addEventListener("click", () => this.want(!this.wanted));
    this.scrub.addEventListener("input", () => this.seek(this.scrub.valueAsNumber / 1000));
    this.scrub.addEventListener("change", () => this.settle());
    this.show();
  }

  get ready() {
    return this.videos.every((video) => video.readyState >= 1);
  }

  get leader() {
    return this.videos.reduce((longest, video) => (video.duration > longest.duration ? video : longest));
  }

  get playing() {
    return this.wanted && this.visible;
  }

  want(wanted) {
    this.wanted = wanted;
    this.show();
    this.settle();
  }

  show() {
    this.button.classList.toggle("playing", this.wanted);
    this.button.setAttribute("aria-label", `${this.wanted ? "Pause" : "Play"} ${this.label}`);
  }

  see(visible) {
    this.visible = visible;
    if (visible) this.attach();
    this.settle();
  }

  attach() {
    for (const video of this.videos) if (!video.src && video.dataset.src) video.src = video.dataset.src;
  }

  detach() {
    for (const video of this.videos) {
      if (!video.dataset.src || !video.src) continue;
      video.removeAttribute("src");
      video.load();
    }
  }

  settle() {
    clearTimeout(this.held);
    this.held = 0;
    for (const video of this.videos) {
      video.playbackRate = 1;
      if (!this.playing) video.pause();
      else if (!video.ended) video.play().catch(() => {}); // refused by the browser: the button still says so
    }
    if (this.playing) this.follow();
  }

  follow() {
    if (this.following) return;
    this.following = true;
    const tick = () => {
      this.following = this.playing;
      if (!this.playing) return;
      if (this.ready) this.correct();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  correct() {
    const leader = this.leader;
    if (leader.ended) {
      this.scrub.value = "1000";
      if (!this.held) this.held = setTimeout(() => this.restart(), HOLD_MS);
      return;
    }
    this.scrub.value = String((1000 * leader.currentTime) / leader.duration);
    let worst = 0; // how far the slowest follower is behind: the leader waits for it
    for (const video of this.videos) {
      if (video === leader || video.seeking || leader.seeking) continue;
      const target = Math.min(leader.currentTime, video.duration);
      const drift = video.currentTime - target;
      if (Math.abs(drift) > JUMP_S) video.currentTime = target;
      video.playbackRate = rate(drift);
      worst = Math.min(worst, drift);
      if (video.paused && !video.ended && drift <= 0) video.play().catch(() => {});
    }
    leader.playbackRate = Math.min(1, rate(-worst));
  }

  seek(share) {
    if (!this.ready) return;
    clearTimeout(this.held);
    this.held = 0;
    const time = share * this.leader.duration;
    for (const video of this.videos) {
      video.pause();
      video.currentTime = Math.min(time, video.duration);
    }
    this.scrub.setAttribute("aria-valuetext", `${time.toFixed(1)} of ${this.leader.duration.toFixed(1)} seconds`);
  }

  restart() {
    this.held = 0;
    const rewound = this.videos.map((video) => {
      video.pause();
      const arrived = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
      video.currentTime = 0;
      return arrived;
    });
    Promise.all(rewound).then(() => this.settle());
  }
}

for (const figure of document.querySelectorAll("[data-in-step]")) {
  if (figure.querySelector("video")) groups.push(new InStep(figure));
}
const groupOf = new Map(groups.map((group) => [group.figure, group]));

const seen = new IntersectionObserver(
  (entries) => entries.forEach((entry) => groupOf.get(entry.target).see(entry.isIntersecting)),
  { threshold: 0.5 },
);
const near = new IntersectionObserver(
  (entries) => entries.forEach((entry) => {
    const group = groupOf.get(entry.target);
    if (entry.isIntersecting) group.attach();
    else group.detach();
  }),
  { rootMargin: "100% 0px" },
);
for (const group of groups) {
  seen.observe(group.figure);
  near.observe(group.figure);
}

const all = document.getElementById("all");
if (all && groups.length) {
  let resting = calm.matches;
  const say = () => (all.textContent = resting ? "Play all clips" : "Pause all clips");
  all.parentElement.hidden = false;
  all.addEventListener("click", () => {
    resting = !resting;
    say();
    for (const group of groups) group.want(!resting);
  });
  say();
}

for (const button of document.querySelectorAll(".copy")) {
  const code = button.parentElement.querySelector("code");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    } catch {
      getSelection().selectAllChildren(code); // no clipboard here: the reader copies what is marked
    }
  });
}
