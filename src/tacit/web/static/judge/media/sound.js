// The waveform of a sound, drawn once.

const SAMPLE_RATE_HZ = 8000; // enough to draw by, and an hour of it is 115 MB
const BARS = 600;

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

/** Draw the waveform of `bytes` in the colour of the canvas; a sound that cannot be drawn is left blank.
 * @param {HTMLCanvasElement} canvas @param {Blob} bytes */
export async function drawWaveform(canvas, bytes) {
  const decoder = new OfflineAudioContext(1, 1, SAMPLE_RATE_HZ);
  const decoded = await decoder.decodeAudioData(await bytes.arrayBuffer());
  const drawn = peaks(decoded.getChannelData(0));
  const loudest = drawn.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const middle = canvas.height / 2;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = getComputedStyle(canvas).color;
  for (let bar = 0; bar < BARS; bar++) {
    const low = (drawn[2 * bar] ?? 0) / loudest, high = (drawn[2 * bar + 1] ?? 0) / loudest;
    const height = Math.max(1, (high - low) * middle);
    pen.fillRect((bar * canvas.width) / BARS, middle - high * middle, (0.7 * canvas.width) / BARS, height);
  }
}
