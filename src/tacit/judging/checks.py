"""The checks that anyone can run on a labeler or a producer of their own.

Each check is a function with a sentence for a name. A suite runs them all and raises `CheckFailed` with every
failure, so that an author sees the whole list at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from tacit.errors import CheckFailed, TacitError
from tacit.judging.judgment_checks import check_judgments
from tacit.judging.judgments import Outcome, judgments_schema
from tacit.judging.labeler import Labeler
from tacit.judging.producer import Producer
from tacit.judging.question import questions_schema


def check_labeler(
    make: Callable[[], Labeler], questions: pl.DataFrame, *, expected_failures: Mapping[str, str] | None = None
) -> None:
    """Test a labeler against its contract.

    Args:
        make: returns a new labeler each time it is called; two of them are told apart by nothing but their calls.
        questions: at least two questions that the labeler can answer, with the columns of `questions_schema`.
        expected_failures: name of a check → the reason why this labeler need not pass it.

    Raises:
        CheckFailed: one or more checks failed; the message lists all.
    """
    _run_all(LABELER_CHECKS, expected_failures or {}, make, questions)


def check_producer(
    make: Callable[[], Producer], *, n: int = 4, expected_failures: Mapping[str, str] | None = None
) -> None:
    """Test a producer against its contract.

    Args:
        make: returns a new producer in its first state each time it is called.
        n: how many candidates to ask for.
        expected_failures: name of a check → the reason why this producer need not pass it.

    Raises:
        CheckFailed: one or more checks failed; the message lists all.
    """
    _run_all(PRODUCER_CHECKS, expected_failures or {}, make, n)


def _run_all(checks: tuple[Callable[..., None], ...], excused: Mapping[str, str], *arguments: object) -> None:
    names = [check.__name__ for check in checks]
    if unknown := sorted(set(excused) - set(names)):
        raise CheckFailed(
            f"expected_failures names {unknown[0]!r}, which is no check; the checks are {', '.join(names)}."
        )
    failures: list[str] = []
    for check in checks:
        try:
            check(*arguments)
        except TacitError as error:
            if check.__name__ not in excused:
                failures.append(f"{check.__name__}: {error}")
        except Exception as error:  # noqa: BLE001 (another's code may raise anything; it is told, with the rest)
            if check.__name__ not in excused:
                failures.append(f"{check.__name__}: {type(error).__name__}: {error}")
        else:
            if check.__name__ in excused:
                failures.append(f"{check.__name__}: passed, though it was expected to fail")
    if failures:
        raise CheckFailed("\n".join(failures))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckFailed(message)


def labeler_has_a_name(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """The name is a text, not empty, and the same for equal labelers."""
    del questions
    name = make().labeler_id
    _require(isinstance(name, str) and bool(name), f"labeler_id is {name!r}, expected a text that is not empty")
    _require(make().labeler_id == name, "labeler_id differs between two labelers made alike")


def answers_have_the_judgments_schema(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """What is collected is a judgments table, before and after asking."""
    labeler = make()
    for moment in ("before asking", "after asking"):
        schema = dict(labeler.collect().schema)
        _require(schema == judgments_schema(), f"{moment}, collect() has the columns {schema}")
        labeler.ask(questions)


def answers_are_allowed(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """Every judgment is one that its question allows."""
    labeler = make()
    labeler.ask(questions)
    check_judgments(labeler.collect(), questions, where=f"judgments of {labeler.labeler_id}")


def answers_carry_the_labelers_name(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """A judgment says who made it; a group of people answers under names of their own, each not empty."""
    labeler = make()
    labeler.ask(questions)
    named = labeler.collect().get_column("labeler_id")
    _require(named.null_count() == 0 and bool((named.str.len_chars() > 0).all()), "a judgment without labeler_id")


def collecting_twice_gives_nothing_twice(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """A judgment is handed over once."""
    labeler = make()
    labeler.ask(questions)
    first = labeler.collect().get_column("judgment_id").to_list()
    again = labeler.collect().get_column("judgment_id").to_list()
    _require(len(set(first)) == len(first), "judgment_id repeats within one collect()")
    _require(not set(first) & set(again), "a judgment was handed over twice")


def asking_twice_answers_once(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """A question already put is not put again."""
    labeler = make()
    labeler.ask(questions)
    labeler.ask(questions)
    answered = labeler.collect().group_by("labeler_id", "question_id").len()
    most = max(answered.get_column("len").to_list(), default=0)
    _require(most <= 1, f"a question asked twice was answered {most} times by one labeler")


def no_questions_is_no_error(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """An empty table of questions is fine."""
    del questions
    labeler = make()
    labeler.ask(pl.DataFrame(schema=questions_schema()))
    _require(labeler.collect().height == 0, "judgments came in though nothing was asked")


def answers_do_not_depend_on_the_batch(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """Asking one by one gives what asking together gives. People are excused: list this in `expected_failures`."""
    together, apart = make(), make()
    together.ask(questions)
    for row in range(questions.height):
        apart.ask(questions[row])
    columns = [c for c in judgments_schema() if c not in ("answered_at_s", "duration_s")]
    first = together.collect().select(columns).sort("question_id", "labeler_id")
    second = apart.collect().select(columns).sort("question_id", "labeler_id")
    _require(first.equals(second), "answers differ between asking together and asking one by one")


def some_question_is_answered(make: Callable[[], Labeler], questions: pl.DataFrame) -> None:
    """At least one of the questions gets an answer or a draw, else nothing was tested."""
    labeler = make()
    labeler.ask(questions)
    outcomes = set(labeler.collect().get_column("outcome"))
    _require(bool(outcomes & {Outcome.ANSWERED, Outcome.TIE, Outcome.BOTH_BAD}), f"only outcomes {sorted(outcomes)}")


LABELER_CHECKS = (
    labeler_has_a_name,
    answers_have_the_judgments_schema,
    answers_are_allowed,
    answers_carry_the_labelers_name,
    collecting_twice_gives_nothing_twice,
    asking_twice_answers_once,
    no_questions_is_no_error,
    answers_do_not_depend_on_the_batch,
    some_question_is_answered,
)


def candidates_are_as_many_as_asked(make: Callable[[], Producer], n: int) -> None:
    """`produce(n)` gives n candidates, and features with one row each."""
    candidates = make().produce(n, seed=0)
    _require(len(candidates) == n, f"produce({n}) gave {len(candidates)} candidates")


def features_are_finite(make: Callable[[], Producer], n: int) -> None:
    """Features hold no NaN and no infinity."""
    features = make().produce(n, seed=0).features
    _require(bool(np.isfinite(features).all()), "features hold NaN or infinity")


def the_same_seed_gives_the_same_items(make: Callable[[], Producer], n: int) -> None:
    """Two producers in the same state give the same contents for the same seed."""
    first, second = make().produce(n, seed=3), make().produce(n, seed=3)
    same = [first.item(i).item_id for i in range(n)] == [second.item(i).item_id for i in range(n)]
    _require(same, "the same state and seed gave different items")


def another_seed_gives_other_items(make: Callable[[], Producer], n: int) -> None:
    """Two seeds do not give the same n items."""
    first, second = make().produce(n, seed=3), make().produce(n, seed=4)
    same = [first.item(i).item_id for i in range(n)] == [second.item(i).item_id for i in range(n)]
    _require(not same, "two different seeds gave the same items")


def an_item_can_be_shown_by_another_producer(make: Callable[[], Producer], n: int) -> None:
    """Rendering needs the item alone: a new producer shows it, with bytes and a media type."""
    item = make().produce(n, seed=0).item(0)
    media = make().render(item)
    _require(len(media.content) > 0, "render() gave no bytes")
    _require("/" in media.media_type, f"media_type is {media.media_type!r}, expected an IANA media type")


PRODUCER_CHECKS = (
    candidates_are_as_many_as_asked,
    features_are_finite,
    the_same_seed_gives_the_same_items,
    another_seed_gives_other_items,
    an_item_can_be_shown_by_another_producer,
)
