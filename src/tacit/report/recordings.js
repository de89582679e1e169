// Words and pictures of a recording lead to their place in its sound, and the place that is heard is marked in them.

for (const figure of document.querySelectorAll("figure.recording")) {
  const audio = figure.querySelector("audio");
  if (!audio) continue;
  const duration = Number(figure.dataset.duration);
  const words = [...figure.querySelectorAll("button[data-start]")];
  const stages = [...figure.querySelectorAll(".stage")];
  const heads = stages.map((stage) => stage.appendChild(Object.assign(document.createElement("i"), { className: "head" })));
  let until = Infinity;

  const play = (from, to) => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    until = to;
    audio.currentTime = from;
    audio.play().catch(() => figure.classList.add("mute"));
  };
  const show = () => {
    const now = audio.currentTime;
    if (now >= until) {
      until = Infinity;
      audio.pause();
    }
    for (const head of heads) head.style.left = `${duration ? Math.min(100, (100 * now) / duration) : 0}%`;
    for (const word of words) {
      const on = !audio.paused && now >= Number(word.dataset.start) && now < Number(word.dataset.end);
      word.classList.toggle("heard", on);
    }
    if (!audio.paused) requestAnimationFrame(show);
  };
  audio.addEventListener("play", () => requestAnimationFrame(show));
  audio.addEventListener("pause", show);
  audio.addEventListener("seeked", show);
  for (const word of words) word.addEventListener("click", () => play(Number(word.dataset.start), Number(word.dataset.end)));
  for (const stage of stages)
    stage.addEventListener("click", (event) => {
      const box = stage.getBoundingClientRect();
      play((duration * (event.clientX - box.left)) / box.width, Infinity);
    });
}
