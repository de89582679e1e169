"""How reliable each rater is, from whether the answers follow a consensus that did not see them.

A rater answers “the first is better” with probability

    p = lapse / 2 + (1 − lapse) · σ(precision · difference),

where the difference is the consensus score of the first item less that of the second. A precision above 0 is a rater
who agrees with the consensus, below 0 one who answers the wrong way round, 0 one who flips a coin. Everything that
fits judgments shares this model: whatever can predict a difference can ask here how far to believe each answer.

What nobody can know: if most raters answer the wrong way round, they are the consensus. The sign is fixed by assuming
that the crowd is right on average; its mean log-precision is fixed at 0, since differences have no unit of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite
from tacit.measure import Estimate

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]

N_BINS = 513
FINEST = 0.02  # differences below this many standard deviations are told apart evenly, above it by their ratio
WIDEST = 30.0
LOG_PRECISION = np.linspace(-4.0, 4.0, 161)  # of differences with root mean square 1
CROWD_MEANS = np.linspace(-3.0, 3.0, 25)
CROWD_SPREADS = np.array([0.1, 0.2, 0.35, 0.6, 1.0])
ODD_SHARES = np.array([0.02, 0.1, 0.25, 0.45])
SPREAD_PRIOR = 0.5  # standard deviation of a half-normal prior on the spread of log-precision
ODD_PRIOR = 9.0  # a share s of odd raters has prior weight (1 − s) to this power, less 1
RATERS_AT_ONCE = 1_024
MOST_TRUST = 5.0


@dataclass(frozen=True)
class RaterFit:
    """How far each rater can be trusted.

    Args:
        p_agree: probability that the rater agrees with the consensus on a judgment drawn from all that were made,
            posterior mean, shape (rater,).
        low: lower end of its 95 % interval. high: upper end.
        precision: posterior mean of the signed precision, relative to the crowd (whose mean log-precision is 0).
        n: judgments that it rests on, shape (rater,).
        scale: crowd precision per unit of difference; a difference times this is in the crowd's own log-odds.
        spread: standard deviation of log-precision among raters, posterior mean.
        lapse: probability that an answer is a coin flip.
    """

    p_agree: Float64
    low: Float64
    high: Float64
    precision: Float64
    n: Index
    scale: float
    spread: float
    lapse: float

    def estimates(self) -> list[Estimate]:
        """Return `p_agree` of each rater with its interval."""
        rows = zip(self.p_agree.tolist(), self.low.tolist(), self.high.tolist(), self.n.tolist(), strict=True)
        return [Estimate(p, low, high, n, method="posterior over precision") for p, low, high, n in rows]


def trust(
    precision: Float64, target: NDArray[np.floating], rater: Index
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the weight of each judgment in a likelihood, and its answer turned round where the rater is inverted.

    The weight is the size of the rater's precision: 1 for an ordinary rater, near 0 for a coin-flipper, because the
    slope of the log-likelihood at equal scores is proportional to it.

    Args:
        precision: of each rater, relative to the crowd, as in `RaterFit`, shape (rater,).
        target: probability that the first is better, as answered, shape (judgment,).
        rater: who answered, shape (judgment,).
    """
    each = precision[rater]
    turned = np.where(each < 0, 1 - target, target)
    return np.minimum(np.abs(each), MOST_TRUST).astype(np.float32), turned.astype(np.float32)


