"""``tacit reward fit`` and ``tacit reward score``: a reward model from existing judgments, with no loop."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tacit.cli.terminal import table
from tacit.errors import BadValue, InputError, RunExists
from tacit.reward import Comparisons, RewardFit, SegmentEnsemble, comparisons_from_judgments, fit_reward, load_reward
from tacit.reward.files import Features, read_comparisons, read_features
from tacit.store import Store
from tacit.store.places import Place, place_of
from tacit.store.run_folder import write_text

SHOWN_ITEMS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs and their arguments."""
    verbs = parser.add_subparsers(dest="sub_verb", metavar="fit|score", required=True)
    fit = verbs.add_parser("fit", help="fit a reward model to comparisons", description="Fit a reward model.")
    fit.add_argument(
        "comparisons_path",
        metavar="FILE|PROJECT",
        type=place_of,
        help="a .csv, .jsonl or .parquet table with columns first, second, answer and perhaps rater; or a project",
    )
    fit.add_argument(
        "--features",
        metavar="FEATURES",
        type=Path,
        required=True,
        help="what the reward sees of each item: .safetensors, .npz or .parquet with the items' names",
    )
    fit.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the fitted reward")
    fit.add_argument("--seed", type=int, default=0, help="of the fit (default: %(default)s)")
    fit.add_argument("--members", type=int, default=3, help="networks in the ensemble (default: %(default)s)")
    fit.add_argument("--epochs", type=int, default=60, help="most passes over the pairs (default: %(default)s)")
    score = verbs.add_parser("score", help="score items with a fitted reward", description="Score items.")
    score.add_argument("reward_path", metavar="DIR", type=Path, help="the folder of a fitted reward")
    score.add_argument("features_path", metavar="FEATURES", type=Path, help="the items: .safetensors, .npz or .parquet")
    score.add_argument("--out", metavar="CSV", type=Path, help="write every item's score to this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Fit or score.

    Raises:
        InputError: a file that cannot be read or does not fit, or an output folder that holds another fit.
    """
    if arguments.sub_verb == "fit":
        return _fit(arguments)
    return _score(load_reward(arguments.reward_path), read_features(arguments.features_path), arguments.out)


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    if "scores" in result:
        shown = result["scores"][:SHOWN_ITEMS]
        rows = [[one["item"], f"{one['total']:.4g}", f"{one['mean']:.4g}", f"{one['spread']:.2g}"] for one in shown]
        more = f"\n… and {len(result['scores']) - len(shown)} more" if len(result["scores"]) > len(shown) else ""
        return table(rows, header=["item", "sum of reward", "mean of a step", "disagreement"]) + more
    agreement = result["heldout_agreement"]
    raters = [[name, _shown(one), str(one["n"])] for name, one in result["p_agree"].items()]
    lines = [
        f"{result['comparisons']} comparisons fitted, {sum(result['left_out'].values())} judgments left out",
        f"agreement with judgments that were held out: {_shown(agreement)} (n = {agreement['n']})",
        table(raters, header=["rater", "agrees with the reward", "held-out judgments"]),
        str(result["reward"]),
    ]
    return "\n".join(lines)


def _fit(arguments: argparse.Namespace) -> dict[str, object]:
    out: Path = arguments.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunExists(str(out), got="a file or folder with content", expected="a new or empty folder")
    settings = SegmentEnsemble(members=arguments.members, epochs=arguments.epochs)
    features = read_features(arguments.features)
    comparisons = _comparisons(arguments.comparisons_path, features)
    if not len(comparisons):
        raise BadValue(str(arguments.comparisons_path), got="no answered pair", expected="at least one")
    fit = fit_reward(comparisons, settings, seed=arguments.seed)
    fit.save(out)
    return {
        "reward": str(out),
        "comparisons": len(comparisons),
        "left_out": dict(comparisons.left_out),
        "heldout_agreement": fit.held_out.agreement().as_dict(),
        "p_agree": {name: estimate.as_dict() for name, estimate in fit.p_agree.items()},
        "precision": dict(zip(fit.raters, fit.rater_fit.precision.tolist(), strict=True)),
        "training_loss": fit.training_loss,
        "validation_loss": fit.validation_loss,
        "l2": fit.l2,
        "epochs": fit.epochs,
        "seed": fit.seed,
        "comparisons_hash": fit.comparisons_hash,
    }


def _comparisons(place: Place, features: Features) -> Comparisons:
    if isinstance(place, Path) and not place.is_dir():
        return read_comparisons(place, features)
    with Store.open(place, create=False) as store:
        return comparisons_from_judgments(
            store.judgments(), store.questions(), features.values, item_ids=features.item_ids
        )


def _score(fit: RewardFit, features: Features, out: Path | None) -> dict[str, object]:
    try:
        members = fit.score_members(features.values)
    except BadValue as error:
        raise InputError("features", got=error.got, expected=error.expected) from None
    steps = fit.score(features.values)
    scores = [
        {"item": name, "total": total, "mean": mean, "spread": spread}
        for name, total, mean, spread in zip(
            features.item_ids,
            steps.sum(axis=1).tolist(),
            steps.mean(axis=1).tolist(),
            members.sum(axis=2).std(axis=0).tolist(),
            strict=True,
        )
    ]
    if out is not None:
        lines = ["item,total,mean,spread"] + [",".join(map(str, one.values())) for one in scores]
        write_text(out, "\n".join(lines) + "\n")
    return {"scores": scores, "out": out}


def _shown(estimate: dict[str, Any]) -> str:
    return f"{estimate['mean']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
