"""``tacit speech score MODEL MANIFEST``: how well a recogniser understands, by speaker and condition, and a page."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.terminal import ProgressBar
from tacit.errors import BadFile
from tacit_speech.verbs.lm_options import add_lm_arguments, beam_from, fusion_from

if TYPE_CHECKING:
    from tacit_speech.audio import Recording
    from tacit_speech.labeler import Recognizer
    from tacit_speech.pages import Listened

AT_ONCE = 16
RIVALS = 8
LONGEST_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="the folder of a trained recogniser")
    add("manifest", metavar="MANIFEST", type=Path, help="recordings with what was said in them")
    add("--report", metavar="HTML", type=Path, help="write a page that plays the recordings to this file")
    add("--shown", metavar="N", type=int, default=12, help="recordings on the page (default: %(default)s)")
    add("--calibrate", action="store_true", help="fit credences to these recordings, and keep them with the model")
    add("--seed", type=int, default=0, help="of the intervals (default: %(default)s)")
    add_lm_arguments(parser)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Recognise, compare, and write the page.

    Raises:
        InputError: no such model or manifest, or no recording with its transcript.
    """
    from tacit.report.sheet import write_sheet  # noqa: PLC0415 (drawn only where it is asked for)
    from tacit_speech.audio import read_manifest  # noqa: PLC0415
    from tacit_speech.labeler import Recognizer  # noqa: PLC0415 (torch)
    from tacit_speech.pages import listening_sheet, score  # noqa: PLC0415
    from tacit_speech.pages.listening import summary  # noqa: PLC0415

    recognizer = Recognizer.load(arguments.model)
    recognizer = replace(
        recognizer,
        fusion=fusion_from(arguments, recognizer.model.alphabet),
        settings=beam_from(arguments, n_best=RIVALS) if arguments.lm or arguments.beam else recognizer.settings,
    )
    manifest = read_manifest(arguments.manifest)
    left_out = [str(one) for one in manifest.left_out]
    known = [one for one in manifest.recordings if one.text and one.text.strip()]
    left_out += [f"{one.where}: {one.name}: no transcript" for one in manifest.recordings if one not in known]
    listened: list[Listened] = []
    with ProgressBar("listening", total=len(known)) as bar:
        for some in _heard(recognizer, known, left_out):
            listened += some
            bar.update(len(listened))
    if not listened:
        got = left_out[0] if left_out else "no recordings"
        raise BadFile(str(arguments.manifest), got=got, expected="recordings with what was said in them")
    notes = []
    if arguments.calibrate:
        sounds, texts = [one.sound for one in listened], [one.said or "" for one in listened]
        fitted = recognizer.calibrated(sounds, texts)
        fitted.save(arguments.model)
        heard = fitted.hear(sounds)
        listened = [replace(one, heard=again) for one, again in zip(listened, heard, strict=True)]
        notes.append("credences were fitted to these very recordings: measure them on others")
    elif recognizer.confidence is None:
        notes.append("credences have not been fitted: --calibrate, with recordings that training has not heard")
    if recognizer.fusion is None:
        notes.append("texts come from a search among the likeliest; train and transcribe write the likeliest symbols")
    if left_out:
        notes.append(f"{len(left_out)} recordings were left out; the first: {left_out[0]}")
    scored = score(listened, seed=arguments.seed)
    result: dict[str, object] = {**summary(scored), "left_out": left_out, "notes": notes}
    if arguments.report is not None:
        command = shlex.join(arguments.command)
        of = f"{arguments.manifest.name} by {arguments.model.name}"
        write_sheet(
            arguments.report, listening_sheet(scored, of=of, command=command, shown=arguments.shown, notes=notes)
        )
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    from tacit_speech.pages.listening import shown_summary  # noqa: PLC0415

    lines = [*shown_summary(result), *(f"note: {text}" for text in result["notes"])]
    return "\n".join([*lines, *([result["report"]] if "report" in result else [])])


def _heard(recognizer: Recognizer, recordings: Sequence[Recording], left_out: list[str]) -> Iterator[list[Listened]]:
    """Yield what was heard, some recordings at a time; those that cannot be are named in `left_out`."""
    from tacit_speech.audio import LeftOut, inspect, read_recording  # noqa: PLC0415
    from tacit_speech.pages import Listened  # noqa: PLC0415

    rate_hz = recognizer.model.sample_rate_hz
    usable = []
    for found in inspect(recordings, rate_hz, longest_s=LONGEST_S):
        if isinstance(found, LeftOut):
            left_out.append(str(found))
        else:
            usable.append(found.recording)
    for first in range(0, len(usable), AT_ONCE):
        some = usable[first : first + AT_ONCE]
        sounds = [read_recording(one, rate_hz) for one in some]
        posteriors = recognizer.model.posteriors(sounds)
        heard = recognizer.heard(recognizer.search(posteriors))
        yield [
            Listened(one.name, one.speaker, one.condition, one.text, said, sound, rate_hz, table)
            for one, said, sound, table in zip(some, heard, sounds, posteriors, strict=True)
        ]
