"""Which pairs to ask about next: those whose answers are expected to say most about the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.fit import ComparisonFit
from tacit.errors import BadValue

Float64 = NDArray[np.float64]

ALL_PAIRS_ITEMS = 1_500
CANDIDATES = 200_000
SHORTLIST = 256


@dataclass(frozen=True)
class NextPair:
    """A pair worth asking about.

    Args:
        first: name of an item. second: name of the other.
        information_nats: how much one more answer is expected to shrink the uncertainty about all scores.
        p_first: how likely the first is to be preferred, as far as is known.
    """

    first: str
    second: str
    information_nats: float
    p_first: float


def ask_next(fit: ComparisonFit, n_pairs: int, *, seed: int = 0) -> list[NextPair]:
    """Return the pairs to ask, the most informative first, each chosen as if those before it had been answered.

    An answer about a pair adds p(1 − p) of information along the difference of the two scores. Where that difference
    has variance R, the entropy of the scores falls by ½ log(1 + p(1 − p) R): large for close pairs that are not known
    well, and for pairs that join loosely joined parts.

    Args:
        fit: of the comparisons so far.
        n_pairs: how many pairs.
        seed: of the candidates, where there are too many items to look at every pair.

    Raises:
        BadValue: fewer than one pair asked for.

    Source: the expected gain in Shannon information of Lindley 1956, doi:10.1214/aoms/1177728069, in the normal
    approximation of Chaloner and Verdinelli 1995, doi:10.1214/ss/1177009939, section 2.2.
    """
    if n_pairs < 1:
        raise BadValue("pairs to ask", got=n_pairs, expected="at least one")
    n = len(fit.items)
    if n <= ALL_PAIRS_ITEMS:
        return _among_all(fit, min(n_pairs, n * (n - 1) // 2))
    return _among_candidates(fit, n_pairs, seed)


def _among_all(fit: ComparisonFit, n_pairs: int) -> list[NextPair]:
    covariance = fit.optimum.score_covariance()
    p = _p_first(fit.score[:, None] - fit.score[None, :])
    weight = p * (1 - p)
    n, chosen = len(fit.items), np.zeros(p.shape, dtype=bool)
    pairs = []
    for _ in range(n_pairs):
        variance = np.diag(covariance)
        spread = np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0)
        gain = np.where(np.tri(n, dtype=bool) | chosen, -1.0, np.log1p(weight * spread) / 2)
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        pairs.append(_pair(fit, int(i), int(j), float(gain[i, j])))
        chosen[i, j] = True
        along = covariance[:, i] - covariance[:, j]
        covariance = covariance - np.outer(along, along) * weight[i, j] / (1 + weight[i, j] * spread[i, j])
    return pairs


def _among_candidates(fit: ComparisonFit, n_pairs: int, seed: int) -> list[NextPair]:
    """Look at neighbours in the ranking and random pairs, by their variances first and then exactly."""
    n, rng = len(fit.items), np.random.default_rng(seed)
    variance = fit.optimum.score_variance(seed=seed).values
    order = np.argsort(fit.score)
    near = np.stack([order[:-1], order[1:]])
    uncertain = np.argsort(-variance)[: int(np.sqrt(CANDIDATES))]
    drawn = np.stack([rng.choice(uncertain, CANDIDATES), rng.integers(0, n, CANDIDATES)])
    pair = np.sort(np.concatenate([near, drawn], axis=1), axis=0)
    pair = np.unique(pair[:, pair[0] != pair[1]], axis=1)
    weight = _p_first(fit.score[pair[0]] - fit.score[pair[1]])
    weight = weight * (1 - weight)
    best = np.argsort(-weight * (variance[pair[0]] + variance[pair[1]]), kind="stable")
    best = best[: max(n_pairs, SHORTLIST)]
    pair, weight = pair[:, best], weight[best]
    ends = np.zeros((n, len(best)))
    ends[pair[0], np.arange(len(best))] = 1
    ends[pair[1], np.arange(len(best))] = -1
    spread = np.einsum("ij,ij->j", ends, fit.optimum.laplacian.solve(ends, tolerance=1e-6))
    gain = np.log1p(weight * spread) / 2
    first = np.argsort(-gain, kind="stable")[:n_pairs]
    return [_pair(fit, int(pair[0, k]), int(pair[1, k]), float(gain[k])) for k in first]


def _pair(fit: ComparisonFit, i: int, j: int, gain: float) -> NextPair:
    p = float(_p_first(np.array(fit.score[i] - fit.score[j])))
    return NextPair(fit.items[i], fit.items[j], gain, p)


def _p_first(difference: Float64) -> Float64:
    return np.asarray(0.5 + 0.5 * np.tanh(difference / 2), dtype=np.float64)
