"""Ratings on a scale: what each item is worth, and each labeler's bias and noise.

A rating is the item's value, plus the labeler's bias, plus noise of the labeler's own variance::

    rating = value + bias + noise,   value ~ N(μ, τ²),   bias ~ N(0, β²),   1 / variance of the noise ~ Gamma

The crowd's parameters (μ, τ, β and the Gamma distribution) are learned from all ratings, so that a labeler with three
ratings is taken for an ordinary one. Biases have mean 0: what a whole crowd overrates cannot be told from its worth,
and the intervals of values and biases are wider by what a few labelers may happen to overrate together. Those of noise
count only the ratings that were not used up by fitting values and biases. How alike the labelers' noise is, is held
back by a prior: a few labelers who seem equally noisy need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import digamma, gammaincinv, gammaln, polygamma, stdtrit

from tacit.crowd.choices.names import Codes, Numbered
from tacit.crowd.choices.reading import read_label_table
from tacit.crowd.choices.table import ROW
from tacit.errors import BadValue, NotIdentified

Float64 = NDArray[np.float64]
MOST_TOGETHER = 20_000_000  # items · labelers, up to which values and biases are inferred together
Z = 1.959963984540054  # half the width of a 95 % interval, in standard deviations
ALIKE = 1.0  # the prior of the Gamma distribution's shape is exponential with this rate


@dataclass(frozen=True)
class Ratings:
    """Numbers that labelers gave to items.

    Args:
        item: code of the item of each rating, shape (rating,). labeler: likewise.
        value: the ratings, in their own unit.
        items: names of the items, one a code. labelers: likewise.
    """

    item: Codes
    labeler: Codes
    value: Float64
    items: pl.Series
    labelers: pl.Series


@dataclass(frozen=True)
class RatingFit:
    """What the ratings amount to, each with its 95 % interval.

    Args:
        ratings: what was fitted.
        mean: value of each item, shape (item,). low: lower end. high: upper end.
        bias: how much each labeler overrates, shape (labeler,). bias_low: lower end. bias_high: upper end.
        noise: standard deviation of each labeler's ratings about value and bias.
        noise_low: lower end. noise_high: upper end.
        trace: the bound on the log-probability of the ratings, after each iteration; it never falls.
        iterations: how many there were.
        converged: whether the bound stood still without a fall.
        warnings: what the user should know before believing the result.
    """

    ratings: Ratings
    mean: Float64
    low: Float64
    high: Float64
    bias: Float64
    bias_low: Float64
    bias_high: Float64
    noise: Float64
    noise_low: Float64
    noise_high: Float64
    trace: tuple[float, ...]
    iterations: int
    converged: bool
    warnings: tuple[str, ...] = ()

    def labels(self) -> pl.DataFrame:
        """Return one row an item: `item`, `label` (its value), `low`, `high`."""
        return pl.DataFrame({"item": self.ratings.items, "label": self.mean, "low": self.low, "high": self.high})


def read_ratings(path: Path, *, headers: Mapping[str, str] | None = None, labeler_id: str | None = None) -> Ratings:
    """Return the ratings of a file with the columns item, labeler and label (or rating, score …).

    Args:
        path: CSV, TSV, JSON lines or Parquet, perhaps with `.gz` behind.
        headers: meaning → the file's column, where no known header says it.
        labeler_id: who answered, if the file does not say.

    Raises:
        BadFile: not such a file, or without one of the columns. UnknownName: an unknown format or column.
        BadValue: a cell that is empty or no finite number; names the row.
    """
    return ratings_from_table(read_label_table(path, headers=headers, labeler_id=labeler_id), where=path.name)


def ratings_from_table(table: pl.DataFrame, *, where: str = "ratings") -> Ratings:
    """Return the ratings of a table with the columns `item`, `labeler`, `label`, and perhaps `row`.

    Args:
        table: one row a rating; several of one labeler on one item all count.
        where: what to call the table in a message.

    Raises:
        BadValue: a cell that is empty or no finite number, or no rows.
    """
    if not table.height:
        raise BadValue(where, got="no ratings", expected="at least one row below the header")
    rows = Numbered(where, table[ROW] if ROW in table.columns else None)
    value = table["label"].cast(pl.Float64, strict=False)
    bad = value.is_null() | ~value.is_finite()
    if n_bad := int(bad.sum()):
        at = int(bad.arg_true()[0])
        got = "an empty cell" if table["label"][at] is None else repr(table["label"][at])
        do = f"{n_bad:,} rows share this fault" if n_bad > 1 else "Words are aggregated by the other methods"
        raise BadValue(f"{where}, row {rows.row(at)}, column 'label'", got=got, expected="a finite number", do=do)
    (item, items), (labeler, labelers) = rows.coded(table["item"]), rows.coded(table["labeler"])
    return Ratings(item, labeler, value.to_numpy(), items, labelers)


@dataclass
class _State:
    """Means and variances under the posterior, and the crowd's parameters."""

    mean: Float64
    mean_var: Float64
    bias: Float64
    bias_var: Float64
    log_det: float
    shape: Float64
    rate: Float64
    centre: float
    spread: float
    bias_spread: float
    crowd_shape: float
    crowd_rate: float


