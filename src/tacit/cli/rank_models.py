"""What ``tacit rank`` fits: which model for which file, which settings go together, and its scores as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from tacit.crowd.comparisons import (
    ComparisonFile,
    ComparisonFit,
    PairedComparisons,
    RatedFit,
    ScoreIntervals,
    SharedPlaces,
    TieModel,
    Winner,
    bootstrap_scores,
    elo,
    fit_comparisons,
    fit_rankings,
    fit_with_raters,
)
from tacit.crowd.comparisons.connected import components
from tacit.crowd.comparisons.curvature.variances import EXACT_ITEMS
from tacit.crowd.comparisons.resampling import by_group
from tacit.errors import BadValue
from tacit.measure import bootstrap

MODELS = ("bradley-terry", "plackett-luce", "elo")
PAIR_TIES = tuple(map(str, TieModel))
RANKING_TIES = tuple(map(str, SharedPlaces))
SMALLEST_P = 1e-12


@dataclass(frozen=True)
class Ranked:
    """What was fitted.

    Args:
        model: one of `MODELS`. ties: how ties were treated.
        items: names. score: log-odds, mean 0, shape (item,).
        n: comparisons or rankings. n_ties: ties or shared places among them.
        n_of_item: comparisons that each item took part in, shape (item,).
        intervals: of the scores; None if there are none.
        fit: the likelihood's fit; None for Elo. rated: the same with raters.
        notes: what a reader should know, in sentences.
    """

    model: str
    ties: str
    items: list[str]
    score: NDArray[np.float64]
    n: int
    n_ties: int
    n_of_item: NDArray[np.intp]
    intervals: ScoreIntervals | None = None
    fit: ComparisonFit | None = None
    rated: RatedFit | None = None
    notes: tuple[str, ...] = ()

    def table(self) -> pl.DataFrame:
        """Return item, score, low, high, rank, the best first."""
        nothing = np.full(len(self.score), np.nan)
        low, high = (self.intervals.low, self.intervals.high) if self.intervals else (nothing, nothing)
        frame = pl.DataFrame(
            {"item": self.items, "score": self.score, "low": low, "high": high}, schema_overrides={"item": pl.String}
        ).with_columns(pl.col("low", "high").fill_nan(None))
        rank = pl.col("score").rank("min", descending=True).cast(pl.Int64).alias("rank")
        return frame.with_columns(rank).sort("rank", maintain_order=True)

    def lead(self, level: float) -> dict[str, float] | None:
        """Return by how much the first item is before the second, in log-odds and as a probability, by the Fisher
        information; None where there is none, or there are too many items for their covariance.
        """
        if self.fit is None or self.intervals is None or not 2 <= len(self.score) <= EXACT_ITEMS:
            return None
        first, second = np.argsort(-self.score, kind="stable")[:2]
        covariance = self.fit.optimum.score_covariance()
        variance = covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]
        estimate = float(self.score[first] - self.score[second])
        half = float(ndtri(0.5 + level / 2) * np.sqrt(variance))
        ends = {"estimate": estimate, "low": estimate - half, "high": estimate + half}
        p = {name: float(expit(value)) for name, value in zip(("p", "p_low", "p_high"), ends.values(), strict=True)}
        return {**ends, **p}

    def raters(self) -> list[dict[str, object]]:
        """Return each rater's agreement, precision and ties."""
        if self.rated is None:
            return []
        found = self.rated.rater_fit
        columns = (self.rated.raters, found.p_agree, found.low, found.high, self.rated.precision)
        return [
            {
                "rater": name,
                "p_agree": {"estimate": float(p), "low": float(low), "high": float(high)},
                "precision": float(precision),
                "n": int(n),
                "ties": float(n_ties / max(n, 1)),
            }
            for name, p, low, high, precision, n, n_ties in zip(*columns, self.rated.n, self.rated.n_ties, strict=True)
        ]


def rank_file(file: ComparisonFile, arguments: argparse.Namespace) -> Ranked:
    """Fit what was asked for.

    Raises:
        InputError: settings that do not go together, or what the fits refuse.
    """
    model = arguments.model or ("bradley-terry" if file.rankings is None or arguments.raters else "plackett-luce")
    known = RANKING_TIES if model == "plackett-luce" else PAIR_TIES
    ties = arguments.ties or ("half" if model == "elo" else known[0])
    if ties not in known or (model == "elo" and ties != "half"):
        expected = "half" if model == "elo" else ", ".join(known)
        raise BadValue("--ties", got=ties, expected=f"{expected} with --model {model}")
    if model != "bradley-terry":
        _refuse(arguments, model)
    if model == "elo":
        return _elo(file)
    if model == "plackett-luce":
        return _rankings(file, SharedPlaces(ties), arguments)
    return _comparisons(file, TieModel(ties), arguments)


def held_out_loss(ranked: Ranked, held: PairedComparisons, *, seed: int) -> dict[str, object]:
    """Return the mean log loss of comparisons that were not learned from, with a bootstrap interval by ranking."""
    p = _predicted(ranked, held)
    if p[2].max(initial=0.0) == 0:  # no probability of a tie: what is predicted is who wins when one does
        kept = np.asarray(held.winner) != Winner.TIE
        held, p = held.take(kept), p[:, kept]
    if not len(held):
        raise BadValue("--held-out", got="ties alone", expected="some that have a winner")
    loss = -np.log(np.maximum(p[np.asarray(held.winner), np.arange(len(held))], SMALLEST_P))
    estimate = bootstrap(lambda x: float(x.mean()), loss, seed=seed, clusters=held.group)
    return {
        "log_loss": {"estimate": estimate.mean, "low": estimate.low, "high": estimate.high},
        "n": len(held),
        "ties_predicted": bool(p[2].max(initial=0.0) > 0),
    }


