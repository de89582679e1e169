// One clock for the films or sounds of a question: they start, stop and begin again together.

const FRAME_S = 0.015; // closer than this they are in step
const JUMP_S = 0.25; // further apart a film jumps; nearer it runs a little faster or slower
const HOLD_MS = 400; // the last picture stays this long before the loop begins again
const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];

/** Told of: "time", "play", "speed", "loop". */
export class SharedClock extends EventTarget {
  /** @param {HTMLMediaElement[]} media @param {{loop: boolean}} how */
  constructor(media, how) {
    super();
    this.media = media;
    this.loop = how.loop;
    this.speed = 1;
    this.playing = false;
    this.held = 0;
    this.following = false;
    for (const one of media) {
      one.addEventListener("ended", () => this.#tick());
      one.addEventListener("seeked", () => this.dispatchEvent(new Event("time")));
    }
  }

  /** @returns {HTMLMediaElement} the longest, which the others follow */
  get leader() {
    return this.media.reduce((longest, one) => (one.duration > longest.duration ? one : longest));
  }

  get time_s() {
    return this.leader.currentTime;
  }

  get duration_s() {
    return Number.isFinite(this.leader.duration) ? this.leader.duration : 0;
  }

  play() {
    this.playing = true;
    clearTimeout(this.held);
    this.held = 0;
    if (this.leader.ended) return void this.restart();
    for (const one of this.media) {
      one.playbackRate = this.speed;
      if (!one.ended) one.play().catch(() => this.#refused());
    }
    this.#follow();
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    this.playing = false;
    clearTimeout(this.held);
    this.held = 0;
    for (const one of this.media) one.pause();
    this.dispatchEvent(new Event("play"));
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** @param {number} time_s */
  seek(time_s) {
    const to = Math.min(this.duration_s, Math.max(0, time_s));
    for (const one of this.media) one.currentTime = Math.min(to, one.duration || 0);
    this.dispatchEvent(new Event("time"));
  }

  /** @param {-1 | 1} way @returns {number} the new speed */
  change(way) {
    const at = SPEEDS.indexOf(this.speed) + way;
    this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))] ?? 1;
    for (const one of this.media) one.playbackRate = this.speed;
    this.dispatchEvent(new Event("speed"));
    return this.speed;
  }

  toggleLoop() {
    this.loop = !this.loop;
    this.dispatchEvent(new Event("loop"));
    return this.loop;
  }

  /** Begin again, all together: none starts before every one is back at its first picture. */
  async restart() {
    this.held = 0;
    await Promise.all(this.media.map((one) => {
      one.pause();
      const arrived = new Promise((resolve) => one.addEventListener("seeked", resolve, { once: true }));
      one.currentTime = 0;
      return arrived;
    }));
    if (this.playing) this.play();
  }

  #refused() {
    // the browser wants the judge to act first: the button says that nothing plays
    this.playing = false;
    this.dispatchEvent(new Event("play"));
  }

  #follow() {
    if (this.following) return;
    this.following = true;
    const tick = () => {
      this.following = this.playing && this.media.some((one) => one.isConnected || one.tagName === "AUDIO");
      if (!this.following) return;
      this.#tick();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  #tick() {
    const leader = this.leader;
    this.dispatchEvent(new Event("time"));
    if (!this.playing) return;
    if (leader.ended) {
      if (!this.loop) this.pause();
      else if (!this.held) this.held = window.setTimeout(() => this.restart(), HOLD_MS);
      return;
    }
    let behind = 0; // how far the slowest is behind: the leader waits for it
    for (const one of this.media) {
      if (one === leader || one.seeking || leader.seeking) continue;
      const target = Math.min(leader.currentTime, one.duration);
      const ahead = one.currentTime - target;
      if (Math.abs(ahead) > JUMP_S) one.currentTime = target;
      one.playbackRate = this.speed * pace(ahead);
      behind = Math.min(behind, ahead);
      if (one.paused && !one.ended && ahead <= 0) one.play().catch(() => this.#refused());
    }
    leader.playbackRate = this.speed * Math.min(1, pace(-behind));
  }
}

/** Speed of a film that is so many seconds ahead of the others. @param {number} ahead */
const pace = (ahead) => (Math.abs(ahead) < FRAME_S ? 1 : Math.min(1.5, Math.max(0.1, 1 - 8 * ahead)));