def fit_ratings(ratings: Ratings, *, tolerance: float = 1e-6, most_iterations: int = 1_000) -> RatingFit:
    """Infer the items' values and the labelers' biases and noise.

    Args:
        ratings: what was said.
        tolerance: gain of the bound a rating below which the iteration ends.
        most_iterations: it ends here in any case.

    Raises:
        NotIdentified: one labeler alone, whose bias and noise nothing reveals.

    Source: Raykar, Yu, Zhao, Valadez, Florin, Bogoni, Moy 2010, JMLR 11, section 5 (a precision for each labeler), with
    biases and learned priors; the posterior of precisions is factored out as in Bishop 2006, section 10.1.
    """
    if len(ratings.labelers) < 2:
        got, expected = f"one labeler, {ratings.labelers[0]!r}", "two or more, who can be held against each other"
        raise NotIdentified("method numeric", got=got, expected=expected)
    unit = float(ratings.value.std()) or 1.0
    offset = float(ratings.value.mean())
    x = (ratings.value - offset) / unit
    item, labeler = ratings.item.astype(np.intp), ratings.labeler.astype(np.intp)
    state = _begin(x, item, len(ratings.items), len(ratings.labelers))
    trace, converged = list[float](), False
    for _ in range(most_iterations):
        trace.append(_pass(state, x, item, labeler))
        if len(trace) > 1 and abs(gain := trace[-1] - trace[-2]) < tolerance * len(x):
            converged = gain >= -1e-9 * abs(trace[-1])
            break
    half, bias_half = (unit * width for width in _half_widths(state, item, labeler))
    mean, bias = state.mean * unit + offset, state.bias * unit
    low, high = (unit * end for end in _noise_ends(state, item, labeler))
    seen = np.bincount(item, minlength=len(ratings.items))[item] > 1
    alone = np.flatnonzero(np.bincount(labeler[seen], minlength=len(ratings.labelers)) == 0)
    warnings: tuple[str, ...] = ()
    if len(alone):
        names = ", ".join(ratings.labelers[alone[:5]].to_list())
        warnings = (f"{len(alone):,} labelers share no item with anyone ({names}); only the prior says how they rate.",)
    return RatingFit(
        ratings,
        mean,
        mean - half,
        mean + half,
        bias,
        bias - bias_half,
        bias + bias_half,
        unit * np.sqrt(state.rate / state.shape),
        low,
        high,
        tuple(trace),
        len(trace),
        converged,
        warnings,
    )


def _begin(x: Float64, item: NDArray[np.intp], n_items: int, n_labelers: int) -> _State:
    mean = np.bincount(item, weights=x, minlength=n_items) / np.bincount(item, minlength=n_items)
    within = max(float(np.mean((x - mean[item]) ** 2)), 1e-4)
    return _State(
        mean=mean,
        mean_var=np.full(n_items, within),
        bias=np.zeros(n_labelers),
        bias_var=np.full(n_labelers, within),
        log_det=0.0,
        shape=np.full(n_labelers, 2.0),
        rate=np.full(n_labelers, 2.0 * within),
        centre=float(mean.mean()),
        spread=max(float(mean.var()), 1e-4),
        bias_spread=within / 4,
        crowd_shape=2.0,
        crowd_rate=2.0 * within,
    )