def _predicted(ranked: Ranked, held: PairedComparisons) -> NDArray[np.float64]:
    if ranked.rated is not None:
        return ranked.rated.predict(held)
    if ranked.fit is not None and ranked.model == "bradley-terry":
        covariates = held.covariates if held.covariate_names else None
        return ranked.fit.predict(held.left, held.right, covariates=covariates)
    first = 0.5 + 0.5 * np.tanh((ranked.score[held.left] - ranked.score[held.right]) / 2)
    return np.stack([first, 1 - first, np.zeros(len(held))])


def _refuse(arguments: argparse.Namespace, model: str) -> None:
    given = {"--raters": arguments.raters, "--side-bias": arguments.side_bias, "--covariate": arguments.covariate}
    if model == "elo":
        given |= {"--shrinkage": arguments.shrinkage, "--ask": arguments.ask}
    for option, value in given.items():
        if value:
            raise BadValue(option, got=f"--model {model}", expected="--model bradley-terry with it")


def _elo(file: ComparisonFile) -> Ranked:
    rated = elo(file.comparisons)
    notes = ("Elo ratings depend on the order of the rows and have no interval",)
    c = file.comparisons
    return Ranked("elo", "half", list(c.items), rated.score, rated.n, c.n_ties, _met(c), notes=notes)


def _rankings(file: ComparisonFile, ties: SharedPlaces, arguments: argparse.Namespace) -> Ranked:
    where = arguments.comparisons_path.name
    rankings = file.rankings
    if rankings is None:
        expected = "a file with the columns ranking, item, rank"
        raise BadValue("--model plackett-luce", got="comparisons of two", expected=expected)
    refit = partial(fit_rankings, ties=ties, shrinkage=arguments.shrinkage, where=where)
    fit = refit(rankings)

    def again(drawn: NDArray[np.intp]) -> NDArray[np.float64]:
        return refit(rankings.take(drawn), start=fit.score).score

    intervals, notes = _intervals(fit, len(rankings), again, arguments)
    return _ranked("plackett-luce", str(ties), fit, file.comparisons, intervals, notes)


def _comparisons(file: ComparisonFile, ties: TieModel, arguments: argparse.Namespace) -> Ranked:
    where, c = arguments.comparisons_path.name, file.comparisons
    side_bias, shrinkage = arguments.side_bias, arguments.shrinkage
    refit = partial(fit_comparisons, ties=ties, side_bias=side_bias, shrinkage=shrinkage, where=where)
    rated = None
    if arguments.raters:
        if c.rater is None:
            do = "Name it with --map rater=COLUMN"
            raise BadValue("--raters", got="no column for the rater", expected="one such as 'rater'", do=do)
        seed = arguments.seed
        rated = fit_with_raters(c, ties=ties, side_bias=side_bias, shrinkage=shrinkage, seed=seed, where=where)
    fit = rated.fit if rated else refit(c)
    n_units, take = by_group(c)

    def again(drawn: NDArray[np.intp]) -> NDArray[np.float64]:
        sample = take(drawn)
        if rated is None or sample.rater is None:
            return refit(sample, start=fit.score).score
        scale, offset = rated.precision[sample.rater], rated.tie_offset[sample.rater]
        return refit(sample, start=fit.score, scale=scale, offset=offset).score

    intervals, notes = _intervals(fit, n_units, again, arguments)
    n_groups = int(components(len(c.items), c.left, c.right).max()) + 1
    if n_groups > 1:
        told = "their differences come from the shrinkage alone"
        notes = (*notes, f"{n_groups} groups of items were never compared with each other; {told}")
    if c.rater is not None and not arguments.raters:
        notes = (*notes, f"{len(c.raters)} raters count alike; --raters infers how far to trust each")
    if file.rankings is not None and arguments.intervals == "fisher":
        notes = (*notes, "comparisons from one ranking are not independent; --intervals bootstrap draws whole rankings")
    return _ranked("bradley-terry", str(ties), fit, c, intervals, notes, rated)


def _ranked(
    model: str,
    ties: str,
    fit: ComparisonFit,
    comparisons: PairedComparisons,
    intervals: ScoreIntervals | None,
    notes: tuple[str, ...],
    rated: RatedFit | None = None,
) -> Ranked:
    items, met = list(fit.items), _met(comparisons)
    return Ranked(model, ties, items, fit.score, fit.n, fit.n_ties, met, intervals, fit, rated, notes)


def _met(comparisons: PairedComparisons) -> NDArray[np.intp]:
    """Return how many comparisons each item took part in, shape (item,)."""
    n = len(comparisons.items)
    return np.bincount(comparisons.left, minlength=n) + np.bincount(comparisons.right, minlength=n)


def _intervals(
    fit: ComparisonFit,
    n_units: int,
    again: Callable[[NDArray[np.intp]], NDArray[np.float64]],
    arguments: argparse.Namespace,
) -> tuple[ScoreIntervals | None, tuple[str, ...]]:
    notes = [] if fit.converged else ["the fit did NOT converge; its scores are not those of largest likelihood"]
    if arguments.intervals == "none":
        return None, tuple(notes)
    if arguments.intervals == "bootstrap":
        return bootstrap_scores(n_units, again, fit.score, seed=arguments.seed, level=arguments.level), tuple(notes)
    intervals = fit.intervals(level=arguments.level, seed=arguments.seed)
    if intervals.relative_error > 0.02:
        notes.append(f"the widths of the intervals are themselves uncertain by {intervals.relative_error:.0%}")
    return intervals, tuple(notes)
