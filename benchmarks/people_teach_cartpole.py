"""Does a judge who sees nothing but the page teach CartPole? ``python benchmarks/people_teach_cartpole.py [--json]``.

The judge is a script in a real Chromium. It opens the link that ``tacit learn CartPole-v1 --judge people`` prints,
comes in as a person does, watches both clips as they play, reads the angle of the pole and the place of the cart off
the pixels of the films, and presses a key. The server never tells it anything that a person would not see.

It holds a clip to be the better one in which the pole is more upright and the cart nearer to the middle, and calls two
clips equal that it can hardly tell apart. The bar: a true return of 475 or more within 15 minutes of wall time on two
cores, the training and the browser included.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl
from playwright.sync_api import Error, Page, sync_playwright

from tacit.judging import in_force
from tacit.store import Store
from tacit_control.segment import Segment

LINK = re.compile(r"https?://\S+")
BAR_RETURN, BAR_S = 475.0, 900.0
PATIENCE_S = 10.0  # a clip of CartPole lasts a second
LEAST_DIFFERENCE = 0.02  # of what `WATCH` returns: about a third of a degree on average

WATCH = """async (patience_s) => {
    const slide = document.querySelector(".slide:not(.waiting)");
    const films = [...slide.querySelectorAll("video")];
    const pens = films.map((film) => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 300, height: 200});
        return canvas.getContext("2d", {willReadFrequently: true});
    });
    // how far from upright in the middle: the angle as a share of 12 degrees and the place as a share of the half-width
    const away = (film, pen) => {
        pen.drawImage(film, 0, 0, 300, 200);
        const pixels = pen.getImageData(0, 0, 300, 200).data;
        let cartX = 0, cartY = 0, cart = 0, poleX = 0, poleY = 0, pole = 0;
        for (let at = 0, place = 0; at < pixels.length; at += 4, place++) {
            const [red, green, blue] = [pixels[at], pixels[at + 1], pixels[at + 2]];
            const x = place % 300, y = Math.floor(place / 300);
            if (red < 50 && green < 50 && blue < 50) (cart++, cartX += x, cartY += y);
            else if (red > 150 && red - blue > 50) (pole++, poleX += x, poleY += y);
        }
        if (cart < 20 || pole < 20) return 2; // it has left the picture
        const [dx, dy] = [poleX / pole - cartX / cart, cartY / cart - poleY / pole];
        const degrees = Math.abs(Math.atan2(dx, dy)) * 180 / Math.PI;
        return Math.min(1, degrees / 12) + 0.5 * Math.min(1, Math.abs(cartX / cart - 150) / 150);
    };
    // a film is watched until each tenth of it has been on the screen, however slowly a busy machine plays it
    const seen = films.map(() => new Map());
    const watch = (film, at) => film.requestVideoFrameCallback((_now, frame) => {
        seen[at].set(Math.min(9, Math.floor(10 * frame.mediaTime / film.duration)), away(film, pens[at]));
        if (performance.now() < end && slide.isConnected) watch(film, at);
    });
    const end = performance.now() + 1000 * patience_s;
    films.forEach(watch);
    while (performance.now() < end && seen.some((tenths) => tenths.size < 9)) await new Promise(requestAnimationFrame);
    slide.dataset.watched = "yes";
    if (seen.some((tenths) => tenths.size < 5)) return null;
    return seen.map((tenths) => [...tenths.values()].reduce((sum, value) => sum + value, 0) / tenths.size);
}"""
FRESH = "() => document.querySelector('.slide:not(.waiting):not([data-watched]):not([aria-busy=true]) video')"


def main() -> int:
    """Teach once and say how it went; exit with 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--labels", type=int, default=120, help="comparisons to ask for (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the run (default: %(default)s)")
    given = parser.parse_args()
    row = teach(labels=given.labels, seed=given.seed)
    table = {"name": "people_teach_cartpole", "rows": [row]}
    print(json.dumps(table) if given.json else "\n".join(f"{key}: {value}" for key, value in row.items()))
    return 0 if row["true return"] >= BAR_RETURN and row["wall s"] <= BAR_S else 1


def teach(*, labels: int, seed: int) -> dict[str, Any]:
    """Run the verb and the judge side by side, and return what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).parent / "tacit"), "learn", "CartPole-v1", "--judge", "people", "--json"]
        command += ["--labels", str(labels), "--seed", str(seed), "--out", str(Path(folder) / "run")]
        began_s = time.monotonic()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        try:
            pressed = judge(run, _link(run.stderr))
            out, _ = run.communicate(timeout=120)
        finally:
            run.terminate()
        wall_s = time.monotonic() - began_s
        agreed = agreement(Path(folder) / "run" / "project")
    result = json.loads(out)
    reached = result["true_return"]
    return {
        "true return": round(reached["mean"], 1),
        "95 % interval": f"{reached['low']:.1f} to {reached['high']:.1f}",
        "episodes": reached["episodes"],
        "wall s": round(wall_s, 1),
        "labels": result["labels"],
        "keys pressed": sum(pressed.values()),
        "answers that agree with the true reward": agreed,
        "left / right / equal / can't tell": " / ".join(str(pressed[key]) for key in KEYS),
        "CPU s of the run": result["cpu_s"],
        "env steps": result["env_steps"],
    }


KEYS = ("ArrowLeft", "ArrowRight", "ArrowDown", "c")


def _key(away: list[float] | None) -> str:
    """Return the key of the clip that is less far away, of a draw, or of not being able to tell."""
    if away is None:
        return KEYS[3]
    left, right = away
    return KEYS[2] if abs(left - right) < LEAST_DIFFERENCE else KEYS[int(left > right)]


def judge(run: subprocess.Popen[str], link: str) -> dict[str, int]:
    """Judge until the run has ended, and return how often each key was pressed."""
    pressed = dict.fromkeys(KEYS, 0)
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 700})
        come_in(page, link)
        while run.poll() is None:
            try:
                page.wait_for_function(FRESH, timeout=1000)
                away = page.evaluate(WATCH, PATIENCE_S)
            except Error:
                continue  # nothing to judge at the moment
            key = _key(away)
            page.keyboard.press(key)
            pressed[key] += 1
        browser.close()
    return pressed


def come_in(page: Page, link: str) -> None:
    """Accept the invite as a person does, and read the instructions."""
    page.goto(link)
    if page.locator("input[name=name]").count():
        page.fill("input[name=name]", "Scripted judge")
    if page.locator("main form button").count():
        page.locator("main form button").first.click()
    page.locator("#begin").click()


def agreement(project: Path) -> str:
    """Return how many of the judge's preferences are those of the true reward, where that tells the clips apart."""
    with Store.open(project) as store:
        answered = in_force(store.judgments()).filter(pl.col("outcome") == "answered")
        questions = store.questions(answered["question_id"])
        pairs = [store.items(item_ids) for item_ids in questions["item_ids"]]
    reward = np.array(
        [[Segment.from_bytes(item.content, where="item").reward.sum() for item in pair] for pair in pairs]
    )
    told = reward[:, 0] != reward[:, 1]
    right = (reward[:, 1] > reward[:, 0]) == (answered["comparison"].to_numpy() == 1)
    return f"{int(right[told].sum())} of {int(told.sum())}"


def _link(lines: IO[str] | None) -> str:
    """Return the link that the run prints for its judge."""
    for line in lines or ():
        if found := LINK.search(line):
            return found.group()
    raise SystemExit("the run ended without printing a link")


if __name__ == "__main__":
    sys.exit(main())