def _pass(s: _State, x: Float64, item: NDArray[np.intp], labeler: NDArray[np.intp]) -> float:
    """Update each factor in turn, then the crowd's parameters, and return the bound before the latter."""
    n_items, n_labelers = len(s.mean), len(s.bias)
    n_of_labeler = np.bincount(labeler, minlength=n_labelers)
    together = n_items * n_labelers <= MOST_TOGETHER
    covariance = (_values_and_biases if together else _values_then_biases)(s, x, item, labeler)
    squares = (x - s.mean[item] - s.bias[labeler]) ** 2 + s.mean_var[item] + s.bias_var[labeler] + 2 * covariance
    s.shape = np.asarray(s.crowd_shape + n_of_labeler / 2)
    s.rate = np.asarray(s.crowd_rate + 0.5 * np.bincount(labeler, weights=squares, minlength=n_labelers))
    bound = _bound(s, len(x))
    s.centre = float(s.mean.mean())
    s.spread = max(float(np.mean((s.mean - s.centre) ** 2 + s.mean_var)), 1e-8)
    s.bias_spread = max(float(np.mean(s.bias**2 + s.bias_var)), 1e-8)
    s.crowd_shape, s.crowd_rate = _gamma_fit(s.shape / s.rate, digamma(s.shape) - np.log(s.rate), s.crowd_shape)
    return bound


def _half_widths(s: _State, item: NDArray[np.intp], labeler: NDArray[np.intp]) -> tuple[Float64, Float64]:
    """Return half the widths of the intervals of values and biases.

    The centre of the values is not known but for the mean of the biases, which is 0 for all people and not for these
    few: how it moves values and biases is added, at as many degrees of freedom as there are labelers but one.
    """
    own = Z**2 * s.mean_var, Z**2 * s.bias_var
    if len(s.mean) * len(s.bias) > MOST_TOGETHER:  # then the labelers are many, and their mean is near 0
        return np.sqrt(own[0]), np.sqrt(own[1])
    item_precision, share, inverse = _eliminated(s, (s.shape / s.rate)[labeler], item, labeler)
    bias_moves = -inverse @ (share.T @ np.ones(len(s.mean))) / s.spread
    value_moves = 1 / (s.spread * item_precision) - share @ bias_moves
    centre_var = s.spread / max(len(s.mean) - float(value_moves.sum()), 1e-9)
    t = float(stdtrit(len(s.bias) - 1, 0.975)) ** 2 * centre_var
    return np.sqrt(own[0] + t * value_moves**2), np.sqrt(own[1] + t * bias_moves**2)


def _noise_ends(s: _State, item: NDArray[np.intp], labeler: NDArray[np.intp]) -> tuple[Float64, Float64]:
    """Return the ends of the intervals of each labeler's noise.

    What values and biases take of the ratings, the trace of the fit, is no evidence about the noise.
    """
    covariance = np.zeros(len(item))
    if len(s.mean) * len(s.bias) <= MOST_TOGETHER:
        _, share, inverse = _eliminated(s, (s.shape / s.rate)[labeler], item, labeler)
        covariance = -(share @ inverse)[item, labeler]
    taken = (s.shape / s.rate)[labeler] * (s.mean_var[item] + s.bias_var[labeler] + 2 * covariance)
    free = np.maximum(np.bincount(labeler) - np.bincount(labeler, weights=taken), 0.0)
    shape = s.crowd_shape + free / 2
    low, high = (gammaincinv(shape, q) * s.shape / (s.rate * shape) for q in (0.025, 0.975))
    return 1 / np.sqrt(high), 1 / np.sqrt(low)


def _eliminated(
    s: _State, weight: Float64, item: NDArray[np.intp], labeler: NDArray[np.intp]
) -> tuple[Float64, csr_matrix, Float64]:
    """Return the items' precision, their shares in each labeler, and the covariance of the biases."""
    meeting = csr_matrix((weight, (item, labeler)), shape=(len(s.mean), len(s.bias)))
    item_precision = 1 / s.spread + np.asarray(meeting.sum(axis=1)).ravel()
    bias_precision = 1 / s.bias_spread + np.asarray(meeting.sum(axis=0)).ravel()
    share = csr_matrix(meeting.multiply(1 / item_precision[:, None]))
    return item_precision, share, np.linalg.inv(np.diag(bias_precision) - (meeting.T @ share).toarray())


