"""Comparisons of two dialogues in files of other programs: HH-RLHF and Arena, both ways, by the core's exchange."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from tacit.errors import BadFile, BadValue, CannotWrite
from tacit.judging import Outcome, QuestionKind
from tacit.store.exchange.formats import arena, hh_rlhf
from tacit.store.exchange.formats.judged import OURS, Judged, LeftOut, ReadOptions
from tacit.store.exchange.formats.records import read_records, write_records
from tacit_language.data.dialogue import Dialogue
from tacit_language.data.files import answered

FORMATS: dict[str, ModuleType] = {"hh-rlhf": hh_rlhf, "arena": arena}
_TARGETS = {str(Outcome.TIE): 0.5, str(Outcome.BOTH_BAD): 0.5}


@dataclass(frozen=True)
class Compared:
    """Two dialogues that a labeler has compared.

    Args:
        first: one of them.
        second: the other.
        target: how far the first is the better: 1 it is, 0 the second is, 0.5 a draw.
        labeler: who compared.
    """

    first: Dialogue
    second: Dialogue
    target: float
    labeler: str

    @property
    def conversation(self) -> str:
        """The conversation that both belong to; see `Dialogue.conversation`."""
        return self.first.conversation


def read_compared(path: Path, *, labeler: str = "people") -> Iterator[Compared]:
    """Give the comparisons of an HH-RLHF or Arena file. Answers that are none, and equal pairs, are left out.

    Args:
        path: JSON lines, a JSON list, Parquet or CSV, also compressed by gzip.
        labeler: who answered, where the file does not say.

    Raises:
        BadFile: neither format, or a record that is damaged; names the row.
    """
    how, format_ = ReadOptions(labeler_id=labeler), None
    for number, record, _ in read_records(path):
        format_ = format_ or next((known for known in FORMATS.values() if known.recognises(record)), None)
        where = f"{path.name}, row {number}"
        if format_ is None:
            raise BadFile(where, got=f"fields {', '.join(record)}", expected=f"a file of {' or '.join(FORMATS)}")
        try:
            answers = list(format_.read(_whole(record), how))
            for judged in answers:
                if isinstance(judged, Judged) and (compared := _compared(judged)) is not None:
                    yield compared
        except LeftOut:
            continue
        except (BadFile, BadValue) as error:
            raise BadFile(f"{where}, {error.where}", got=error.got, expected=error.expected, do=error.do) from None


def write_compared(
    compared: Iterable[Compared], path: Path, form: Literal["hh-rlhf", "arena"] = "hh-rlhf"
) -> tuple[int, int]:
    """Write comparisons to a new file of JSON lines.

    Returns:
        How many were written, and how many the format has no words for, as HH-RLHF has none for a draw.

    Raises:
        CannotWrite: the disk is full or read-only.
    """
    records, left_out = [], 0
    for pair in compared:
        said: dict[str, object] = {"kind": str(QuestionKind.COMPARISON), "labeler_id": pair.labeler}
        draw = pair.target == 0.5
        said |= {"outcome": str(Outcome.TIE)} if draw else {"comparison": int(pair.target < 0.5)}
        try:
            records.append(FORMATS[form].write([Judged((pair.first.item(), pair.second.item()), said)]))
        except LeftOut:
            left_out += 1
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_records(records, unfinished, "jsonl")
        unfinished.replace(path)
    except OSError as error:
        raise CannotWrite(str(path), got=error.strerror or str(error), expected="a disk with room to write") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return len(records), left_out


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record of a prompt and two replies as one of two whole dialogues; any other as it is."""
    if not {"prompt", "chosen", "rejected"} <= set(record) or OURS in record:
        return record
    sides = {side: answered(record["prompt"], record[side]).as_json() for side in ("chosen", "rejected")}
    return {name: value for name, value in record.items() if name != "prompt"} | sides


def _compared(judged: Judged) -> Compared | None:
    """Return a comparison of dialogues; None for an answer that is no preference."""
    outcome = judged.get("outcome")
    if judged.get("kind") != QuestionKind.COMPARISON or outcome not in (str(Outcome.ANSWERED), *_TARGETS):
        return None
    target = _TARGETS.get(outcome, 1.0 - float(judged.get("comparison") or 0))
    first, second = (Dialogue.of_item(item) for item in judged.items)
    return Compared(first, second, target, judged.get("labeler_id"))
