// The waveform of a sound, drawn once.

const SAMPLE_RATE_HZ = 8000; // enough to draw by, and an hour of it is 115 MB
const BARS = 600;
const INK = "#4d9aa1"; // to be seen on light and on dark

/** Largest and smallest sample in each of `BARS` stretches. @param {Float32Array} samples @param {number} [bars] */
export function peaks(samples, bars = BARS) {
  const found = new Float32Array(2 * bars);
  for (let bar = 0; bar < bars; bar++) {
    let [low, high] = [0, 0];
    const end = Math.floor(((bar + 1) * samples.length) / bars);
    for (let at = Math.floor((bar * samples.length) / bars); at < end; at++) {
      const value = /** @type {number} */ (samples[at]);
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    found[2 * bar] = low;
    found[2 * bar + 1] = high;
  }
  return found;
}

/** The outline that the server drew when the sound was brought; null where it has none.
 * @param {string} id @returns {Promise<Float32Array | null>} */
async function kept(id) {
  const answer = await fetch(`/preview/${id}/peaks`, { credentials: "same-origin" }).catch(() => null);
  return answer?.status === 200 ? Float32Array.from(new Int8Array(await answer.arrayBuffer())) : null;
}

/** @param {Blob} bytes */
async function decoded(bytes) {
  const decoder = new OfflineAudioContext(1, 1, SAMPLE_RATE_HZ);
  return peaks((await decoder.decodeAudioData(await bytes.arrayBuffer())).getChannelData(0));
}

/** Draw the waveform of an item in the colour of the canvas. @param {HTMLCanvasElement} canvas @param {string} id
 * @param {Blob | null} bytes decoded where the server has no outline; null if there are too many */
export async function drawWaveform(canvas, id, bytes) {
  const drawn = (await kept(id)) ?? (bytes ? await decoded(bytes) : null);
  if (!drawn) return canvas.remove();
  const bars = drawn.length / 2;
  const loudest = drawn.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const middle = canvas.height / 2;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = INK;
  for (let bar = 0; bar < bars; bar++) {
    const low = (drawn[2 * bar] ?? 0) / loudest, high = (drawn[2 * bar + 1] ?? 0) / loudest;
    const height = Math.max(1, (high - low) * middle);
    pen.fillRect((bar * canvas.width) / bars, middle - high * middle, (0.7 * canvas.width) / bars, height);
  }
}
