"""The run in a sentence made from its numbers, and what those numbers do and do not show."""

from __future__ import annotations

from tacit.measure.estimate import Estimate
from tacit.report.record import RunRecord
from tacit.report.wording import counted, mean, mean_and_interval, percent_and_interval


def verdict(record: RunRecord) -> str:
    """Return one sentence: what the comparisons taught, beside what the controls reached."""
    taught = "Taught by comparisons alone"
    if record.labels is not None:
        taught = f"Taught by {counted(record.labels, 'comparison')} alone"
    if record.true_return is not None:
        reached = f"{taught}, the policy reaches a {record.words.truth} of {mean_and_interval(record.true_return)}"
        if record.gold_gain is not None and record.gold_first is not None:
            return f"{reached}, {mean_and_interval(record.gold_gain)} more than before."
        return "; ".join([reached, *_controls(record)]) + "."
    measured = _measured_without_truth(record)
    if measured:
        return f"{taught}, {', and '.join(measured)}."
    if not record.finished:
        return f"{taught} so far, the policy is still learning, and nothing has been measured yet."
    return f"{taught}, a policy was trained, but this run measured nothing that would say how well."


def readings(record: RunRecord) -> list[str]:
    """Return what follows from the numbers, a sentence each, the doubts included."""
    said = []
    if not record.finished:
        said.append("This run has not finished: every number here may still change.")
    reached = record.true_return
    if reached is None:
        said.append(
            f"No {record.words.truth} is known for this run, so success is judged by the same judge who taught it."
        )
        return said
    controls = {"a random policy": record.random, "a policy taught by a coin-flipping judge": record.coin_flip}
    for name, control in controls.items():
        if control is not None and reached.low <= control.high:
            said.append(f"It cannot be told from {name}, so these numbers do not show that it learned what was wanted.")
            return said
    if record.baseline_true_reward is not None:
        said.append(_against_baseline(reached, record.baseline_true_reward))
    if record.coin_flip is not None:
        said.append("A judge who answers at random teaches less, so it is the judgments that taught it.")
    return said


def _controls(record: RunRecord) -> list[str]:
    controls = [
        ("the same optimiser on the true reward", record.baseline_true_reward),
        ("a random policy", record.random),
        ("a coin-flipping judge", record.coin_flip),
    ]
    return [f"{name} {mean(control)}" for name, control in controls if control is not None]


def _measured_without_truth(record: RunRecord) -> list[str]:
    measured = []
    if record.win_rate is not None:
        share = percent_and_interval(record.win_rate)
        measured.append(f"the final policy is preferred to the first in {share} of comparisons")
    if record.heldout_agreement is not None:
        share = percent_and_interval(record.heldout_agreement)
        measured.append(f"the reward model agrees with {share} of held-out judgments")
    return measured


def _against_baseline(reached: Estimate, baseline: Estimate) -> str:
    if reached.low > baseline.high:
        return "That is more than the same optimiser reaches when it is given the true reward."
    if reached.high < baseline.low:
        return "That falls short of the same optimiser when it is given the true reward."
    return "The same optimiser does no better when it is given the true reward, as far as these episodes can tell."
