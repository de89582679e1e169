// How long the judge has been at it, and when it is time to rest.

const TICK_MS = 1000;
const IDLE_AFTER_MS = 60_000; // nobody there: this is no work, and no reason for a rest

/** Told of: "second" (seconds at work in this sitting), "rest" (it is time for one). */
export class Sitting extends EventTarget {
  constructor() {
    super();
    this.worked_s = 0;
    this.sinceRest_s = 0;
    this.restEvery_s = 1500;
    this.resting = false;
    this.activeAtMs = performance.now();
    for (const event of ["keydown", "pointerdown"]) addEventListener(event, () => (this.activeAtMs = performance.now()), true);
    setInterval(() => this.#tick(), TICK_MS);
  }

  #tick() {
    if (document.hidden || this.resting || performance.now() - this.activeAtMs > IDLE_AFTER_MS) return;
    this.worked_s += TICK_MS / 1000;
    this.sinceRest_s += TICK_MS / 1000;
    this.dispatchEvent(new CustomEvent("second"));
    if (this.restEvery_s > 0 && this.sinceRest_s >= this.restEvery_s) {
      this.sinceRest_s = 0;
      this.resting = true;
      this.dispatchEvent(new CustomEvent("rest"));
    }
  }

  goOn() {
    this.resting = false;
    this.sinceRest_s = 0;
    this.activeAtMs = performance.now();
  }
}