def _values_and_biases(s: _State, x: Float64, item: NDArray[np.intp], labeler: NDArray[np.intp]) -> Float64:
    """Update values and biases together, and return the covariance of the two that each rating adds up.

    The items are eliminated first, which leaves a dense system as large as there are labelers.
    """
    weight = (s.shape / s.rate)[labeler]
    item_precision, share, inverse = _eliminated(s, weight, item, labeler)
    said_of = s.centre / s.spread + np.bincount(item, weights=weight * x, minlength=len(s.mean))
    said_by = np.bincount(labeler, weights=weight * x, minlength=len(s.bias))
    s.bias = inverse @ (said_by - share.T @ said_of)
    s.mean = said_of / item_precision - share @ s.bias
    crossed = share @ inverse
    s.bias_var = inverse.diagonal().copy()
    s.mean_var = 1 / item_precision + np.asarray(share.multiply(crossed).sum(axis=1)).ravel()
    s.log_det = float(np.linalg.slogdet(inverse)[1] - np.log(item_precision).sum())
    return np.asarray(-crossed[item, labeler])


def _values_then_biases(s: _State, x: Float64, item: NDArray[np.intp], labeler: NDArray[np.intp]) -> Float64:
    """Update values, then biases, as if they were independent: for crowds too large to do otherwise."""
    precision = s.shape / s.rate
    weight, n_items, n_labelers = precision[labeler], len(s.mean), len(s.bias)
    s.mean_var = 1 / (1 / s.spread + np.bincount(item, weights=weight, minlength=n_items))
    total = np.bincount(item, weights=weight * (x - s.bias[labeler]), minlength=n_items)
    s.mean = s.mean_var * (s.centre / s.spread + total)
    s.bias_var = 1 / (1 / s.bias_spread + np.bincount(labeler, minlength=n_labelers) * precision)
    s.bias = s.bias_var * precision * np.bincount(labeler, weights=x - s.mean[item], minlength=n_labelers)
    s.log_det = float(np.log(s.mean_var).sum() + np.log(s.bias_var).sum())
    return np.zeros(len(x))


def _bound(s: _State, n: int) -> float:
    """Return the bound on the log-probability of the ratings, right after the precisions were updated."""
    items = -0.5 * (np.log(s.spread) + ((s.mean - s.centre) ** 2 + s.mean_var) / s.spread - 1)
    biases = -0.5 * (np.log(s.bias_spread) + (s.bias**2 + s.bias_var) / s.bias_spread - 1)
    a, b = s.crowd_shape, s.crowd_rate
    noise = a * np.log(b) - gammaln(a) + gammaln(s.shape) - s.shape * np.log(s.rate)
    crowd = items.sum() + biases.sum() + noise.sum() - ALIKE * a
    return float(crowd + 0.5 * s.log_det - 0.5 * n * np.log(2 * np.pi))


def _gamma_fit(mean: Float64, mean_log: Float64, shape: float) -> tuple[float, float]:
    """Return shape and rate of the Gamma distribution that precisions of these means and mean logarithms are from."""
    gap = max(float(np.log(mean.mean()) - mean_log.mean()), 1e-3) + ALIKE / len(mean)
    for _ in range(20):  # Newton's method on log a − ψ(a) = gap, in 1 / a, which keeps a above 0
        slope = shape**2 * (1 / shape - float(polygamma(1, shape)))
        shape = 1 / (1 / shape + (gap - float(np.log(shape) - digamma(shape))) / -slope)
        shape = float(np.clip(shape, 0.1, 1e3))
    return shape, shape / float(mean.mean())


def ratings_from_arrays(item: Any, labeler: Any, value: Any) -> Ratings:  # noqa: ANN401  (whatever NumPy reads)
    """Return ratings given as codes and numbers; the names are the codes as text.

    Args:
        item: code from 0, shape (rating,). labeler: likewise. value: the ratings.
    """
    return ratings_from_table(pl.DataFrame({"item": item, "labeler": labeler, "label": value}))
