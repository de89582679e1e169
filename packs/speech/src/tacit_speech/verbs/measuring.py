"""What `tacit speech` says of a recogniser's errors: the word-error family, over all and speaker by speaker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tacit.cli.terminal import table
from tacit.measure import Estimate
from tacit.measure.word_errors import Normalization, Scoring, Utterances, speaker_table, word_errors
from tacit_speech.audio import LeftOut, Transcript

SHOWN = 5
"""How many things that were left out are shown to a person; `--json` has all."""


def measured(transcripts: Sequence[Transcript], *, ignore_case: bool = True, seed: int = 0) -> dict[str, Any] | None:
    """Return error rates of those transcripts whose words are known, as `--json` prints them; None if there are none.

    Args:
        transcripts: recognised, beside their references.
        ignore_case: whether upper and lower case are one.
        seed: of the bootstrap.
    """
    known = [one for one in transcripts if one.reference is not None and one.reference.strip()]
    if not known:
        return None
    pairs = Utterances(
        tuple(one.name for one in known),
        tuple(one.speaker for one in known),
        tuple(one.reference or "" for one in known),
        tuple(one.text for one in known),
    )
    errors = word_errors(pairs, Scoring(Normalization(casefold=ignore_case)), seed=seed)
    speakers = [
        {"speaker": one.speaker, "utterances": one.n_utterances, "wer": _rate(one.wer), "ser": _rate(one.ser)}
        for one in speaker_table(errors, seed=seed)
    ]
    rates = {name: _rate(errors.rates[name]) for name in ("wer", "cer", "ser")}
    return {"utterances": len(known), **errors.counts.total(), **rates, "speakers": speakers}


def shown_errors(errors: dict[str, Any]) -> list[str]:
    """Return error rates as lines for a person."""
    rows = [["all", f"{errors['utterances']:,}", *(_percent(errors[name]) for name in ("wer", "ser"))]]
    rows += [
        [one["speaker"], f"{one['utterances']:,}", *(_percent(one[name]) for name in ("wer", "ser"))]
        for one in errors["speakers"]
    ]
    header = ["speaker", "utterances", "word error rate", "utterances with an error"]
    return [table(rows, header=header), f"character error rate {_percent(errors['cer'])}"]


def shown_left_out(result: dict[str, Any]) -> list[str]:
    """Return what was left out, and what is odd about what was kept, as lines for a person."""
    lines = []
    for key, words in (("left_out", "left out"), ("warnings", "kept, but look at")):
        alike: dict[str, list[dict[str, str]]] = {}
        for one in result[key]:
            alike.setdefault(one["reason"], []).append(one)
        for reason, found in list(alike.items())[:SHOWN]:
            first = f"{found[0]['where']}: {found[0]['what']}"
            many = f"{len(found):,} recordings, such as " if len(found) > 1 else ""
            lines.append(f"{words}: {many}{first}: {reason}")
        if len(alike) > SHOWN:
            more = sum(len(found) for found in list(alike.values())[SHOWN:])
            lines.append(f"{words}: … and {more:,} more; --json lists them all")
    return lines


def as_rows(found: Sequence[LeftOut]) -> list[dict[str, str]]:
    """Return what was left out as `--json` prints it."""
    return [{"where": one.where, "what": one.what, "reason": one.reason} for one in found]


def _rate(estimate: Estimate) -> dict[str, float]:
    return {"estimate": estimate.mean, "low": estimate.low, "high": estimate.high}


def _percent(rate: dict[str, float]) -> str:
    return f"{100 * rate['estimate']:.1f} % [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
