"""What a run's record states, checked field by field, so that the page never draws from a damaged one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import inf, isfinite
from typing import Any

from tacit.errors import BadFile
from tacit.judging import Wording
from tacit.measure.estimate import Estimate
from tacit.store.run_folder import RunFolder

FINISHED = "finished"
END_OF_YEAR_9999_S = 253_402_300_800


@dataclass(frozen=True)
class RunRecord:
    """A run's record, typed. What the run has not measured, or not yet, is None or empty.

    Args:
        producer: name of what made the items, such as ``CartPole-v1``.
        judge: name of who or what judged, such as ``simulated``.
        seed: of the run.
        status: ``finished`` or ``running``.
        command: the words that started the run.
        settings: every setting, JSON values.
        versions: package → version.
        hashes: what was hashed → SHA-256.
        warnings: what the run warned of, in order.
        started_at_s: seconds since 1970-01-01 UTC.
        finished_at_s: seconds since 1970-01-01 UTC.
        true_return: of the final policy, an episode each.
        baseline_true_reward: return of the same optimiser on the true reward.
        random: return of a policy that acts at random.
        coin_flip: return of a policy taught by a judge that flips a coin.
        heldout_agreement: share of held-out judgments with which the reward model agrees.
        win_rate: share of comparisons in which the final policy is preferred to the first.
        labels: how many judgments the policy was taught by.
        env_steps: environment steps taken.
        cpu_s: processor time.
        wall_s: time on the clock.
        labelers: labeler → how likely it agrees with the consensus, in the order recorded.
        outcomes: outcome → how many judgments had it.
        words: in what words the run is told.
        gold_first: true value of what the first policy makes of what is held out; None where none is known.
        gold_final: the same of the final policy.
        gold_gain: mean of the paired differences of the two, with the interval of twice its standard error.
        win_rate_at_equal_length: `win_rate` as it would be if both were equally long.
        kl: divergence of the final policy from the first, nats.
    """

    producer: str
    judge: str
    seed: int | None
    status: str
    command: tuple[str, ...]
    settings: Mapping[str, Any]
    versions: Mapping[str, Any]
    hashes: Mapping[str, Any]
    warnings: tuple[str, ...]
    started_at_s: float | None
    finished_at_s: float | None
    true_return: Estimate | None
    baseline_true_reward: Estimate | None
    random: Estimate | None
    coin_flip: Estimate | None
    heldout_agreement: Estimate | None
    win_rate: Estimate | None
    labels: int | None
    env_steps: int | None
    cpu_s: float | None
    wall_s: float | None
    labelers: Mapping[str, Estimate]
    outcomes: Mapping[str, int]
    words: Wording = field(default_factory=Wording)
    gold_first: float | None = None
    gold_final: Estimate | None = None
    gold_gain: Estimate | None = None
    win_rate_at_equal_length: Estimate | None = None
    kl: float | None = None

    @property
    def finished(self) -> bool:
        """Whether the run went to its end."""
        return self.status == FINISHED


def read_record(run: RunFolder) -> RunRecord:
    """Return the record of `run`.

    Raises:
        BadFile: the folder holds no run, or a field of its record is not what it must be; the message names the field.
    """
    if not run.exists():
        got = "a folder without run.json" if run.path.is_dir() else "a file" if run.path.exists() else "no such folder"
        do = "Give the folder that `tacit learn --out` wrote"
        raise BadFile(str(run.path), got=got, expected="the folder of a run", do=do)
    top = Fields(str(run.record_path), run.record())
    results = top.inner("results")
    reliability = results.inner("labelers")
    return RunRecord(
        producer=top.text("producer", "a producer without a name"),
        judge=top.text("judge", "unknown"),
        seed=top.count("seed", signed=True),
        status=top.text("status", FINISHED),
        command=top.texts("command"),
        settings=top.mapping("settings"),
        versions=top.mapping("versions"),
        hashes=top.mapping("hashes"),
        warnings=top.texts("warnings"),
        started_at_s=top.moment("started_at_s"),
        finished_at_s=top.moment("finished_at_s"),
        true_return=results.estimate("true_return"),
        baseline_true_reward=results.estimate("baseline_true_reward"),
        random=results.estimate("random"),
        coin_flip=results.estimate("coin_flip"),
        heldout_agreement=results.estimate("heldout_agreement"),
        win_rate=results.estimate("win_rate"),
        labels=results.count("labels"),
        env_steps=results.count("env_steps"),
        cpu_s=results.number("cpu_s"),
        wall_s=results.number("wall_s"),
        labelers=_labelers(reliability),
        outcomes=_outcomes(results.inner("outcomes")),
        words=_words(top.inner("wording")),
        **_gold(results.inner("gold_reward")),
        win_rate_at_equal_length=results.estimate("win_rate_at_equal_length"),
        kl=results.number("kl"),
    )


@dataclass(frozen=True)
class Fields:
    """A JSON object whose fields are read with their types checked.

    Args:
        where: what to call the object in a message: the file, then the names of the objects that hold it.
        values: the object.
    """

    where: str
    values: Mapping[str, Any]

    def number(self, name: str) -> float | None:
        """Return a finite number, or None if it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self._wrong(name, value, "a finite number or null")
        return float(value)

    def count(self, name: str, *, signed: bool = False) -> int | None:
        """Return a whole number, not negative unless `signed`, or None if it is absent or null."""
        value = self.number(name)
        if value is None:
            return None
        if value != int(value) or (value < 0 and not signed):
            raise self._wrong(name, value, "a whole number" if signed else "a whole number, 0 or more")
        return int(value)

    def moment(self, name: str) -> float | None:
        """Return seconds since 1970-01-01, or None if it is absent or null."""
        value = self.number(name)
        if value is not None and not 0 <= value < END_OF_YEAR_9999_S:
            raise self._wrong(name, value, "seconds since 1970-01-01 UTC")
        return value

    def text(self, name: str, absent: str) -> str:
        """Return a text, or `absent` if there is none."""
        value = self.values.get(name)
        if value is None:
            return absent
        if not isinstance(value, str):
            raise self._wrong(name, value, "a text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; none if it is absent."""
        return tuple(str(value) for value in self.sequence(name))

    def sequence(self, name: str) -> list[Any]:
        """Return a list; an empty one if it is absent."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, list):
            raise self._wrong(name, value, "a list")
        return value or []

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an object; an empty one if it is absent."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(name, value, "an object")
        return value or {}

    def inner(self, name: str) -> Fields:
        """Return an object as fields of its own; an empty one if it is absent."""
        return Fields(f"{self.where}, {name}", self.mapping(name))

    def estimate(self, name: str) -> Estimate | None:
        """Return a mean with its interval, or None if it is absent, null or without a mean."""
        if not self.values.get(name):
            return None
        inner = self.inner(name)
        mean, low, high = inner.number("mean"), inner.number("low"), inner.number("high")
        n = inner.count("episodes") if "episodes" in inner.values else inner.count("n")
        if mean is None:
            return None
        return Estimate(mean, -inf if low is None else low, inf if high is None else high, n or 0)

    def _wrong(self, name: str, value: object, expected: str) -> BadFile:
        return BadFile(f"{self.where}, field {name!r}", got=repr(value), expected=expected)


def _words(told: Fields) -> Wording:
    usual = asdict(Wording())
    return Wording(**{name: told.text(name, usual[name]) for name in usual})


def _gold(told: Fields) -> dict[str, Any]:
    first, final, gain, error = (told.number(name) for name in ("first", "final", "gain", "standard_error"))
    if first is None or final is None:
        return {}
    low, high, n = told.number("low"), told.number("high"), told.count("n") or 0
    found: dict[str, Any] = {"gold_first": first}
    found["gold_final"] = Estimate(final, final if low is None else low, final if high is None else high, n)
    if gain is not None and error is not None:
        found["gold_gain"] = Estimate(gain, gain - 1.96 * error, gain + 1.96 * error, n)
    return found


def _labelers(reliability: Fields) -> dict[str, Estimate]:
    labelers = {}
    for labeler_id in reliability.values:
        one = reliability.inner(labeler_id)
        if p_agree := one.estimate("p_agree"):
            labelers[labeler_id] = Estimate(p_agree.mean, p_agree.low, p_agree.high, one.count("n") or 0)
    return labelers


def _outcomes(outcomes: Fields) -> dict[str, int]:
    return {name: outcomes.count(name) or 0 for name in outcomes.values}