def fit_raters(
    difference: ArrayLike,
    target: ArrayLike,
    rater: ArrayLike,
    n_raters: int,
    *,
    lapse: float = 0.1,
    weight: ArrayLike | None = None,
) -> RaterFit:
    """Infer the signed precision of each rater, shrunk to the crowd.

    The prior of a rater's log-precision is normal about the crowd's mean with a spread that is itself inferred; with a
    small share, inferred too, a rater is odd: a coin-flipper, or as precise as the others but inverted. All three
    are averaged over a grid, not merely maximised, so that two or three raters do not look surer than they are.

    Args:
        difference: consensus score of the first item less that of the second, shape (judgment,), **predicted without
            the judgment itself**: a model that has seen an answer agrees with it, and would certify any rater. NaN
            where no such prediction exists; the judgment is then left out.
        target: probability that the first is better, as answered: 1, 0, ½ for a draw; shape (judgment,).
        rater: who answered, 0 to `n_raters` − 1, shape (judgment,).
        n_raters: how many raters there are; one without judgments gets the crowd's prior.
        lapse: probability that an answer is a coin flip, in [0, 1).
        weight: how much each judgment counts, shape (judgment,).

    Raises:
        BadValue: lengths that differ, a rater or target outside its range, no raters.
        NotFinite: an infinite difference or a target that is not finite.

    Source: the precision of a rater as in Welinder et al. 2010, NIPS 23, and GLAD, Whitehill et al. 2009, NIPS 22;
    the lapse of Christiano et al. 2017, section 2.2.3, arXiv:1706.03741.
    """
    d, t, w, code = _checked(difference, target, weight, rater, n_raters, lapse)
    rms = float(np.sqrt(np.mean(d**2))) if len(d) else 0.0
    unit = rms if rms > 0 else 1.0
    centres, signed = _bin_centres(), _signed_precisions()
    table = np.log(_p_first(centres[:, None] * signed[None, :], lapse))  # (bin, precision)
    log_likelihood = np.zeros((n_raters, len(signed)))
    reference = np.zeros(N_BINS)
    for raters, histogram in _histograms(d / unit, t, w, code, n_raters):
        log_likelihood[raters] = histogram @ table
        reference += histogram.sum(axis=0)
    reference[np.searchsorted(centres, 1.0)] += 0.0 if reference.any() else 1.0
    agree = reference @ _p_first(np.abs(centres)[:, None] * signed[None, :], lapse) / reference.sum()
    posterior, crowd_mean, spread = _posterior(log_likelihood)
    low, high = (_quantile(posterior, agree, q) for q in (0.025, 0.975))
    scale = float(np.exp(crowd_mean)) / unit
    return RaterFit(
        p_agree=posterior @ agree,
        low=low,
        high=high,
        precision=posterior @ signed * np.exp(-crowd_mean),
        n=np.bincount(code, minlength=n_raters),
        scale=scale,
        spread=spread,
        lapse=lapse,
    )


def _checked(
    difference: ArrayLike, target: ArrayLike, weight: ArrayLike | None, rater: ArrayLike, n_raters: int, lapse: float
) -> tuple[Float64, Float64, Float64, Index]:
    d, t = np.asarray(difference, dtype=np.float64), np.asarray(target, dtype=np.float64)
    code = np.asarray(rater, dtype=np.intp)
    w = np.ones(len(d)) if weight is None else np.asarray(weight, dtype=np.float64)
    if n_raters < 1:
        raise BadValue("raters", got=n_raters, expected="at least one")
    if not 0 <= lapse < 1:
        raise BadValue("lapse", got=lapse, expected="a probability from 0 to below 1")
    if not len(d) == len(t) == len(code) == len(w):
        got = f"{len(d)} differences, {len(t)} targets, {len(code)} raters, {len(w)} weights"
        raise BadValue("raters", got=got, expected="as many of each")
    if len(d) and (code.min() < 0 or code.max() >= n_raters):
        raise BadValue("raters", got=f"rater {code.max()}", expected=f"0 to {n_raters - 1}")
    if np.isinf(d).any() or not (np.isfinite(t).all() and np.isfinite(w).all()):
        raise NotFinite("raters", got="NaN or infinity", expected="finite targets and weights, and no infinite score")
    if ((t < 0) | (t > 1)).any():
        raise BadValue("raters, target", got=float(t[(t < 0) | (t > 1)][0]), expected="a probability from 0 to 1")
    known = ~np.isnan(d)
    return d[known], t[known], w[known], code[known]


def _p_first(logit: Float64, lapse: float) -> Float64:
    p: Float64 = 0.5 + (0.5 - lapse / 2) * np.tanh(logit / 2)
    return np.clip(p, 1e-12, 1.0)


def _signed_precisions() -> Float64:
    size = np.exp(LOG_PRECISION)
    return np.concatenate([-size[::-1], [0.0], size])


def _bin_centres() -> Float64:
    half = np.arcsinh(WIDEST / FINEST)
    return np.asarray(FINEST * np.sinh(np.linspace(-half, half, N_BINS)))


