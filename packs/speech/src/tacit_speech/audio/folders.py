"""Manifests that are folders: Kaldi's, LibriSpeech's, and recordings with transcripts beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tacit.errors import BadFile
from tacit.measure.transcripts.lines import file_lines
from tacit_speech.audio.recording import LeftOut, Recording
from tacit_speech.audio.sound import AUDIO_SUFFIXES, FILM_SUFFIXES
from tacit_speech.audio.tables import sound_beside
from tacit_speech.audio.text_grid import read_text_grid, transcript_of


def rows_of_kaldi(folder: Path) -> Iterator[Recording | LeftOut]:
    """Yield the utterances of a Kaldi data folder: ``wav.scp``, and ``segments``, ``text``, ``utt2spk`` if there.

    A line of ``wav.scp`` that is a command is left out: nothing that a file says is run.

    Raises:
        BadFile: a file cannot be read.

    Source: Kaldi's description of data preparation.
    """
    text, speaker = (dict(_pairs(folder / name)) for name in ("text", "utt2spk"))
    segments = folder / "segments"
    sounds: dict[str, tuple[Path, str]] = {}
    for number, line in enumerate(file_lines(folder / "wav.scp"), start=1):
        where = f"{folder / 'wav.scp'}, line {number}"
        name, _, place = line.strip().partition(" ")
        place = place.strip()
        if not line.strip():
            continue
        if not place or place.endswith("|"):
            yield LeftOut(where, name, "a command, which is not run" if place else "no file named")
            continue
        path = Path(place) if Path(place).is_absolute() else _from(folder, place)
        sounds[name] = (path, where)
        if not segments.is_file():
            yield Recording(name, path, where, text.get(name), speaker.get(name, ""))
    if segments.is_file():
        for number, line in enumerate(file_lines(segments), start=1):
            yield from _segment(line.split(), f"{segments}, line {number}", sounds, text, speaker)


def _segment(
    fields: list[str],
    where: str,
    sounds: dict[str, tuple[Path, str]],
    text: dict[str, str],
    speaker: dict[str, str],
) -> Iterator[Recording | LeftOut]:
    if not fields:
        return
    name = fields[0]
    try:
        _, sound, start, end = fields
        start_s, end_s = float(start), float(end)
    except ValueError:
        yield LeftOut(where, name, "not an utterance, a recording, a begin and an end in seconds")
        return
    if sound not in sounds:
        yield LeftOut(where, name, f"recording {sound!r} is not in wav.scp")
    elif not 0 <= start_s < end_s:
        yield LeftOut(where, name, f"ends at {end_s:g} s, not after its beginning at {start_s:g} s")
    else:
        yield Recording(name, sounds[sound][0], where, text.get(name), speaker.get(name, ""), "", start_s, end_s)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_file():
        for line in file_lines(path):
            name, _, rest = line.strip().partition(" ")
            if name:
                yield name, rest.strip()


def _from(folder: Path, place: str) -> Path:
    """Return a place that Kaldi wrote relative to where it ran: the nearest folder above that has it."""
    return next((up / place for up in (folder, *folder.parents) if (up / place).is_file()), folder / place)


def rows_of_librispeech(folder: Path) -> Iterator[Recording | LeftOut]:
    """Yield the utterances of a LibriSpeech tree: ``SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt`` beside its recordings.

    Raises:
        BadFile: a file cannot be read.

    Source: Panayotov, Chen, Povey and Khudanpur 2015, doi:10.1109/ICASSP.2015.7178964.
    """
    for transcripts in sorted(folder.rglob("*.trans.txt")):
        for number, line in enumerate(file_lines(transcripts), start=1):
            name, _, text = line.strip().partition(" ")
            if not name:
                continue
            where = f"{transcripts}, line {number}"
            found = sound_beside(transcripts.parent, name)
            if found is None:
                yield LeftOut(where, name, "no recording of that name beside it")
            else:
                yield Recording(name, found, where, text, name.partition("-")[0])


def rows_of_folder(folder: Path) -> Iterator[Recording | LeftOut]:
    """Yield all recordings under `folder`, with the transcript that lies beside each, if there is one.

    A transcript is ``NAME.txt``, ``NAME.lab`` or ``NAME.TextGrid``. Recordings in a sub-folder are by the speaker whose
    name the sub-folder bears.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES + FILM_SUFFIXES or not path.is_file():
            continue
        name = path.relative_to(folder).with_suffix("").as_posix()
        speaker = path.parent.relative_to(folder).as_posix() if path.parent != folder else ""
        try:
            text = _transcript_beside(path)
        except BadFile as error:
            yield LeftOut(str(path), path.name, f"its transcript: {error}")
            continue
        yield Recording(name, path, str(path), text, speaker)


def _transcript_beside(path: Path) -> str | None:
    for suffix in (".txt", ".lab"):
        if (beside := path.with_suffix(suffix)).is_file():
            return " ".join(" ".join(file_lines(beside)).split())
    grid = path.with_suffix(".TextGrid")
    return transcript_of(read_text_grid(grid)) if grid.is_file() else None
