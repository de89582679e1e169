"""The loop: a recogniser transcribes, people correct what it is least sure of, and it learns from that.

Every answer lies in the store. A loop that is stopped, however that came about, goes on from what is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.transcripts import combine_transcripts, transcribed_from_judgments
from tacit.errors import BadValue
from tacit.judging import Labeler, Outcome, Question, QuestionKind, in_force, questions_table
from tacit.store import Store
from tacit_speech.acoustic import AcousticModel
from tacit_speech.labeler.heard import Heard
from tacit_speech.labeler.recognizer import Recognizer
from tacit_speech.labeler.retraining import Retraining, taught

Samples = NDArray[np.float32]

PICKS = ("uncertainty", "random")
WORDS = "What is said? Mend what the recogniser heard."
POLL_S = 0.2
RECOGNISER = "speech"
"""The name under which the recogniser's own answers lie in the store: they are no corrections."""


@dataclass(frozen=True, eq=False)
class Takes:
    """Recordings that are to be transcribed.

    Args:
        sounds: item → samples, shape (sample,).
        sample_rate_hz: of them.
    """

    sounds: Mapping[str, Samples]
    sample_rate_hz: int

    def of(self, items: Iterable[str]) -> list[Samples]:
        """Return the samples of some of them."""
        return [self.sounds[item] for item in items]


@dataclass(frozen=True)
class Plan:
    """What is asked.

    Args:
        labels: corrections in all.
        first: takes that are drawn at random and transcribed before there is a recogniser.
        a_round: takes that are corrected between two rounds of learning.
        growth: a round may be larger: this share of what is known, where that is more.
        pick: which takes: those of least credence (``uncertainty``) or at ``random``.
        question: the words put to people.

    Raises:
        BadValue: a number below 1, or an unknown way to pick.
    """

    labels: int = 200
    first: int = 20
    a_round: int = 20
    growth: float = 0.0
    pick: str = "uncertainty"
    question: str = WORDS

    def __post_init__(self) -> None:
        for name in ("labels", "first", "a_round"):
            if getattr(self, name) < 1:
                raise BadValue(f"plan, {name}", got=getattr(self, name), expected="1 or more")
        if self.pick not in PICKS:
            raise BadValue("plan, pick", got=repr(self.pick), expected=" or ".join(PICKS))

    def n_next(self, known: int) -> int:
        """Return how many takes are asked about next, where so many are known."""
        wanted = max(self.a_round, round(self.growth * known)) if known >= self.first else self.first - known
        return min(wanted, self.labels - known)


@dataclass(frozen=True)
class Round:
    """What a round came to.

    Args:
        number: counted from 1.
        labels: takes whose words are known.
        mended: share of the round's drafts that people changed; NaN in the first round, which has none.
        cpu_s: processor seconds that learning took.
        recognizer: as it is now.
    """

    number: int
    labels: int
    mended: float
    cpu_s: float
    recognizer: Recognizer


