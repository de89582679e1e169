// The items of one question as they are shown: loaded before they are needed, started when they are seen.

/**
 * @typedef {import("../wire.js").Item} Item
 * @typedef {import("../wire.js").Leased} Leased
 */

import { make } from "../dom.js";
import { fetched, playable } from "./loading.js";

const STEP_S = { film: 1 / 30, sound: 2 };
const PLAIN = ["spans"]; // spans count the characters of the source
/** Whether the judge wants texts as they are written; holds for all that follow. */
let source = false;
export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Item} item */
const isFilm = (item) => item.media_type.startsWith("video/");
/** @param {Item} item */
const isSound = (item) => item.media_type.startsWith("audio/");
/** @param {Item} item */
const isImage = (item) => item.media_type.startsWith("image/");
/** @param {Item} item */
const isWords = (item) => typeof item.text === "string";

/** Texts without any of these hold no Markdown. */
const LIGHT_MARKS = /[#*`>|\]]|^ {0,3}(?:-|~~~|\d+[.)]) ?/m;

/** Told of: "status" when all is loaded or something cannot be shown. */
export class Exhibit extends EventTarget {
  /** @param {Leased} leased */
  constructor(leased) {
    super();
    this.leased = leased;
    /** @type {"loading" | "ready" | "failed"} */
    this.status = "loading";
    this.fault = "";
    /** @type {import("./picture.js").Zoom | null} */
    this.zoom = null;
    /** @type {HTMLMediaElement[]} */
    this.media = [];
    /** @type {import("./clock.js").SharedClock | null} */
    this.clock = null;
    /** @type {(() => void)[]} */
    this.releases = [];
    this.differences = true;
    /** @type {boolean | null} whether Markdown is shown as it is written; null where there is none */
    this.source = null;
    this.ways = make("p", { class: "ways" });
    this.loading = Promise.resolve();
    this.heard = 0;
    this.figures = leased.items.map((_, at) => make("figure", { class: "item" }, make("figcaption", {}, this.#caption(at))));
    this.element = make("div", { class: `items n${Math.min(3, this.figures.length)}` }, this.ways, ...this.figures);
    /** @type {HTMLElement | null} */
    this.timeline = null; // where spans of time are drawn
  }

  /** @param {number} at */
  #caption(at) {
    const n = this.leased.items.length;
    return n === 1 ? "" : n === 2 ? (at ? "Right" : "Left") : String.fromCharCode(65 + (at % 26));
  }

  /** Load everything, one loading after another; never fails, but says so in `status`. */
  load() {
    return (this.loading = this.loading.then(() => this.#load()));
  }

  async #load() {
    try {
      await this.#read();
      await Promise.all(this.leased.items.map((item, at) => this.#fill(item, at)));
      await this.#wind();
      this.status = "ready";
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
      this.status = "failed";
    }
    this.dispatchEvent(new Event("status"));
  }

  /** Have every text, find out whether there is Markdown among them, and offer to see it as it is written. */
  async #read() {
    const { items, question } = this.leased;
    // a long text comes by its address
    await Promise.all(items.map(async (item) => {
      if (isWords(item) || !item.url || !/^(text\/|application\/json)/.test(item.media_type)) return;
      item.text = await (await fetched(item)).bytes?.text();
    }));
    if (!items.some((item) => isWords(item) && LIGHT_MARKS.test(item.text ?? "")) || PLAIN.includes(question.kind)) return;
    const rendering = await import("./rendered.js").catch(() => null); // no network: as it is written, then
    if (!rendering || !items.some(rendering.hasMarkdown)) return;
    this.source = source;
    this.ways.replaceChildren(make("button", { type: "button", "aria-pressed": String(source), on: { click: () => void this.perform("media.source") } }, "As written"));
  }

  /** @param {Item} item @param {number} at @returns {Promise<HTMLElement>} */
  async #words(item, at) {
    const other = this.leased.items.length === 2 && this.differences ? this.leased.items[1 - at] : undefined;
    if (this.source === false) {
      const { rendered } = await import("./rendered.js");
      const shown = await rendered(item, other).catch(() => null);
      if (shown) return shown;
      this.ways.replaceChildren("The server could not lay this text out: here it is as it is written.");
    }
    // each way of showing is fetched when the first item of its kind comes
    const { readable } = await import(item.kind === "spectrum" ? "./graph.js" : "./reading.js");
    return readable(item, other);
  }

  /** @param {Item} item @param {number} at */
  async #fill(item, at) {
    const figure = /** @type {HTMLElement} */ (this.figures[at]);
    const shown = isWords(item) ? await this.#words(item, at) : null;
    while (figure.childElementCount > 1) figure.lastElementChild?.remove();
    if (shown) return figure.append(shown);
    const { url, bytes, release } = await fetched(item);
    this.releases.push(release);
    if (isImage(item)) {
      const image = make("img", { alt: `${figure.textContent || "The"} image`.trim() });
      image.src = url;
      await image.decode().catch(() => {
        throw new Error("this browser cannot show the image");
      });
      const { Zoom } = await import("./picture.js");
      this.zoom ??= new Zoom();
      figure.append(this.zoom.frame(image));
    } else if (isFilm(item) || isSound(item)) {
      const media = make(isFilm(item) ? "video" : "audio", { preload: "auto", playsinline: true });
      media.muted = isFilm(item) && this.leased.items.length > 1;
      this.media[at] = media;
      if (!bytes && isFilm(item)) media.setAttribute("poster", `/preview/${item.id}/poster`);
      media.src = url;
      await playable(media);
      figure.append(isFilm(item) ? media : await this.#waveform(item, media, bytes));
    } else throw new Error(`it is of the kind ${item.media_type}, which this page does not know`);
  }

  /** @param {Item} item @param {HTMLMediaElement} media @param {Blob | null} bytes */
  async #waveform(item, media, bytes) {
    const { drawWaveform } = await import("./sound.js");
    const canvas = make("canvas", { width: 1200, height: 160 });
    const timeline = make("div", { class: "waveform" }, canvas, media);
    // a sound that plays but cannot be drawn is shown without its picture
    await drawWaveform(canvas, item.id, bytes).catch(() => canvas.remove());
    return timeline;
  }

  async #wind() {
    const media = this.media.filter(Boolean);
    if (!media.length) return;
    const [{ SharedClock }, { transport }] = await Promise.all([import("./clock.js"), import("./transport.js")]);
    this.clock = new SharedClock(media, { loop: media[0]?.tagName === "VIDEO" || this.leased.question.kind !== "text" });
    const sounds = media.length > 1 && media.every((one) => one.tagName === "AUDIO");
    this.element.append(transport(this.clock, this));
    if (sounds) this.#hear(0);
    this.timeline = this.element.querySelector(".waveform") ?? this.element.querySelector(".timeline");
  }

  /** Sounds of a pair run together and one of them is heard. @param {number} at */
  #hear(at) {
    this.heard = at;
    this.media.forEach((media, index) => (media.muted = index !== at));
    this.figures.forEach((figure, index) => figure.classList.toggle("heard", index === at));
    return `Hearing ${this.figures[at]?.querySelector("figcaption")?.textContent ?? ""}`;
  }

  /** Seen now: films begin, unless the judge wants no motion. Sounds wait to be asked for. */
  shown() {
    if (this.source !== null && this.source !== source) void this.load();
    if (this.clock && !calm.matches && this.media[0]?.tagName === "VIDEO") this.clock.play();
  }

  /** Seen no more. */
  done() {
    this.clock?.pause();
    this.releases.forEach((release) => release());
    this.releases = [];
  }

  /** Do what a key of the group `media` asks for. @param {string} action
   * @returns {string | null} what to tell the judge; null if there is nothing to do it to */
  perform(action) {
    const clock = this.clock;
    if (action === "media.zoom") return this.zoom?.step() ?? null;
    if (action === "media.source") return this.#toggleSource();
    if (action === "media.differences") return this.#toggleDifferences();
    if (action === "media.other") return this.media.length > 1 ? this.#hear(1 - this.heard) : null;
    if (!clock) return null;
    const step = clock.media[0]?.tagName === "VIDEO" ? STEP_S.film : STEP_S.sound;
    if (action === "media.play") return clock.toggle(), "";
    if (action === "media.slower") return `Speed ${clock.change(-1)}`;
    if (action === "media.faster") return `Speed ${clock.change(1)}`;
    if (action === "media.loop") return clock.toggleLoop() ? "Loop on" : "Loop off";
    if (action === "media.back") return clock.seek(clock.time_s - step), "";
    if (action === "media.forward") return clock.seek(clock.time_s + step), "";
    return null;
  }

  #toggleSource() {
    if (this.source === null) return null;
    source = !source;
    void this.load();
    return source ? "As it is written" : "As it is meant";
  }

  #toggleDifferences() {
    if (this.leased.items.length !== 2 || !this.leased.items.every(isWords)) return null;
    this.differences = !this.differences;
    void this.load();
    return this.differences ? "Differences marked" : "Differences not marked";
  }
}
