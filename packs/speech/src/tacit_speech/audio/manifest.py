"""Read a manifest, whatever its form: a table, Kaldi's or LibriSpeech's folder, stm, or recordings as they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tacit.errors import BadFile
from tacit_speech.audio.folders import rows_of_folder, rows_of_kaldi, rows_of_librispeech
from tacit_speech.audio.recording import LeftOut, Manifest, Recording, manifest_of
from tacit_speech.audio.sound import AUDIO_SUFFIXES, FILM_SUFFIXES
from tacit_speech.audio.tables import rows_of_json_lines, rows_of_stm, rows_of_table

KINDS = (
    "a .csv, .tsv, .jsonl or .stm file, a folder of Kaldi's or LibriSpeech's, a folder of recordings, or a recording"
)


def read_manifest(source: Path) -> Manifest:
    """Return the recordings that a file or folder lists.

    ==================  ================================================================================
    ``.csv``, ``.tsv``  columns ``path`` (or audio, file …), ``text``, ``speaker``, ``start_s``, ``end_s``
    ``.jsonl``          the same names, one object a line
    ``.stm``            NIST's segments; the sound lies beside it
    a folder            with ``wav.scp``: Kaldi's; with ``*.trans.txt``: LibriSpeech's; else all recordings in it, each
                        with a transcript beside it, ``NAME.txt``, ``NAME.lab`` or ``NAME.TextGrid``, where there is one
    a recording         itself
    ==================  ================================================================================

    Rows that cannot be read, and rows that name no file, are left out and named.

    Raises:
        BadFile: no such file, another form, or nothing in it that can be used.
    """
    if not source.exists():
        raise BadFile(str(source), got="no such file or folder", expected=KINDS)
    return manifest_of(source, _rows(source))


def _rows(source: Path) -> Iterable[Recording | LeftOut]:
    if source.is_dir():
        if (source / "wav.scp").is_file():
            return rows_of_kaldi(source)
        librispeech = next(source.rglob("*.trans.txt"), None) is not None
        return rows_of_librispeech(source) if librispeech else rows_of_folder(source)
    suffix = source.suffix.lower()
    if suffix in AUDIO_SUFFIXES + FILM_SUFFIXES:
        return [Recording(source.stem, source, str(source))]
    readers: dict[str, Callable[[Path], Iterable[Recording | LeftOut]]] = {
        ".csv": rows_of_table,
        ".tsv": rows_of_table,
        ".jsonl": rows_of_json_lines,
        ".json": rows_of_json_lines,
        ".stm": rows_of_stm,
    }
    if suffix not in readers:
        raise BadFile(str(source), got=f"a name that ends in {suffix or 'nothing'}", expected=KINDS)
    return readers[suffix](source)