def _histograms(d: Float64, t: Float64, w: Float64, code: Index, n_raters: int) -> Iterator[tuple[slice, Float64]]:
    """Yield for some raters at a time how much evidence lies at each difference, shape (rater, bin).

    An answer of probability t at difference d is worth t at d and 1 − t at −d, since the model is symmetric; each is
    shared by the two nearest bins. So the likelihood of a million judgments on a grid of precisions is one small
    product of matrices.
    """
    half = np.arcsinh(WIDEST / FINEST)
    order = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[order], np.arange(0, n_raters + RATERS_AT_ONCE, RATERS_AT_ONCE))
    for chunk, start in enumerate(range(0, n_raters, RATERS_AT_ONCE)):
        rows = order[edges[chunk] : edges[chunk + 1]]
        n_here = min(RATERS_AT_ONCE, n_raters - start)
        place = (np.arcsinh(np.clip(d[rows], -WIDEST, WIDEST) / FINEST) / half + 1) * (N_BINS - 1) / 2
        left = np.minimum(place.astype(np.intp), N_BINS - 2)
        part = place - left
        first, second = w[rows] * t[rows], w[rows] * (1 - t[rows])
        histogram = np.zeros(n_here * N_BINS)
        cell = (code[rows] - start) * N_BINS
        for bins, share in ((left, 1 - part), (left + 1, part)):
            histogram += np.bincount(cell + bins, weights=first * share, minlength=len(histogram))
            histogram += np.bincount(cell + N_BINS - 1 - bins, weights=second * share, minlength=len(histogram))
        yield slice(start, start + n_here), histogram.reshape(n_here, N_BINS)


@lru_cache(maxsize=1)
def _crowds() -> tuple[Float64, Float64, Float64, Float64]:
    """Return the prior of a signed precision under each crowd (crowd, precision), and each crowd's own log prior,
    mean and spread.
    """
    mean, spread, odd = (g.ravel() for g in np.meshgrid(CROWD_MEANS, CROWD_SPREADS, ODD_SHARES, indexing="ij"))
    size = np.exp(-0.5 * ((LOG_PRECISION[None, :] - mean[:, None]) / spread[:, None]) ** 2)
    size /= size.sum(axis=1, keepdims=True)
    half_odd = odd[:, None] / 2
    prior = np.concatenate([half_odd * size[:, ::-1], half_odd, (1 - odd)[:, None] * size], axis=1)
    log_prior = -0.5 * (spread / SPREAD_PRIOR) ** 2 + (ODD_PRIOR - 1) * np.log1p(-odd)
    return prior, log_prior, mean, spread


def _posterior(log_likelihood: Float64) -> tuple[Float64, float, float]:
    """Return each rater's posterior over the signed precisions, and the crowd's mean and spread of log-precision."""
    prior, log_crowd, mean, spread = _crowds()
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    log_evidence = log_crowd.copy()
    for start in range(0, len(likelihood), RATERS_AT_ONCE):
        log_evidence += np.log(likelihood[start : start + RATERS_AT_ONCE] @ prior.T).sum(axis=0)
    p_crowd = np.exp(log_evidence - log_evidence.max())
    p_crowd /= p_crowd.sum()
    likely = np.flatnonzero(p_crowd > 1e-6 * p_crowd.max())
    p_crowd, prior = p_crowd[likely] / p_crowd[likely].sum(), prior[likely]
    posterior = np.empty_like(likelihood)
    for start in range(0, len(likelihood), RATERS_AT_ONCE):
        part = slice(start, start + RATERS_AT_ONCE)
        posterior[part] = likelihood[part] * ((p_crowd / (likelihood[part] @ prior.T)) @ prior)
    posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior, float(p_crowd @ mean[likely]), float(p_crowd @ spread[likely])


def _quantile(posterior: Float64, values: Float64, q: float) -> Float64:
    """Return the quantile of `values`, which rise along the second axis of `posterior`, for each rater."""
    middle = np.cumsum(posterior, axis=1) - posterior / 2
    right = np.clip((middle < q).sum(axis=1), 1, posterior.shape[1] - 1)
    rows = np.arange(len(posterior))
    below, above = middle[rows, right - 1], middle[rows, right]
    part = np.clip((q - below) / np.maximum(above - below, 1e-300), 0.0, 1.0)
    quantile: Float64 = values[right - 1] + part * (values[right] - values[right - 1])
    return quantile
