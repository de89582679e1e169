"""``tacit speech align RECOGNISER MANIFEST``: when each word of the transcripts was said."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.terminal import table
from tacit.errors import BadFile, BadValue

if TYPE_CHECKING:
    from tacit_speech.acoustic import AcousticModel
    from tacit_speech.audio import Recording
    from tacit_speech.audio.transcripts_out import Transcript

SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    parser.add_argument("recogniser", metavar="RECOGNISER", type=Path, help="folder of a trained acoustic model")
    parser.add_argument("manifest", metavar="MANIFEST", type=Path, help="recordings with their transcripts")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write times here: .ctm, .TextGrid, .jsonl, .csv, …")
    parser.add_argument("--doubtful", metavar="N", type=int, default=SHOWN, help="words to list (default: 10)")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Align every recording that has a transcript; one that cannot be aligned is named and left out.

    Raises:
        BadFile: no manifest or recogniser. BadValue: an output of another form.
    """
    from tacit_speech.acoustic import AcousticModel  # noqa: PLC0415 (torch is kept out of start-up)
    from tacit_speech.audio import LeftOut, read_manifest  # noqa: PLC0415
    from tacit_speech.audio.transcripts_out import write_transcripts  # noqa: PLC0415

    manifest = read_manifest(arguments.manifest)
    recogniser = AcousticModel.load(arguments.recogniser)
    aligned: list[Transcript] = []
    left_out = list(manifest.left_out)
    for one in manifest.recordings:  # one at a time: an hour of sound need not fit in memory
        try:
            aligned.append(_aligned(recogniser, one))
        except (BadValue, BadFile) as error:
            left_out.append(LeftOut(one.where, one.name, str(error)))
    if not aligned:
        got = f"{len(left_out)} recordings that cannot be aligned" + (f", such as {left_out[0]}" if left_out else "")
        raise BadFile(str(arguments.manifest), got=got, expected="recordings with the transcripts of what was said")
    if arguments.out is not None:
        write_transcripts(arguments.out, aligned)
    words = [{"recording": one.name, **vars(word)} for one in aligned for word in one.words]
    return {
        "recordings": len(aligned),
        "words": words,
        "doubtful": sorted(words, key=lambda word: word["confidence"])[: max(arguments.doubtful, 0)],
        "left_out": list(map(str, left_out)),
        "out": arguments.out,
    }


def _aligned(recogniser: AcousticModel, recording: Recording) -> Transcript:
    from tacit_speech.audio import read_recording  # noqa: PLC0415
    from tacit_speech.audio.transcripts_out import Transcript  # noqa: PLC0415
    from tacit_speech.decode import align  # noqa: PLC0415

    if not (recording.text or "").strip():
        raise BadValue(recording.name, got="no transcript", expected="what was said in it")
    sound = read_recording(recording, recogniser.sample_rate_hz)
    posteriors = recogniser.posteriors([sound])[0]
    found = align([replace(posteriors, start_s=posteriors.start_s + recording.start_s)], [str(recording.text)])[0]
    return Transcript(
        name=recording.name,
        text=" ".join(word.text for word in found.words),
        words=found.words,
        speaker=recording.speaker,
        file=str(recording.path),
        start_s=recording.start_s,
        end_s=recording.start_s + len(sound) / recogniser.sample_rate_hz,
        reference=recording.text,
    )


def show(result: dict[str, Any]) -> str:
    """Return the least clear words, and what was left out."""
    lines = [f"{result['recordings']} recordings, {len(result['words'])} words aligned"]
    if result["out"] is not None:
        lines.append(f"times written to {result['out']}")
    if result["doubtful"]:
        rows = [
            [
                word["recording"],
                word["text"],
                f"{word['start_s']:.2f}",
                f"{word['end_s']:.2f}",
                f"{word['confidence']:.2f}",
            ]
            for word in result["doubtful"]
        ]
        lines.append("least clear, perhaps wrongly transcribed:")
        lines.append(table(rows, header=["recording", "word", "from s", "to s", "clarity"]))
    return "\n".join([*lines, *(f"left out: {one}" for one in result["left_out"])])
