"""Does a promised precision of 95 % hold: automated labelling of MNIST test images and of text, 100 random splits each.

In each split some items are labeled at random, a classifier and a threshold are made of them, and the labels it then
gives to the rest are compared with the truth. A split holds if at least 95 % of them are right; one in which nothing
could be promised, so that nothing was labeled, is counted by itself. The texts are the 1,967 BBQ items that people were
asked about, by the eleven groups of people they are about; and 3,300 questions of sixteen kinds that language models
and people wrote to evaluate other models. The real data are found as the tests find them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from pathlib import Path

import numpy as np

from tacit.learn.automated import Pool, label_automatically, label_in_rounds, pool_from_arrays, pool_from_texts
from tacit.learn.automated.labelling import SHARES
from tacit.measure import mean_estimate, proportion

PRECISION, RISK = 0.95, 0.05
N_CURVES = 20  # splits whose cost curve is made
LABELED = {"mnist": (500, 1_000, 2_000), "text: bias questions": (400, 800), "text: evaluations": (1_000, 1_500)}
MAIN = {name: sizes[-1] for name, sizes in LABELED.items()}
BATCH = {"mnist": 500, "text: bias questions": 300, "text: evaluations": 500}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20, help="splits in which the loop of several rounds is run too")
    parser.add_argument("--data", choices=list(LABELED), help="only this one")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    root = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[2] / "shared" / "data"))
    tables: dict[str, list[dict[str, object]]] = {"splits": [], "cost_curve": [], "rounds": []}
    readers = {"mnist": _mnist, "text: bias questions": _bias_questions, "text: evaluations": _evaluations}
    for name in [arguments.data] if arguments.data else list(LABELED):
        pool, truth = readers[name](root)
        for n_labeled in LABELED[name]:
            splits = arguments.splits if n_labeled == MAIN[name] else max(1, arguments.splits // 5)
            row, curve = _splits(name, pool, truth, n_labeled, splits)
            tables["splits"].append(row)
            tables["cost_curve"] += curve if n_labeled == MAIN[name] else []
        tables["rounds"].append(_rounds(name, pool, truth, arguments.rounds))
    if arguments.json:
        print(json.dumps(tables))
        return
    for title, rows in tables.items():
        print(title)
        for one in rows:
            print("  ", one)


def _splits(
    name: str, pool: Pool, truth: np.ndarray, n_labeled: int, splits: int
) -> tuple[dict[str, object], list[dict[str, object]]]:
    held = none = 0
    precisions, coverages, curves, began_s = [], [], [], time.process_time()
    n_classes = int(truth.max()) + 1
    for seed in range(splits):
        labeled = np.random.default_rng(10_000 + seed).permutation(len(pool))[:n_labeled]
        given = label_automatically(
            pool,
            labeled,
            truth[labeled],
            n_classes,
            precision=PRECISION,
            risk=RISK,
            seed=seed,
            shares=SHARES if seed < N_CURVES else (),
        )
        curves.append(given.curve)
        coverages.append(given.coverage.mean)
        if not given.automatic.any():
            none += 1
            continue
        right = float((given.label == truth[given.item])[given.automatic].mean())
        precisions.append(right)
        held += right >= PRECISION
    share = proportion(held + none, splits)
    row: dict[str, object] = {
        "data": name,
        "labeled": n_labeled,
        "splits": splits,
        "promise held": held + none,
        "of which nothing was labeled": none,
        "share": f"{share.mean:.2f} [{share.low:.2f}, {share.high:.2f}]",
        "precision": f"{mean_estimate(precisions)}" if precisions else "",
        "lowest precision": round(min(precisions), 4) if precisions else None,
        "coverage": f"{mean_estimate(coverages)}",
        "cpu_s a split": round((time.process_time() - began_s) / splits, 2),
    }
    by_labels: dict[int, list[tuple[float, float]]] = {}
    for curve in curves:
        for point in curve:
            by_labels.setdefault(point.labels, []).append((point.coverage, point.cost))
    return row, [
        {
            "data": name,
            "labels bought": labels,
            "coverage": round(float(np.mean([c for c, _ in points])), 3),
            "labels in all": round(float(np.mean([cost for _, cost in points]))),
            "saved": f"{1 - float(np.mean([cost for _, cost in points])) / len(pool):.1%}",
        }
        for labels, points in sorted(by_labels.items())
    ]


def _rounds(name: str, pool: Pool, truth: np.ndarray, splits: int) -> dict[str, object]:
    held, costs, precisions, began_s = 0, [], [], time.process_time()
    for seed in range(splits):
        given = label_in_rounds(
            pool,
            lambda rows: truth[rows],
            int(truth.max()) + 1,
            batch=BATCH[name],
            precision=PRECISION,
            risk=RISK,
            seed=seed,
        )
        automatic = given.source == 1
        right = float((given.label == truth)[automatic].mean()) if automatic.any() else 1.0
        held += right >= PRECISION
        precisions.append(right)
        costs.append(given.rounds[-1].cost / len(pool))
    return {
        "data": name,
        "batch": BATCH[name],
        "splits": splits,
        "promise held": held,
        "precision": f"{mean_estimate(precisions)}",
        "labels by people, share of all": f"{mean_estimate(costs)}",
        "cpu_s a split": round((time.process_time() - began_s) / splits, 2),
    }


def _mnist(root: Path) -> tuple[Pool, np.ndarray]:
    with np.load(root / "mnist" / "t10k.npz") as stored:
        images, labels = stored["images"], stored["labels"].astype(np.intp)
    return pool_from_arrays([str(i) for i in range(len(images))], images), labels


def _evaluations(root: Path) -> tuple[Pool, np.ndarray]:
    with gzip.open(root / "anthropic_evals" / "model_written_sample.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if row["file"].startswith("advanced-ai-risk")]
    kind = np.unique([Path(row["file"]).stem for row in rows], return_inverse=True)[1]
    return pool_from_texts([str(i) for i in range(len(rows))], [row["question"] for row in rows]), kind.astype(np.intp)


def _bias_questions(root: Path) -> tuple[Pool, np.ndarray]:
    with gzip.open(root / "bbq" / "crowd_items.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if isinstance(row["category"], str)]  # one has none
    kind = np.unique([row["category"] for row in rows], return_inverse=True)[1]
    texts = [f"{row['context']} {row['question']}" for row in rows]
    return pool_from_texts([str(row["item"]) for row in rows], texts), kind.astype(np.intp)


if __name__ == "__main__":
    main()
