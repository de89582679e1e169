// Images that zoom together: two pictures of a pair always show the same part.

import { make } from "../dom.js";

const STEPS = [1, 2, 4, 8];
const PAN = 0.1; // of the picture's size, at one press of an arrow key

export class Zoom {
  constructor() {
    /** @type {HTMLImageElement[]} */
    this.images = [];
    this.scale = 1;
    this.x = this.y = 0.5; // the point in the middle, as a share of width and height
  }

  /** @param {HTMLImageElement} image @returns {HTMLElement} */
  frame(image) {
    this.images.push(image);
    const help = "Image. Press Z to zoom; when zoomed, arrow keys move it.";
    const frame = make("div", { class: "picture", tabindex: 0, role: "group", "aria-label": help }, image);
    let dragged = false;
    frame.addEventListener("click", (event) => {
      if (dragged) return;
      const box = image.getBoundingClientRect();
      this.x = (event.clientX - box.left) / box.width;
      this.y = (event.clientY - box.top) / box.height;
      this.step();
    });
    frame.addEventListener("pointerdown", () => (dragged = false));
    frame.addEventListener("pointermove", (event) => {
      if (!event.buttons || this.scale === 1) return;
      dragged = dragged || Math.abs(event.movementX) + Math.abs(event.movementY) > 2;
      this.#pan(-event.movementX / image.getBoundingClientRect().width, -event.movementY / image.getBoundingClientRect().height);
    });
    frame.addEventListener("keydown", (event) => this.#key(event));
    return frame;
  }

  /** The next step of enlargement, and back to the whole after the last. @returns {string} what is shown now */
  step() {
    this.scale = STEPS[(STEPS.indexOf(this.scale) + 1) % STEPS.length] ?? 1;
    if (this.scale === 1) this.x = this.y = 0.5;
    this.#pan(0, 0);
    return this.scale === 1 ? "Whole image" : `Enlarged ${this.scale} times`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || this.scale === 1) return;
    event.preventDefault();
    event.stopPropagation();
    this.#pan((way[0] ?? 0) * PAN / this.scale, (way[1] ?? 0) * PAN / this.scale);
  }

  /** @param {number} dx @param {number} dy as shares of the picture */
  #pan(dx, dy) {
    const margin = 0.5 / this.scale;
    const inside = (/** @type {number} */ at) => Math.min(1 - margin, Math.max(margin, at));
    this.x = inside(this.x + dx);
    this.y = inside(this.y + dy);
    for (const image of this.images) {
      image.style.transform = `scale(${this.scale}) translate(${100 * (0.5 - this.x)}%, ${100 * (0.5 - this.y)}%)`;
      image.classList.toggle("zoomed", this.scale > 1);
    }
  }
}
