"""How well models of comparisons predict held-out human rankings of translations, with raters, without, and choix.

``python benchmarks/wmt13_rankings.py [--data ../shared/data] [--json]``

9,996 five-way rankings with ties of 13 systems by 218 named judges (WMT13, French to English) are learned from, and
the 2,000 comparisons in 200 further rankings predicted. Log loss is in nats a comparison, lower is better: of all
three outcomes, and of who wins given that one does. choix has no ties: for the three outcomes it is lent the share of
ties in the training data. Intervals of the differences draw the held-out rankings (`by ranking`) or their judges
(`by judge`) with replacement, the fits being held fixed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.crowd.comparisons import (
    ComparisonFile,
    PairedComparisons,
    TieModel,
    Winner,
    fit_comparisons,
    fit_rankings,
    fit_with_raters,
    read_comparison_file,
)
from tacit.measure import bootstrap

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "choix" / "bin" / "python"
WITHOUT = "Davidson, raters alike"
Float64 = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = Path(os.environ.get("TACIT_DATA", FOLDER.parents[1] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/choix.txt", file=sys.stderr)
        return 1
    file = read_comparison_file(given.data / "wmt13_rankings" / "rankings.csv.gz", held_out=("split", "test"))
    held = file.held_out
    if held is None:
        raise SystemExit("the file of rankings has no row of the split 'test'")
    predicted = _predictions(file, held)
    three = {name: -np.log(p[held.winner, np.arange(len(held))]) for name, p in predicted.items() if p[2].any()}
    decided = np.asarray(held.winner) != Winner.TIE
    part = held.take(decided)
    either = {name: p[:, decided] for name, p in predicted.items()}
    two = {name: -np.log(p[part.winner, np.arange(len(part))] / (p[0] + p[1])) for name, p in either.items()}
    rows = _rows("left, right or tie", three, held) + _rows("who wins, given one does", two, part)
    if given.json:
        print(json.dumps({"name": "wmt13_rankings", "rows": rows}))
    else:
        print(table([[_cell(v) for v in row.values()] for row in rows], header=list(rows[0])))
    return 0


def _predictions(file: ComparisonFile, held: PairedComparisons) -> dict[str, Float64]:
    """Return P(left), P(right), P(tie) of the held-out comparisons by each model, shape (3, comparison)."""
    c, left, right = file.comparisons, np.asarray(held.left), np.asarray(held.right)
    predicted = {WITHOUT: fit_comparisons(c).predict(left, right)}
    predicted["Davidson with raters"] = fit_with_raters(c).predict(held)
    predicted["Rao–Kupper, raters alike"] = fit_comparisons(c, ties=TieModel.RAO_KUPPER).predict(left, right)
    predicted["Rao–Kupper with raters"] = fit_with_raters(c, ties=TieModel.RAO_KUPPER).predict(held)
    predicted["Bradley–Terry, ties dropped"] = fit_comparisons(c, ties=TieModel.DROP).predict(left, right)
    if file.rankings is not None:
        predicted["Plackett–Luce, Efron"] = fit_rankings(file.rankings).predict(left, right)
    share = c.n_ties / len(c)
    theirs = _choix(c)
    first = 1 / (1 + np.exp(theirs[right] - theirs[left]))
    predicted["choix, lent the share of ties"] = np.stack(
        [first * (1 - share), (1 - first) * (1 - share), np.full(len(held), share)]
    )
    return predicted


def _choix(c: PairedComparisons) -> Float64:
    won = np.asarray(c.winner) == Winner.LEFT
    decided = np.asarray(c.winner) != Winner.TIE
    winner, loser = np.where(won, c.left, c.right)[decided], np.where(won, c.right, c.left)[decided]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "comparisons.npz", Path(folder) / "scores.npy"
        np.savez(source, winner=winner, loser=loser, n_items=len(c.items))
        script = FOLDER / "peers" / "choix_bradley_terry.py"
        subprocess.run([PEER, script, "newton", source, target], check=True, stdout=subprocess.DEVNULL)
        return np.asarray(np.load(target))


def _rows(what: str, losses: dict[str, Float64], held: PairedComparisons) -> list[dict[str, Any]]:
    rows = []
    for name, loss in losses.items():
        row: dict[str, Any] = {"predicted": what, "model": name, "n": len(loss), "log loss": float(loss.mean())}
        for other, label in ((WITHOUT, "less raters alike"), ("choix, lent the share of ties", "less choix")):
            difference = loss - losses[other]
            for by, clusters in (("ranking", held.group), ("judge", held.rater)):
                made = bootstrap(lambda x: float(x.mean()), difference, seed=0, clusters=clusters)
                row[f"{label}, by {by}"] = [made.mean, made.low, made.high] if name != other else None
        rows.append(row)
    return rows


def _cell(value: object) -> str:
    if isinstance(value, list):
        return f"{value[0]:+.4f} [{value[1]:+.4f}, {value[2]:+.4f}]"
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
