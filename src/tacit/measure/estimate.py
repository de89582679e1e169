"""A number with its interval and its sample size, and the ways to make one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from tacit.errors import BadValue, NotFinite

N_RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A number with an interval.

    Args:
        mean: the point estimate, in the unit of what was measured.
        low: lower end of the interval.
        high: upper end of the interval.
        n: how many independent values it rests on.
        level: the share of such intervals that cover the truth, 0.95 unless said.
        method: how the interval was made.
    """

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95
    method: str = "bootstrap"

    def as_dict(self) -> dict[str, float | int | str]:
        """Return the fields for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Return ``mean [low, high]`` with four significant digits."""
        return f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"


def mean_estimate(values: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return the mean of independent values with Student's t interval.

    Args:
        values: shape (value,); at least one.
        level: coverage of the interval.

    Raises:
        BadValue: no values, or more than one axis. NotFinite: a value is NaN or infinite.

    Source: Student 1908, doi:10.1093/biomet/6.1.1.
    """
    x = _finite_list(values, where="mean_estimate")
    _check_level(level)
    if len(x) == 1:
        return Estimate(float(x[0]), -inf, inf, 1, level, "one value")
    half = _t_quantile(0.5 + level / 2, len(x) - 1) * float(x.std(ddof=1)) / sqrt(len(x))
    return Estimate(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x), level, "Student's t")


def bootstrap(
    statistic: Callable[[NDArray[np.float64]], float],
    values: ArrayLike,
    *,
    seed: int,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> Estimate:
    """Return `statistic` of `values` with a percentile-bootstrap interval; a single row or cluster has no finite one.

    Args:
        statistic: rows of `values` → a number.
        values: shape (row, …).
        seed: of the resampling.
        clusters: a label a row; rows of one label are drawn together, as answers of one labeler must be.
        level: coverage of the interval.
        n_resamples: how many bootstrap samples.

    Raises:
        BadValue: no rows, no resamples, a level outside (0, 1), or `clusters` of another length. NotFinite: a value is
            NaN or infinite.

    Source: Efron 1979, doi:10.1214/aos/1176344552; clusters after Davison and Hinkley 1997, section 3.8.
    """
    x = finite_values(values, where="bootstrap")
    _check_level(level)
    if n_resamples < 1:
        raise BadValue("bootstrap", got=f"{n_resamples} resamples", expected="at least one")
    rng = np.random.default_rng(seed)
    groups = None if clusters is None else _groups(clusters, len(x))
    n = len(x) if groups is None else len(groups)
    method = "percentile bootstrap" + ("" if groups is None else ", clustered")
    if n == 1:
        return Estimate(float(statistic(x)), -inf, inf, 1, level, method)
    resampled = np.empty(n_resamples)
    for b in range(n_resamples):
        drawn = rng.integers(n, size=n)
        resampled[b] = statistic(x[drawn if groups is None else np.concatenate([groups[g] for g in drawn])])
    low, high = np.quantile(resampled, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(float(statistic(x)), float(low), float(high), n, level, method)


def proportion(successes: float, n: int, *, level: float = 0.95) -> Estimate:
    """Return a proportion with Wilson's score interval.

    Args:
        successes: how many of the `n`; half counts are allowed, since a draw counts half.
        n: how many trials; with none, the interval is [0, 1] and the mean ½.
        level: coverage of the interval.

    Raises:
        BadValue: more successes than trials, or a negative count.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    if not 0 <= successes <= n:
        raise BadValue("proportion", got=f"{successes} of {n}", expected="0 ≤ successes ≤ n")
    _check_level(level)
    if n == 0:
        return Estimate(0.5, 0.0, 1.0, 0, level, "Wilson")
    z = _normal_quantile(0.5 + level / 2)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(p, min(p, low), max(p, high), n, level, "Wilson")  # at 0 and 1 a bound is p but for rounding


def paired_ratio(numerator: ArrayLike, denominator: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return the ratio of two paired means with Fieller's interval.

    Args:
        numerator: shape (pair,).
        denominator: shape (pair,), paired with `numerator` (by seed, say).
        level: coverage of the interval.

    Raises:
        BadValue: different lengths, fewer than two pairs, or a denominator whose mean is 0. NotFinite: a value is NaN
            or infinite.

    Source: Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x.
    """
    a, b = _finite_list(numerator, where="paired_ratio"), _finite_list(denominator, where="paired_ratio")
    _check_level(level)
    if len(a) != len(b) or len(a) < 2:
        got = f"{len(a)} and {len(b)} values"
        raise BadValue("paired_ratio", got=got, expected="two equally long lists of two or more")
    if b.mean() == 0:
        raise BadValue("paired_ratio", got="a denominator whose mean is 0", expected="another mean")
    n = len(a)
    t2 = _t_quantile(0.5 + level / 2, n - 1) ** 2 / n
    ratio = float(a.mean() / b.mean())
    covariance = np.cov(a, b)
    g = t2 * covariance[1, 1] / b.mean() ** 2
    if g >= 1:  # the denominator is not distinguishable from zero: no finite interval exists
        return Estimate(ratio, -inf, inf, n, level, "Fieller")
    centre = (ratio - t2 * covariance[0, 1] / b.mean() ** 2) / (1 - g)
    spread = covariance[0, 0] - 2 * ratio * covariance[0, 1] + ratio**2 * covariance[1, 1]
    spread -= g * (covariance[0, 0] - covariance[0, 1] ** 2 / covariance[1, 1]) if covariance[1, 1] > 0 else 0.0
    half = sqrt(max(0.0, t2 * spread)) / abs(float(b.mean())) / (1 - g)
    return Estimate(ratio, float(centre - half), float(centre + half), n, level, "Fieller")


def finite_values(values: ArrayLike, *, where: str) -> NDArray[np.float64]:
    """Return `values` as a float64 array, refusing none at all and any that is not finite."""
    try:
        x = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(where, got=str(error), expected="numbers") from None
    if x.ndim == 0 or len(x) == 0:
        raise BadValue(where, got="no values", expected="at least one")
    if not np.isfinite(x).all():
        row = int(np.argwhere(~np.isfinite(x))[0][0])
        raise NotFinite(f"{where}, value {row + 1}", got=x[row].tolist(), expected="a finite number")
    return x


def _finite_list(values: ArrayLike, *, where: str) -> NDArray[np.float64]:
    x = finite_values(values, where=where)
    if x.ndim != 1:
        raise BadValue(where, got=f"shape {x.shape}", expected="one axis")
    return x


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise BadValue("level of an interval", got=level, expected="a share between 0 and 1, such as 0.95")


def _groups(clusters: ArrayLike, n: int) -> Sequence[NDArray[np.intp]]:
    labels = np.asarray(clusters)
    if len(labels) != n:
        raise BadValue("bootstrap", got=f"{len(labels)} cluster labels for {n} rows", expected="one a row")
    codes = np.unique(labels, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _t_quantile(p: float, degrees: int) -> float:
    return float(stdtrit(degrees, p))


def _normal_quantile(p: float) -> float:
    return float(ndtri(p))