class CorrectionLoop:
    """Asks, learns, and asks again.

    Args:
        store: holds the takes as items of the kind *audio*, and gets the questions and answers.
        takes: to be transcribed.
        labeler: who corrects: people, or a simulated one.
        plan: what is asked.
        how: the recogniser is taught.
        seed: of everything that is drawn.
        recognizer: to begin with; none learns from nothing.
        poll_s: how often people are looked in on.
    """

    def __init__(
        self,
        store: Store,
        takes: Takes,
        labeler: Labeler,
        plan: Plan,
        how: Retraining,
        *,
        seed: int = 0,
        recognizer: Recognizer | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        self._store, self._takes, self._labeler = store, takes, labeler
        self._plan, self._how, self._seed = plan, how, seed
        self._poll_s, self.recognizer = poll_s, recognizer
        self._rounds = 0

    def run(self, after_round: Callable[[Round], None] = lambda _: None) -> Recognizer:
        """Correct and learn until the plan is fulfilled or nothing is left to ask, and return the recogniser.

        Raises:
            BadValue: nobody transcribed anything.
        """
        if self.known() and self.recognizer is None:
            self._learn()  # a run that goes on
        while True:
            texts = self.known()
            rest = [item for item in self._takes.sounds if item not in self._met()]
            n = min(self._plan.n_next(len(texts)), len(rest))
            if n < 1:
                break
            self._rounds += 1
            drafts = self._ask(rest, n)
            before = time.process_time()
            self._learn()
            after_round(
                Round(
                    self._rounds, len(self.known()), self._mended(drafts), time.process_time() - before, self._current()
                )
            )
        return self._current()

    def known(self) -> dict[str, str]:
        """Return the words of the takes that have been corrected; of several people's, combined word by word."""
        judgments = self._store.judgments().filter(pl.col("labeler_id") != RECOGNISER)
        if not judgments.filter(pl.col("outcome") == Outcome.ANSWERED).height:
            return {}
        combined = combine_transcripts(transcribed_from_judgments(judgments, self._store.questions())).table
        return {item: text for item, text in combined.select("item", "text").rows() if item in self._takes.sounds}

    def _met(self) -> set[str]:
        """Return the takes that somebody has answered, or passed over."""
        judgments = in_force(self._store.judgments()).filter(pl.col("labeler_id") != RECOGNISER)
        met = judgments.get_column("question_id").unique()
        if not len(met):
            return set()
        return set(self._store.questions(met).get_column("item_ids").explode())

    def _ask(self, rest: Sequence[str], n: int) -> dict[str, str]:
        """Put questions about `n` takes, wait until all have been met, and return the draft of each take."""
        chosen, drafts = self._choose(rest, n)
        questions = questions_table(
            [
                Question(
                    QuestionKind.TEXT,
                    (item,),
                    self._plan.question,
                    settings={"draft": drafts[item]} if item in drafts else {},
                )
                for item in chosen
            ]
        )
        self._store.add_questions(questions)
        self._labeler.ask(questions)
        waiting = set(questions.get_column("question_id"))
        while waiting:
            judgments = self._labeler.collect()
            if judgments.height:
                self._store.add_judgments(judgments)  # what people answered is there already, and adds nothing
            waiting -= set(self._store.judgments().get_column("question_id"))
            if waiting:
                time.sleep(self._poll_s)
        return drafts

    def _choose(self, rest: Sequence[str], n: int) -> tuple[list[str], dict[str, str]]:
        """Return the takes to ask about, the least sure first, and what the recogniser heard in each."""
        random = np.random.default_rng([self._seed, len(self._takes.sounds) - len(rest)])
        shuffled = [rest[k] for k in random.permutation(len(rest))]
        if self.recognizer is None:
            return shuffled[:n], {}
        if self._plan.pick == "random":
            shuffled = shuffled[:n]
        heard = self.recognizer.hear(self._takes.of(shuffled))
        order = least_sure_first(heard)[:n]
        return [shuffled[k] for k in order], {shuffled[k]: heard[k].text for k in order}

    def _learn(self) -> None:
        texts = self.known()
        before = self.recognizer
        model = taught(
            None if before is None else before.model,
            self._takes.of(texts),
            list(texts.values()),
            sample_rate_hz=self._takes.sample_rate_hz,
            how=self._how,
            seed=self._seed + len(texts),
        )
        self.recognizer = recognizer_like(before, model)

    def _mended(self, drafts: Mapping[str, str]) -> float:
        texts = self.known()
        both = [(drafts[item], texts[item]) for item in drafts if item in texts]
        return float(np.mean([draft != text for draft, text in both])) if both else float("nan")

    def _current(self) -> Recognizer:
        if self.recognizer is None:
            raise BadValue("corrections", got="no transcript", expected="at least one to learn from")
        return self.recognizer


def least_sure_first(heard: Sequence[Heard]) -> list[int]:
    """Return the places of what was heard, the least sure first; equally sure ones in their order.

    Source: least confidence, Lewis and Gale 1994, doi:10.1007/978-1-4471-2099-5_1.
    """
    return [int(k) for k in np.argsort([one.credence for one in heard], kind="stable")]


def recognizer_like(before: Recognizer | None, model: AcousticModel) -> Recognizer:
    """Return a recogniser with another model; credences that were fitted to the old one do not hold for it."""
    if before is None:
        return Recognizer(model)
    fusion = before.fusion if before.model.alphabet == model.alphabet else None
    return Recognizer(model, fusion, before.settings)
