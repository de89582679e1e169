"""A run's folder as the learning loop leaves it, made up but whole: a real store, real H.264 clips, real JSON."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tacit.judging import Item, ItemKind, Media, Question, QuestionKind, judgments_table, questions_table
from tacit.report import write_report
from tacit.store import Store
from tacit.store.run_folder import RunFolder, write_json

MakeRun = Callable[..., RunFolder]
WORDS = "Which clip is better?"


def draw_cartpole(x_m: float, angle_rad: float, *, height_px: int = 120, width_px: int = 180) -> np.ndarray:
    """Return a picture of a cart with a pole, shape (height, width, 3)."""
    picture = np.full((height_px, width_px, 3), 250, np.uint8)
    row, column = np.mgrid[:height_px, :width_px]
    ground, centre = int(0.8 * height_px), width_px / 2 + x_m / 2.4 * width_px / 2
    picture[ground] = (170, 170, 170)
    picture[(abs(column - centre) < 16) & (abs(row - ground) < 7)] = (40, 44, 52)
    along = (column - centre) * np.sin(angle_rad) + (ground - row) * np.cos(angle_rad)
    across = (column - centre) * np.cos(angle_rad) - (ground - row) * np.sin(angle_rad)
    picture[(abs(across) < 3) & (along > 0) & (along < 62)] = (186, 120, 66)
    return picture


@cache
def film(seed: int, *, skill: float, n_frames: int = 30) -> bytes:
    """Return an H.264 clip of a pole that is held (skill 1) or falls (skill 0)."""
    rng = np.random.default_rng(seed)
    x, lean, turn = rng.normal(0, 0.3), rng.normal(0, 0.04), rng.normal(0, 0.6) * (1 - skill) + 0.05
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "30"})
        video.width, video.height, video.pix_fmt = 180, 120, "yuv420p"
        for step in range(n_frames):
            angle = lean + turn * (step / 25) * (1 if skill < 0.5 else np.cos(step / 6))
            frame = av.VideoFrame.from_ndarray(draw_cartpole(x + 0.3 * np.sin(step / 9), angle), format="rgb24")
            frame.pts, frame.time_base = step, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return stream.getvalue()


def interval(mean: float, half: float, *, n: int, unit: str = "n", top: float = np.inf) -> dict[str, float]:
    return {"mean": mean, "low": mean - half, "high": min(mean + half, top), unit: n}


def outcome_of(row: int) -> str:
    return "tie" if row % 17 == 3 else "skipped" if row % 101 == 100 else "answered"


def record(n_labels: int) -> dict[str, object]:
    returns = {
        "true_return": interval(497.8, 2.7, n=100, unit="episodes", top=500.0),
        "baseline_true_reward": interval(500.0, 0.0, n=100, unit="episodes"),
        "random": interval(22.1, 2.3, n=100, unit="episodes"),
        "coin_flip": interval(9.4, 0.2, n=100, unit="episodes"),
    }
    results = {
        **returns,
        "labels": n_labels,
        "env_steps": 40_960,
        "heldout_agreement": {"mean": 0.883, "low": 0.824, "high": 0.926, "n": 180},
        "win_rate": {"mean": 0.97, "low": 0.915, "high": 0.994, "n": 100},
        "cpu_s": 27.4,
        "wall_s": 31.9,
        "report": "runs/demo/report.html",
        "run": "runs/demo",
        "labelers": {
            "simulated": {"p_agree": {"mean": 0.94, "low": 0.89, "high": 0.97}, "n": n_labels - n_labels // 10},
            "anna": {"p_agree": {"mean": 0.86, "low": 0.71, "high": 0.95}, "n": n_labels // 10},
        },
        "outcomes": dict(Counter(map(outcome_of, range(n_labels)))),
    }
    options = ["--judge", "simulated", "--labels", str(n_labels), "--seed", "0", "--out", "runs/demo"]
    return {
        "verb": "learn",
        "command": ["tacit", "learn", "CartPole-v1", *options],
        "producer": "CartPole-v1",
        "judge": "simulated",
        "seed": 0,
        "settings": {"labels": 200, "segment_steps": 25, "reward": {"members": 3, "hidden": [64, 64]}},
        "versions": {"tacit": "0.1.0", "numpy": "2.4.0", "python": "3.11.7"},
        "hashes": {"judgments": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"},
        "started_at_s": 1_795_331_700.0,
        "finished_at_s": 1_795_331_732.0,
        "status": "finished",
        "warnings": ["Two judgments were skipped; they enter no likelihood."],
        "results": results,
    }


def progress(n_labels: int) -> list[dict[str, object]]:
    rng = np.random.default_rng(1)
    rows = []
    for iteration in range(11):
        share = iteration / 10
        rows.append(
            {
                "iteration": iteration,
                "env_steps": iteration * 4096,
                "labels": round(n_labels * (0.25 + 0.75 * share**0.6)),
                "learned_reward": -3 + 9 / (1 + np.exp(-9 * (share - 0.4))) + rng.normal(0, 0.3),
                "true_return": float(22 + 476 / (1 + np.exp(-14 * (share - 0.45)))),
                "training_loss": 0.4 - 0.2 * share,
                "validation_loss": 0.5 - 0.2 * share,
                "l2": 0.001,
                "heldout_agreement": 0.62 + 0.26 * share**0.5,
                "cpu_s": 2.5 * iteration,
                "wall_s": 2.9 * iteration,
            }
        )
    return rows


def diagnostics(question_ids: list[str]) -> dict[str, object]:
    rng = np.random.default_rng(2)
    true = rng.gamma(4, 3, 240).clip(0, 25)
    logit = rng.normal(0, 2.2, 180)
    p = 1 / (1 + np.exp(-logit))
    preferred = (rng.random(180) < 1 / (1 + np.exp(-0.85 * logit))).astype(float)
    preferred[::17] = 0.5
    return {
        "learned_against_true": {"learned": (0.4 * true - 3 + rng.normal(0, 1.1, 240)).tolist(), "true": true.tolist()},
        "reliability": {"p": p.tolist(), "preferred": preferred.tolist()},
        "predictions": {q: float(rng.beta(0.6, 0.6)) for q in question_ids},
    }


def fill_project(store: Store, *, n_labels: int, n_rendered: int, text: str, labelers: tuple[str, str]) -> list[str]:
    items = [Item(ItemKind.SEGMENT, f"segment {i}".encode(), "application/octet-stream") for i in range(2 * n_labels)]
    store.add_items(items)
    questions = [
        Question(QuestionKind.COMPARISON, (items[2 * i].item_id, items[2 * i + 1].item_id), text=text)
        for i in range(n_labels)
    ]
    store.add_questions(questions_table(questions))
    ids = [question.question_id for question in questions]
    outcome = list(map(outcome_of, range(n_labels)))
    columns = {
        "judgment_id": [f"judgment {i}" for i in range(n_labels)],
        "question_id": ids,
        "labeler_id": [labelers[i % 10 == 9] for i in range(n_labels)],
        "outcome": outcome,
        "comparison": [i % 2 if o == "answered" else None for i, o in enumerate(outcome)],
        "answered_at_s": [1_795_331_700.0 + i for i in range(n_labels)],
        "duration_s": [2.5 if i % 10 == 9 else None for i in range(n_labels)],
    }
    store.add_judgments(judgments_table(columns))
    for row in np.linspace(0, n_labels - 1, n_rendered).round().astype(int).tolist():
        for side in (0, 1):
            clip = film(2 * row + side, skill=float(side == row % 2))
            store.add_rendition(items[2 * row + side].item_id, Media(clip, "video/mp4"))
    return ids


def build(
    path: Path,
    *,
    n_labels: int = 200,
    n_rendered: int = 12,
    text: str = WORDS,
    labelers: tuple[str, str] = ("simulated", "anna"),
    curves: bool = True,
) -> RunFolder:
    run = RunFolder(path)
    run.write_record(record(n_labels))
    if curves:
        run.write_progress(progress(n_labels))
    with Store.open(run.project_path) as store:
        ids = fill_project(store, n_labels=n_labels, n_rendered=n_rendered, text=text, labelers=labelers)
    if curves:
        write_json(run.diagnostics_path, diagnostics(ids))
    run.clips_path.mkdir()
    (run.clips_path / "first.mp4").write_bytes(film(1, skill=0.0, n_frames=50))
    (run.clips_path / "final.mp4").write_bytes(film(2, skill=1.0, n_frames=75))
    return run


@pytest.fixture(scope="session")
def build_run() -> MakeRun:
    """Return what makes a whole run in a folder of one's own."""
    return build


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Return a whole run with its page, as big as the demo's; tests only look at it."""
    run = build(tmp_path_factory.mktemp("runs") / "demo")
    write_report(run)
    return run


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Return what makes a run's folder: small, and without what its charts show, unless asked otherwise."""

    def make(name: str = "run", **settings: Any) -> RunFolder:
        return build(tmp_path / name, **{"n_labels": 20, "n_rendered": 2, "curves": False, **settings})

    return make


@pytest.fixture
def recorded(tmp_path: Path) -> RunFolder:
    """Return a run's folder that holds its record alone."""
    run = RunFolder(tmp_path / "recorded")
    run.write_record(record(200))
    return run


@pytest.fixture
def edit_record() -> Callable[..., None]:
    """Return what changes fields of a run's record; those of `results` are changed one by one."""

    def edit(run: RunFolder, **fields: Any) -> None:
        changed = run.record()
        changed["results"] |= fields.pop("results", {})
        run.write_record({**changed, **fields})

    return edit
