"""Two files of transcripts, whatever their format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tacit.errors import BadValue
from tacit.measure.transcripts.by_time import read_stm_and_ctm, read_two_ctm
from tacit.measure.transcripts.lines import file_lines, read_lines
from tacit.measure.transcripts.trn import looks_like_trn, read_trn
from tacit.measure.transcripts.utterances import Utterances

FORMATS = ("auto", "lines", "trn", "stm", "ctm")


def read_transcripts(
    reference: Path,
    hypothesis: Path,
    *,
    form: str = "auto",
    encoding: str = "utf-8",
    speaker_rule: str = "spu_id",
    reduce: str = "none",
    marked_up: bool = False,
) -> Utterances:
    """Return what was said beside what was recognised.

    Args:
        reference: what was said.
        hypothesis: what was recognised.
        form: ``lines``, a line an utterance; ``trn``, words and a name in parentheses; ``stm``, an stm reference and a
            ctm hypothesis; ``ctm``, two ctm files; or ``auto``: by the name of the reference, and trn if each line of
            both files ends in a name in parentheses.
        encoding: of both files.
        speaker_rule: how a trn name tells who spoke, see `read_trn`.
        reduce: see `read_stm_and_ctm`.
        marked_up: whether braces and ``@`` in lines are alternatives, as they are in the other formats.

    Raises:
        BadFile: a file that cannot be read. BadValue: utterances that do not pair, or an unknown format.
    """
    if form not in FORMATS:
        raise BadValue("format", got=repr(form), expected=f"one of {', '.join(FORMATS)}")
    if form == "auto":
        form = _format_of(reference, hypothesis, encoding)
    if form == "stm":
        return read_stm_and_ctm(reference, hypothesis, encoding=encoding, reduce=reduce)
    if reduce != "none":
        raise BadValue("reduce", got=f"{reduce!r} with format {form!r}", expected="format stm, which has times")
    if form == "ctm":
        return read_two_ctm(reference, hypothesis, encoding=encoding)
    if form == "trn":
        return read_trn(reference, hypothesis, encoding=encoding, speaker_rule=speaker_rule)
    return replace(read_lines(reference, hypothesis, encoding=encoding), marked_up=marked_up)


def _format_of(reference: Path, hypothesis: Path, encoding: str) -> str:
    suffix = reference.suffix.lower().removeprefix(".")
    if suffix in ("stm", "ctm", "trn"):
        return suffix
    both = (file_lines(path, encoding) for path in (reference, hypothesis))
    return "trn" if all(looks_like_trn(lines) for lines in both) else "lines"
