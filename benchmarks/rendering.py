"""Frames per CPU-second from a recorded segment to an H.264 film, beside Gymnasium's own picture at full size.

``python benchmarks/rendering.py [--height 240] [--steps 50] [--repeats 5] [--json]``

Every row is the best of the repeats, since other work on the machine only ever slows a run down. "gymnasium" takes
the same actions with render mode rgb_array and encodes what that gives with the same encoder settings; MuJoCo's needs
OpenGL and is left out. The lower table shows what the presets of x264 cost and give.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tacit_control import clip
from tacit_control.render import Renderer
from tacit_control.segment import Segment

ENVIRONMENTS = (
    "CartPole-v1",
    "Pendulum-v1",
    "MountainCarContinuous-v0",
    "Acrobot-v1",
    "Hopper-v5",
    "HalfCheetah-v5",
    "Walker2d-v5",
    "Swimmer-v5",
    "Reacher-v5",
    "Ant-v5",
    "Humanoid-v5",
)
PRESETS = ("ultrafast", "superfast", "veryfast", "medium")
FPS = 25


def record(name: str, steps: int) -> Segment:
    """Return steps of a random policy, which begins again where an episode ends."""
    environment = gymnasium.make(name)
    environment.action_space.seed(0)
    observation, _ = environment.reset(seed=0)
    seen, actions, states = [], [], []
    for _ in range(steps):
        base: Any = environment.unwrapped
        seen.append(observation)
        states.append(base.data.qpos.copy() if hasattr(base, "data") else np.array(base.state))
        actions.append(environment.action_space.sample())
        observation, _, ended, _, _ = environment.step(actions[-1])
        if ended:
            observation, _ = environment.reset()
    environment.close()
    action = np.array(actions, np.int64 if np.ndim(actions[0]) == 0 else np.float32)
    observed, state = np.array(seen, np.float32), np.array(states, np.float64)
    return Segment(name, {}, observed, action, np.zeros(steps), state)


def gymnasium_frames(environment: gymnasium.Env[Any, Any], segment: Segment) -> NDArray[np.uint8]:
    """Return the same actions as the environment itself draws them."""
    environment.reset(seed=0)
    discrete = segment.action.ndim == 1
    pictures = []
    for action in segment.action:
        pictures.append(environment.render())
        _, _, ended, _, _ = environment.step(int(action) if discrete else action)
        if ended:
            environment.reset()
    return np.array(pictures, dtype=np.uint8)


def best_cpu_s(work: Callable[[], object], repeats: int) -> float:
    """Return the least CPU time of `repeats` runs, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return min(times)


def row(name: str, way: str, draw: Callable[[], NDArray[np.uint8]], repeats: int) -> dict[str, Any]:
    frames = draw()
    draw_s = best_cpu_s(draw, repeats)
    encode_s = best_cpu_s(partial(clip.encode_h264, frames, fps=FPS), repeats)
    return {
        "environment": name,
        "way": way,
        "size_px": f"{frames.shape[2]}x{frames.shape[1]}",
        "draw_fps": len(frames) / draw_s,
        "encode_fps": len(frames) / encode_s,
        "both_fps": len(frames) / (draw_s + encode_s),
        "kb_per_frame": len(clip.encode_h264(frames, fps=FPS)) / 1000 / len(frames),
    }


def measure(height: int, steps: int, repeats: int) -> tuple[list[dict[str, Any]], dict[str, NDArray[np.uint8]]]:
    """Return the upper table, and the frames of a pole and of a robot for the lower one."""
    rows, kept = [], {}
    with Renderer() as renderer:
        for name in ENVIRONMENTS:
            segment = record(name, steps)
            rows.append(row(name, "tacit", partial(renderer.frames, segment, height=height), repeats))
            kept[name] = renderer.frames(segment, height=height)
            if hasattr(gymnasium.make(name).unwrapped, "model"):
                continue
            environment = gymnasium.make(name, render_mode="rgb_array")
            rows.append(row(name, "gymnasium", partial(gymnasium_frames, environment, segment), repeats))
            environment.close()
    return rows, {name: kept[name] for name in ("CartPole-v1", "Hopper-v5")}


def measure_presets(frames_of: dict[str, NDArray[np.uint8]], repeats: int) -> list[dict[str, Any]]:
    """Return what each preset of x264 costs, how large its film is, and how near to what was drawn."""
    rows, own = [], dict(clip.ENCODING)
    for preset in PRESETS:
        clip.ENCODING["preset"] = preset
        for name, frames in frames_of.items():
            encode_s = best_cpu_s(partial(clip.encode_h264, frames, fps=FPS), repeats)
            size_kb = len(clip.encode_h264(frames, fps=FPS)) / 1000 / len(frames)
            rows.append(
                {"preset": preset, "environment": name, "encode_fps": len(frames) / encode_s, "kb_per_frame": size_kb}
            )
    clip.ENCODING.update(own)
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    cells = [[f"{r[c]:.3g}" if isinstance(r[c], float) and r[c] < 10 else _whole(r[c]) for c in columns] for r in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for line in [columns, *cells]:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n")
    sys.stdout.write("\n")


def _whole(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows, kept = measure(given.height, given.steps, given.repeats)
    presets = measure_presets(kept, given.repeats)
    if given.json:
        sys.stdout.write(json.dumps({"rendering": rows, "presets": presets}, indent=1) + "\n")
        return
    show(rows)
    show(presets)


if __name__ == "__main__":
    main()
