"""The log-likelihood of counted comparisons and its derivatives, in the form that Newton's method climbs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import log, log1p

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from tacit.crowd.comparisons.curvature.laplacian import Laplacian
from tacit.crowd.comparisons.curvature.newton import Curvature
from tacit.crowd.comparisons.outcomes import SMALLEST_THRESHOLD, Slopes, TieModel, bradley_terry, davidson, rao_kupper
from tacit.crowd.comparisons.paired import Rows

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood of rows as a function of scores and further parameters: side bias, coefficients, ties.

    Args:
        rows: what to sum over.
        ties: Davidson or Rao–Kupper; None for half a win each.
        shrinkage: precision of the prior.
    """

    rows: Rows
    ties: TieModel | None
    shrinkage: float

    @property
    def n_linear(self) -> int:
        """How many further parameters enter the log-odds."""
        design = self.rows.design
        return int(self.rows.side is not None) + (0 if design is None else design.shape[1])

    def first_extra(self) -> Float64:
        """Return where to start: no bias, no effect, and the tie parameter that fits equal items."""
        linear = np.zeros(self.n_linear)
        if self.ties is None:
            return linear
        share = float(self.rows.wins[2].sum() / self.rows.n)
        tie = log(2 * share / (1 - share)) if self.ties is TieModel.DAVIDSON else log1p(share) - log1p(-share)
        return np.append(linear, tie)

    def __call__(self, score: Float64, extra: Float64) -> Curvature:
        """Return the log-likelihood and its derivatives at one point."""
        rows, n = self.rows, self.rows.n_items
        eta = score[rows.first] - score[rows.second]
        if rows.scale is not None:
            eta *= rows.scale
        linear = self.linear
        if linear is not None:
            eta = eta + linear @ extra[: self.n_linear]
        slopes = self._slopes(eta, extra)
        by_eta, weight = slopes.by_eta, slopes.eta_eta
        if rows.scale is not None:
            by_eta, weight = by_eta * rows.scale, weight * rows.scale**2
        floor = 1e-12 * float(weight.max(initial=1e-300))  # a pair all but decided still connects its items
        laplacian = Laplacian(n, rows.first, rows.second, np.maximum(weight, floor), ridge=self.shrinkage)
        by_score = self._to_items(by_eta) - self.shrinkage * score
        value = slopes.value - self.shrinkage / 2 * float(score @ score)
        by_extra, border, corner = self._extra_parts(slopes, linear)
        return Curvature(value, by_score, by_extra, laplacian, border, corner)

    def _slopes(self, eta: Float64, extra: Float64) -> Slopes:
        if self.ties is None:
            return bradley_terry(eta, self.rows.wins)
        tie = extra[-1] if self.rows.offset is None else extra[-1] + self.rows.offset
        if self.ties is TieModel.DAVIDSON:
            return davidson(eta, tie, self.rows.wins)
        if np.min(tie) <= SMALLEST_THRESHOLD:  # outside the model: too far a step, which is halved
            slopes = rao_kupper(eta, tie, self.rows.wins)
            return replace(slopes, value=-np.inf)
        return rao_kupper(eta, tie, self.rows.wins)

    @cached_property
    def linear(self) -> Float64 | None:
        """What multiplies the further parameters in the log-odds, shape (row, parameter)."""
        parts = [] if self.rows.side is None else [self.rows.side[:, None]]
        parts += [] if self.rows.design is None else [self.rows.design]
        return np.concatenate(parts, axis=1) if parts else None

    def _to_items(self, by_difference: Float64) -> Float64:
        n = self.rows.n_items
        there, back = (np.bincount(end, by_difference, n) for end in (self.rows.first, self.rows.second))
        return np.asarray(there - back, dtype=np.float64)

    def _extra_parts(self, slopes: Slopes, linear: Float64 | None) -> tuple[Float64, Float64, Float64]:
        """Return the gradient to the further parameters, the border and the corner."""
        by, cross, corner_rows = [], [], []
        scale = 1.0 if self.rows.scale is None else self.rows.scale
        for column in [] if linear is None else linear.T:
            by.append(column @ slopes.by_eta)
            cross.append(self._to_items(scale * slopes.eta_eta * column))
            corner_rows.append((slopes.eta_eta * column) @ linear if linear is not None else column)
        q = len(by)
        corner = np.array(corner_rows).reshape(q, q)
        if slopes.by_tie is not None and slopes.eta_tie is not None and slopes.tie_tie is not None:
            by.append(slopes.by_tie.sum())
            cross.append(self._to_items(scale * slopes.eta_tie))
            mixed = np.zeros(0) if linear is None else linear.T @ slopes.eta_tie
            corner = np.block([[corner, mixed[:, None]], [mixed[None, :], slopes.tie_tie.sum().reshape(1, 1)]])
        border = np.column_stack(cross) if cross else np.zeros((self.rows.n_items, 0))
        return np.array(by, dtype=np.float64), border, corner


def first_guess(rows: Rows) -> Float64:
    """Return the log-odds of each item's share of wins, as if it had met average items only."""
    sign = 1.0 if rows.scale is None else np.sign(rows.scale)
    lead = (rows.wins[0] - rows.wins[1]) * sign / 2
    half = rows.wins.sum(axis=0) / 2
    n = rows.n_items
    met = np.bincount(rows.first, half, n) + np.bincount(rows.second, half, n)
    ahead = np.bincount(rows.first, lead, n) - np.bincount(rows.second, lead, n)
    return np.asarray(logit((met + ahead + 0.5) / (2 * met + 1)))
