"""Labels that are probably wrong, beside cleanlab: MNIST's test images with a tenth of the labels changed, 10 seeds.

Each changed label becomes one that its digit is easily taken for, or any other. Probabilities are those of our
classifier, each image by one that was fitted without it; both programs get the same. A million labels of a hundred
classes are timed too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from tacit.crowd.audit import find_label_errors
from tacit.learn.automated import fit_classifier, pool_from_arrays
from tacit.measure import mean_estimate, paired_ratio

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "cleanlab" / "bin" / "python"
LIKE = np.array([6, 7, 3, 5, 9, 3, 0, 1, 5, 4])  # a digit that each is easily taken for
N_FOLDS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    root = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[2] / "shared" / "data"))
    with np.load(root / "mnist" / "t10k.npz") as stored:
        images, truth = stored["images"], stored["labels"].astype(np.intp)
    pool = pool_from_arrays([str(i) for i in range(len(images))], images)
    found: dict[str, list[dict[str, float]]] = {"tacit": [], "cleanlab": []}
    for seed in range(arguments.seeds):
        label, wrong = _noisy(truth, seed)
        p = _held_out(pool.rows, label, seed)
        for program, suspect in (("tacit", _ours), ("cleanlab", _peers)):
            rows, cpu_s = suspect(p, label)
            hits = int(wrong[rows].sum())
            precision, recall = hits / max(len(rows), 1), hits / int(wrong.sum())
            top = float(wrong[rows[:500]].mean())
            score = 2 * precision * recall / max(precision + recall, 1e-12)
            found[program].append(
                {"precision": precision, "recall": recall, "F1": score, "right of the first 500": top, "cpu_s": cpu_s}
            )
    rows_out = [
        {"labels": "10,000 MNIST, a tenth wrong", "program": program, "seeds": arguments.seeds}
        | {key: _shown([one[key] for one in runs]) for key in runs[0]}
        for program, runs in found.items()
    ]
    timed = _large()
    result = {
        "quality": rows_out,
        "differences": [_difference(found)],
        "a million labels of a hundred classes": [timed],
    }
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


def _noisy(truth: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < 0.1
    easily = rng.random(len(truth)) < 0.6
    other = (truth + rng.integers(1, 10, len(truth))) % 10
    return np.where(wrong, np.where(easily, LIKE[truth], other), truth), wrong


def _held_out(rows: np.ndarray, label: np.ndarray, seed: int) -> np.ndarray:
    fold = np.random.default_rng(seed).permutation(len(label)) % N_FOLDS
    p, first = np.empty((len(label), 10)), None
    for one in range(N_FOLDS):
        first = fit_classifier(rows[fold != one], label[fold != one], 10, seed=seed, like=first)
        p[fold == one] = first.p(rows[fold == one])
    return p


def _ours(p: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, float]:
    began_s = time.process_time()
    rows = find_label_errors(p, label).item
    return rows, time.process_time() - began_s


def _peers(p: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, float]:
    with tempfile.TemporaryDirectory() as folder:
        given, suspects = Path(folder) / "given.npz", Path(folder) / "suspects.npy"
        np.savez(given, p=p, label=label)
        script = str(FOLDER / "peers" / "cleanlab_label_errors.py")
        done = subprocess.run(
            [str(PEER), script, str(given), str(suspects)], capture_output=True, text=True, check=True
        )
        return np.load(suspects), float(json.loads(done.stdout.strip().rpartition("\n")[2])["cpu_s"])


def _large() -> dict[str, object]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 100, 1_000_000)
    p = rng.exponential(size=(1_000_000, 100)).astype(np.float32)
    p[np.arange(len(p)), truth] += 100
    p /= p.sum(axis=1, keepdims=True)
    label = np.where(rng.random(len(p)) < 0.1, rng.integers(0, 100, len(p)), truth)
    (ours, our_s), (theirs, their_s) = _ours(p, label), _peers(p, label)
    return {
        "tacit suspects": len(ours),
        "tacit cpu_s": our_s,
        "cleanlab suspects": len(theirs),
        "cleanlab cpu_s": their_s,
    }


def _difference(found: dict[str, list[dict[str, float]]]) -> dict[str, object]:
    keys = ("precision", "recall", "F1", "right of the first 500")
    apart = {
        key: str(mean_estimate([a[key] - b[key] for a, b in zip(found["tacit"], found["cleanlab"], strict=True)]))
        for key in keys
    }
    times = paired_ratio([one["cpu_s"] for one in found["cleanlab"]], [one["cpu_s"] for one in found["tacit"]])
    return {"tacit less cleanlab": "", **apart, "cleanlab's CPU seconds over tacit's": str(times)}


def _shown(values: list[float]) -> str:
    return str(mean_estimate(values))


if __name__ == "__main__":
    main()
