"""``tacit speech transcribe MODEL SOURCE …``: what was said in recordings, with word times.

A recording longer than half a minute is cut where it is quiet; an hour needs no more memory than that.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import ProgressBar
from tacit.errors import BadFile, BadValue
from tacit_speech.audio import (
    Heard,
    LeftOut,
    Recording,
    TimedWord,
    Transcript,
    inspect,
    stream_sound,
    write_transcripts,
)
from tacit_speech.audio.pieces import pieces
from tacit_speech.verbs.lm_options import add_lm_arguments, decoder_from
from tacit_speech.verbs.measuring import as_rows, measured, shown_errors, shown_left_out
from tacit_speech.verbs.train import TABLE, recordings_of

if TYPE_CHECKING:
    from tacit_speech.acoustic import AcousticModel
    from tacit_speech.decode import Hypothesis
    from tacit_speech.posteriors import Posteriors

AT_ONCE = 16
"""Recordings, or pieces of a long one, that the network hears together."""

SHOWN_TRANSCRIPTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="the folder of a trained recogniser")
    add("sources", metavar="SOURCE", nargs="+", type=Path, help=f"{TABLE}, or a recording")
    add("--out", metavar="FILE", type=Path, help="write .csv, .jsonl, .trn, .ctm, .stm or .TextGrid")
    add(
        "--piece-s",
        metavar="SECONDS",
        type=float,
        default=30.0,
        help="longest piece heard whole (default: %(default)s)",
    )
    add_lm_arguments(parser)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Transcribe.

    Raises:
        InputError: no such model, or nothing that can be heard.
    """
    from tacit_speech.acoustic import AcousticModel  # noqa: PLC0415 (torch)

    if not arguments.piece_s > 0:
        raise BadValue("--piece-s", got=arguments.piece_s, expected="a positive number of seconds")
    model = AcousticModel.load(arguments.model)
    decode = decoder_from(arguments, model.alphabet)
    recordings, left_out = recordings_of(arguments.sources)
    usable: list[Heard] = []
    with ProgressBar("listening", total=len(recordings)) as bar:
        for number, found in enumerate(inspect(recordings, model.sample_rate_hz), start=1):
            (left_out if isinstance(found, LeftOut) else usable).append(found)  # type: ignore[arg-type]
            bar.update(number)
    if not usable:
        sources = ", ".join(map(str, arguments.sources))
        raise BadFile(sources, got=f"nothing that can be heard ({left_out[0].reason})", expected="recordings of speech")
    transcripts = []
    with ProgressBar("transcribing", total=len(usable)) as bar:
        for first in range(0, len(usable), AT_ONCE):
            some = [one.recording for one in usable[first : first + AT_ONCE]]
            transcripts += transcribed(model, some, piece_s=arguments.piece_s, decode=decode)
            bar.update(len(transcripts))
    if arguments.out is not None:
        write_transcripts(arguments.out, transcripts)
    warnings = [LeftOut(one.recording.where, one.recording.name, said) for one in usable for said in one.warnings]
    return {
        "out": arguments.out,
        "transcripts": [_row(one) for one in transcripts],
        "errors": measured(transcripts),
        "left_out": as_rows(left_out),
        "warnings": as_rows(warnings),
    }


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    found = result["transcripts"]
    lines = [f"{one['name']}: {one['text']}" for one in found[:SHOWN_TRANSCRIPTS]]
    if len(found) > SHOWN_TRANSCRIPTS:
        lines.append(f"… and {len(found) - SHOWN_TRANSCRIPTS} more")
    lines += shown_left_out(result)
    if result["errors"] is not None:
        lines += shown_errors(result["errors"])
    return "\n".join([*lines, *([str(result["out"])] if result["out"] else [])])


def transcribed(
    model: AcousticModel,
    recordings: Sequence[Recording],
    *,
    piece_s: float = 30.0,
    decode: Callable[[Sequence[Posteriors]], list[Hypothesis]] | None = None,
) -> list[Transcript]:
    """Return what the model hears in each recording, with word times.

    Args:
        model: the recogniser.
        recordings: files that can be decoded; a long one is streamed.
        piece_s: longest stretch that is heard whole.
        decode: posteriors → text; by the likeliest symbol of each frame if absent.
    """
    rate = model.sample_rate_hz
    cut = (
        (row, begin_s, piece)
        for row, one in enumerate(recordings)
        for begin_s, piece in pieces(
            stream_sound(one.path, rate, start_s=one.start_s, end_s=one.end_s), rate, longest_s=piece_s
        )
    )
    words: list[list[TimedWord]] = [[] for _ in recordings]
    texts: list[list[str]] = [[] for _ in recordings]
    end_s = [one.start_s for one in recordings]
    some: list[tuple[int, float, NDArray[np.float32]]] = []
    for row, begin_s, piece in cut:
        some.append((row, recordings[row].start_s + begin_s, piece))
        end_s[row] = recordings[row].start_s + begin_s + len(piece) / rate
        if len(some) == AT_ONCE:
            _hear(model, decode, some, words, texts)
            some = []
    _hear(model, decode, some, words, texts)
    return [
        Transcript(
            one.name,
            " ".join(filter(None, texts[row])),
            tuple(words[row]),
            one.speaker,
            str(one.path.resolve()),
            one.start_s,
            end_s[row],
            one.text,
        )
        for row, one in enumerate(recordings)
    ]


def _hear(
    model: AcousticModel,
    decode: Callable[[Sequence[Posteriors]], list[Hypothesis]] | None,
    some: Sequence[tuple[int, float, NDArray[np.float32]]],
    words: list[list[TimedWord]],
    texts: list[list[str]],
) -> None:
    """Add the words of some pieces to those of their recordings."""
    from tacit_speech.decode import greedy, with_word_times  # noqa: PLC0415 (beside what is lazy anyway)

    tables = model.posteriors([piece for _, _, piece in some])
    for (row, begin_s, _), table, heard in zip(some, tables, (decode or greedy)(tables), strict=True):
        (timed,) = with_word_times([heard], table) if heard.text else (heard,)
        texts[row].append(timed.text)
        words[row] += [
            TimedWord(one.text, begin_s + one.start_s, begin_s + one.end_s, one.confidence) for one in timed.words
        ]


def _row(one: Transcript) -> dict[str, object]:
    words = [
        {"text": word.text, "start_s": word.start_s, "end_s": word.end_s, "confidence": word.confidence}
        for word in one.words
    ]
    return {"name": one.name, "file": one.file, "speaker": one.speaker, "text": one.text, "words": words}
