"""How long requests wait for a server that takes all that is there as one batch: a simulation, and its fit to a row.

Batch Dispatch is eager: as soon as one batch is done, whatever has come in meanwhile is the next one, up to a most.
Nothing ever waits for a batch to become fuller.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tacit.errors import BadValue, NotIdentified

Values = NDArray[np.float64]

MOST_IN_BATCH = 10
"""The largest batch of the published system."""
INTERVAL_S = 1 / 3
"""Mean time between two pieces of audio of one stream. It was not published: see `fit_service_time`."""
N_REQUESTS = 20_000
CLOSE_ENOUGH = 0.02
FIRST_GUESSES = ((0.6, 0.1), (0.3, 0.2), (0.8, 0.01))
"""Of the two parts of the service time, in medians of the latency."""


@dataclass(frozen=True)
class ServiceTime:
    """Time that a batch takes: ``fixed_s + per_request_s · requests``.

    Args:
        fixed_s: seconds a batch, whatever is in it.
        per_request_s: seconds more for each request in it.
    """

    fixed_s: float
    per_request_s: float

    def of(self, n: int) -> float:
        """Return the seconds that a batch of `n` requests takes."""
        return self.fixed_s + self.per_request_s * n


@dataclass(frozen=True)
class Queueing:
    """What became of simulated requests.

    Args:
        latency_s: from the arrival of each request to its answer, shape (request,).
        batch: how many requests were in each batch, shape (batch,).
        busy: share of the time that the server worked.
    """

    latency_s: Values
    batch: NDArray[np.int64]
    busy: float

    def quantile_s(self, q: float) -> float:
        """Return the latency that a share `q` of the requests does not exceed."""
        return float(np.quantile(self.latency_s, q))

    @property
    def share_batched(self) -> float:
        """Share of the requests that were answered in a batch of two or more."""
        return float(self.batch[self.batch > 1].sum() / self.batch.sum())


def simulate_queue(
    n_streams: int,
    service: ServiceTime,
    *,
    interval_s: float = INTERVAL_S,
    most_in_batch: int = MOST_IN_BATCH,
    n_requests: int = N_REQUESTS,
    seed: int = 0,
) -> Queueing:
    """Return how long requests of many streams waited, and in what batches they were answered.

    Requests come at random (Poisson), on average one of each stream every `interval_s`. At the start nobody waits.

    Args:
        n_streams: how many speak at once.
        service: time that a batch takes.
        interval_s: mean seconds between two requests of one stream.
        most_in_batch: the largest batch; 1 is no batching.
        n_requests: how many are simulated.
        seed: of the arrivals; the same seed draws the same pattern at every load.

    Raises:
        BadValue: a number that is not above 0.

    Source: Amodei et al. 2016, section 7 (Batch Dispatch), arXiv:1512.02595.

    Example:
        >>> alone = simulate_queue(1, ServiceTime(0.03, 0.002), interval_s=1e6)
        >>> round(alone.quantile_s(0.5), 3), alone.batch.max().item()
        (0.032, 1)
    """
    for name, value in (
        ("n_streams", n_streams),
        ("interval_s", interval_s),
        ("most_in_batch", most_in_batch),
        ("n_requests", n_requests),
        ("service", service.of(1)),
    ):
        if not value > 0:
            raise BadValue(f"simulate_queue, {name}", got=value, expected="a number above 0")
    arrivals = _arrivals(n_streams, interval_s, n_requests, seed)
    return serve(arrivals, service, most_in_batch=most_in_batch)


def serve(arrival_s: Values, service: ServiceTime, *, most_in_batch: int = MOST_IN_BATCH) -> Queueing:
    """Return what becomes of requests that arrive at these times, rising, shape (request,)."""
    arrivals: list[float] = arrival_s.tolist()
    n, first, free_s = len(arrivals), 0, 0.0
    begins, ends = [], []  # of each batch: its first request, and when it is done
    while first < n:
        starts_s = max(free_s, arrivals[first])
        after = min(bisect_right(arrivals, starts_s, first), first + most_in_batch)
        free_s = starts_s + service.of(after - first)
        begins.append(first)
        ends.append(free_s)
        first = after
    edges: NDArray[np.int64] = np.array([*begins, n], dtype=np.int64)
    batch = edges[1:] - edges[:-1]
    latency = np.repeat(np.array(ends), batch) - arrival_s
    work_s = float(sum(service.of(size) for size in batch.tolist()))
    return Queueing(latency, batch, work_s / max(ends[-1] - arrivals[0], 1e-12))


def fit_service_time(
    median_s: float,
    p98_s: float,
    *,
    n_streams: int = 10,
    interval_s: float = INTERVAL_S,
    most_in_batch: int = MOST_IN_BATCH,
    n_requests: int = N_REQUESTS,
    seed: int = 0,
) -> ServiceTime:
    """Return the time of a batch under which a load has this median and this 98th percentile of latency.

    Two numbers fix two numbers, given how often a stream sends, which has to be known beside: the same row fits as
    well at other intervals, with another time for each. How far a prediction for other loads depends on it has to be
    looked at, by fitting at several.

    Args:
        median_s: latency that half of the requests do not exceed, seconds.
        p98_s: latency that 98 in a hundred do not exceed, seconds.
        n_streams: the load at which they were measured.
        interval_s: mean seconds between two requests of one stream.
        most_in_batch: the largest batch.
        n_requests: how many are simulated.
        seed: of the simulated arrivals.

    Raises:
        BadValue: percentiles that are not rising from 0.
        NotIdentified: no service time gives both of them at this load and interval, to 2 per cent.

    Source: the service time that grows linearly with the batch is our own reading of Amodei et al. 2016, section 7.
    """
    if not 0 < median_s < p98_s:
        got = f"a median of {median_s:g} s and a 98th percentile of {p98_s:g} s"
        raise BadValue("fit_service_time", got=got, expected="two rising times above 0")

    def misfit(logarithms: Values) -> float:
        time = ServiceTime(*np.exp(logarithms).tolist())
        queue = serve(arrivals, time, most_in_batch=most_in_batch)
        return float(np.log(queue.quantile_s(0.5) / median_s) ** 2 + np.log(queue.quantile_s(0.98) / p98_s) ** 2)

    arrivals = _arrivals(n_streams, interval_s, n_requests, seed)
    for shares in FIRST_GUESSES:
        start = np.log(median_s * np.array(shares))
        found = minimize(misfit, start, method="Nelder-Mead", options={"maxiter": 90, "fatol": 1e-8})
        if found.fun <= CLOSE_ENOUGH**2:
            break
    else:
        got = f"a median of {1e3 * median_s:.0f} ms and a 98th percentile of {1e3 * p98_s:.0f} ms"
        expected = f"latencies that {n_streams} streams can have, each sending every {interval_s:.3g} s"
        raise NotIdentified("fit_service_time", got=got, expected=expected, do="Try another interval")
    return ServiceTime(*np.exp(found.x).tolist())


def _arrivals(n_streams: int, interval_s: float, n_requests: int, seed: int) -> Values:
    return np.cumsum(np.random.default_rng(seed).exponential(interval_s / n_streams, n_requests))
