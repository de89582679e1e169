"""A labeler that knows the truth and answers as people do: with mistakes, draws, skips and short memories."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import inf

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.errors import BadQuestion, BadValue, NotFinite
from tacit.judging.item import content_hash
from tacit.judging.judgments import Outcome, judgments_schema, judgments_table
from tacit.judging.question import QuestionKind

Utility = Callable[[Sequence[str]], NDArray[np.floating]]
"""Item ids → utility of each step of each item, shape (item, step); an item without steps has one."""

ANSWERED_KINDS = (QuestionKind.COMPARISON, QuestionKind.RANKING, QuestionKind.PROBABILITY)


@dataclass(frozen=True)
class Irrationality:
    """How a simulated labeler departs from always preferring the larger sum of utility.

    Args:
        mistake: probability that an answer is reversed, in [0, 1]; ½ is a coin flip, 1 always inverted.
        skip_below: a question whose best item has less than this utility is skipped; −inf never skips.
        equal_within: two items whose utilities differ by no more than this are called a draw; with 0, those that the
            labeler values exactly alike.
        discount: weight of a step relative to the next one, in (0, 1]; below 1 the labeler is myopic and the last
            steps count most. Skips and draws go by the plain sum, as in the source.
        precision: inverse temperature of the choice, in 1 / unit of utility; inf always prefers the larger sum,
            0 answers at random.

    Raises:
        BadValue: a setting outside its range.

    Source: Lee, Smith, Dragan, Abbeel 2021 (B-Pref), section 3.1 and algorithm 1, arXiv:2111.03026.
    """

    mistake: float = 0.0
    skip_below: float = -inf
    equal_within: float = 0.0
    discount: float = 1.0
    precision: float = inf

    def __post_init__(self) -> None:
        ranges = {
            "mistake": (0 <= self.mistake <= 1, "a probability from 0 to 1"),
            "equal_within": (self.equal_within >= 0, "a difference of utility, 0 or more"),
            "discount": (0 < self.discount <= 1, "a factor above 0 and up to 1"),
            "precision": (self.precision >= 0, "an inverse temperature, 0 or more"),
            "skip_below": (not np.isnan(self.skip_below), "a utility"),
        }
        for name, (holds, expected) in ranges.items():
            if not holds:
                raise BadValue(f"Irrationality.{name}", got=getattr(self, name), expected=expected)


class SimulatedLabeler:
    """Answers comparisons, rankings and probabilities from a known utility.

    The answer to a question depends on the question and the seed alone, so that asking again, in another batch or
    after a restart, gives the same judgment under the same `judgment_id`.

    Args:
        utility: item ids → utility per step, shape (item, step).
        irrationality: how it errs; the default never does.
        seed: of its mistakes, its draws by chance and the side on which it sees an item.
        labeler_id: the name under which it answers.
        clock: seconds since 1970-01-01 UTC, for `answered_at_s`.
    """

    def __init__(
        self,
        utility: Utility,
        *,
        irrationality: Irrationality | None = None,
        seed: int = 0,
        labeler_id: str = "simulated",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._utility, self._seed, self._labeler_id, self._clock = utility, seed, labeler_id, clock
        self._irrationality = irrationality or Irrationality()
        self._answered: list[pl.DataFrame] = []
        self._asked: set[str] = set()

    @property
    def labeler_id(self) -> str:
        """The name under which it answers."""
        return self._labeler_id

    def ask(self, questions: pl.DataFrame) -> None:
        """Answer `questions` at once.

        Raises:
            BadQuestion: a question that is not a comparison, a ranking or a probability of two items.
            NotFinite: the utility of an item is NaN or infinite.
        """
        new = questions.filter(~pl.col("question_id").is_in(list(self._asked))).unique(
            "question_id", maintain_order=True
        )
        answered = []
        for (kind, _), group in new.group_by(["kind", pl.col("item_ids").list.len()], maintain_order=True):
            if kind not in ANSWERED_KINDS or len(group["item_ids"][0]) < 2:
                raise BadQuestion(
                    f"labeler {self._labeler_id!r}",
                    got=f"a question of kind {kind} about {len(group['item_ids'][0])} item(s)",
                    expected="a comparison, a ranking or a probability between items",
                )
            answered.append(self._answer(QuestionKind(str(kind)), group))
        self._answered += answered
        self._asked.update(new.get_column("question_id"))

    def collect(self) -> pl.DataFrame:
        """Return the judgments made since the last call."""
        answered, self._answered = self._answered, []
        return pl.concat(answered) if answered else pl.DataFrame(schema=judgments_schema())

    def _answer(self, kind: QuestionKind, questions: pl.DataFrame) -> pl.DataFrame:
        question_ids = questions.get_column("question_id").to_list()
        n_items = len(questions["item_ids"][0])
        plain, valued = self._totals(questions.get_column("item_ids").explode(), n_items)
        draws = _uniforms(question_ids, self._seed, n_items + 3)
        columns: dict[str, object] = {
            "judgment_id": [content_hash(f"{self._labeler_id}\n{self._seed}\n{q}".encode()) for q in question_ids],
            "question_id": question_ids,
            "labeler_id": [self._labeler_id] * len(question_ids),
            "answered_at_s": [self._clock()] * len(question_ids),
        }
        if n_items == 2:
            columns["shown_left"] = (draws[:, 0] < 0.5).astype(np.int8)
        skipped = plain.max(axis=1) < self._irrationality.skip_below
        if kind is QuestionKind.RANKING:
            columns |= self._rank(valued, draws, skipped)
        else:
            columns |= self._compare(kind, plain[:, 0] - plain[:, 1], valued[:, 0] - valued[:, 1], draws, skipped)
        return judgments_table(columns)

    def _totals(self, item_ids: pl.Series, n_items: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sum of utility per question and item, plain and discounted, each of shape (question, item)."""
        unique = item_ids.unique(maintain_order=True).to_list()
        steps = np.asarray(self._utility(unique), dtype=np.float64, order="C")
        if steps.ndim != 2 or len(steps) != len(unique):
            raise BadValue("utility", got=f"shape {steps.shape}", expected=f"({len(unique)}, steps)")
        if not np.isfinite(steps).all():
            bad = unique[int(np.flatnonzero(~np.isfinite(steps).all(axis=1))[0])]
            raise NotFinite(f"utility of item {bad[:12]}", got="NaN or infinity", expected="finite numbers")
        weights = self._irrationality.discount ** np.arange(steps.shape[1])[::-1]
        place = {item_id: row for row, item_id in enumerate(unique)}
        rows = np.array([place[item_id] for item_id in item_ids]).reshape(-1, n_items)
        # Summed row by row: a matrix product rounds a row differently according to where it stands in the batch,
        # which would make or break exact draws.
        return steps.sum(axis=1)[rows], (steps * weights).sum(axis=1)[rows]

    def _compare(
        self,
        kind: QuestionKind,
        plain: NDArray[np.float64],
        difference: NDArray[np.float64],
        draws: NDArray[np.float64],
        skipped: NDArray[np.bool_],
    ) -> dict[str, object]:
        """Compare the first item with the second, by their differences of utility, plain and discounted.

        The choice is logistic, then a mistake turns it round, then a draw takes its place.
        """
        rule = self._irrationality
        p_first = _logistic(difference, rule.precision)
        mistaken = draws[:, 2] < rule.mistake
        if kind is QuestionKind.PROBABILITY:
            outcome = np.where(skipped, Outcome.SKIPPED, Outcome.ANSWERED)
            stated = np.where(mistaken, 1 - p_first, p_first)
            return {"outcome": outcome.tolist(), "probability": _null_where(skipped, stated.tolist())}
        prefers_second = (draws[:, 1] >= p_first) ^ mistaken
        draw = np.abs(plain) <= rule.equal_within if rule.equal_within > 0 else difference == 0
        outcome = np.select([skipped, draw], [Outcome.SKIPPED, Outcome.TIE], Outcome.ANSWERED)
        answer = _null_where(skipped | draw, prefers_second.astype(int).tolist())
        return {"outcome": outcome.tolist(), "comparison": answer}

    def _rank(
        self, valued: NDArray[np.float64], draws: NDArray[np.float64], skipped: NDArray[np.bool_]
    ) -> dict[str, object]:
        """Rank by utility plus Gumbel noise, a draw from the Plackett–Luce model; equals share a rank."""
        rule = self._irrationality
        noise = -np.log(-np.log(draws[:, 3:].clip(1e-300, 1 - 1e-16)))
        scale, noisy = (1.0, valued) if rule.precision == inf else (rule.precision, rule.precision * valued + noise)
        mistaken = draws[:, 2] < rule.mistake
        noisy = np.where(mistaken[:, None], -noisy, noisy)
        ranks = (noisy[:, None, :] > noisy[:, :, None] + scale * rule.equal_within).sum(axis=2)
        outcome = np.where(skipped, Outcome.SKIPPED, Outcome.ANSWERED)
        return {"outcome": outcome.tolist(), "ranking": _null_where(skipped, ranks.astype(np.int16).tolist())}


def _logistic(difference: NDArray[np.float64], precision: float) -> NDArray[np.float64]:
    if np.isinf(precision):
        return np.where(difference > 0, 1.0, np.where(difference < 0, 0.0, 0.5))
    return 0.5 * (1 + np.tanh(0.5 * precision * difference))


def _null_where(mask: NDArray[np.bool_], values: list[object]) -> list[object]:
    return [None if hidden else value for hidden, value in zip(mask, values, strict=True)]


def _uniforms(question_ids: Sequence[str], seed: int, n: int) -> NDArray[np.float64]:
    """Return uniform numbers in [0, 1) of shape (question, n) that depend on each id and the seed alone."""
    key = str(seed).encode()[:64]
    digests = b"".join(
        blake2b(f"{block}:{question_id}".encode(), digest_size=64, key=key).digest()
        for question_id in question_ids
        for block in range((n + 7) // 8)
    )
    words = np.frombuffer(digests, dtype="<u8").reshape(len(question_ids), -1)[:, :n]
    return np.asarray((words >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
