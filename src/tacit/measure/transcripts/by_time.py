"""Recognised words handed to the segments of speech in whose time they fall."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tacit.errors import BadValue
from tacit.measure.transcripts.timed import Channel, Segment, TimedText, read_ctm, read_stm
from tacit.measure.transcripts.utterances import Utterances

IGNORED = ("ignore_time_segment_in_scoring", "ignoretimesegmentinscoring")
REDUCTIONS = ("none", "reference", "hypothesis", "both")


def read_stm_and_ctm(reference: Path, hypothesis: Path, *, encoding: str = "utf-8", reduce: str = "none") -> Utterances:
    """Return the segments of an stm file, each with the words of a ctm file that fall into it.

    A word belongs to the first segment of its channel that ends after the word's middle; the last segment takes what is
    left. Segments whose text is ``IGNORE_TIME_SEGMENT_IN_SCORING`` are left out with their words. A channel of which
    nothing was recognised counts as deletions.

    Args:
        reference: an stm file.
        hypothesis: a ctm file.
        encoding: of both files.
        reduce: which side is cut to the time of the other one: segments before the first and after the last word
            (``reference``), words before the first and after the last segment (``hypothesis``), ``both`` or ``none``.

    Raises:
        BadFile: a file that cannot be read. BadValue: no segments, words of a channel that has none, or an unknown cut.

    Source: NIST SCTK, sclite's alignment of ctm to stm.
    """
    if reduce not in REDUCTIONS:
        raise BadValue("reduce", got=repr(reduce), expected=f"one of {', '.join(REDUCTIONS)}")
    segments, words = read_stm(reference, encoding=encoding), read_ctm(hypothesis, encoding=encoding)
    if not segments:
        raise BadValue(str(reference), got="no segments", expected="a segment a line")
    channels = dict.fromkeys(segment.channel for segment in segments)
    for word in words:
        if word.channel not in channels:
            got = f"a word of file {word.channel[0]!r}, channel {word.channel[1]!r}"
            raise BadValue(
                f"{hypothesis}, line {word.row}", got=got, expected=f"only files and channels of {reference}"
            )
    pairs: list[tuple[Segment, str]] = []
    for channel in channels:
        mine = [segment for segment in segments if segment.channel == channel]
        heard = [word for word in words if word.channel == channel]
        pairs += _shared(*_reduced(mine, heard, reduce))
    numbers: dict[str, int] = {}
    names = []
    for segment, _ in pairs:
        numbers[segment.speaker] = numbers.get(segment.speaker, -1) + 1
        names.append(f"{segment.speaker}-{numbers[segment.speaker]:03d}")
    speakers = tuple(segment.speaker for segment, _ in pairs)
    said = tuple(segment.text for segment, _ in pairs)
    return Utterances(tuple(names), speakers, said, tuple(text for _, text in pairs), marked_up=True)


def read_two_ctm(reference: Path, hypothesis: Path, *, encoding: str = "utf-8") -> Utterances:
    """Return two ctm files, each channel as one utterance.

    Raises:
        BadFile: a file that cannot be read. BadValue: no words, or words of a channel that the reference lacks.

    Source: NIST SCTK, the ctm format.
    """
    said, heard = (read_ctm(path, encoding=encoding) for path in (reference, hypothesis))
    if not said:
        raise BadValue(str(reference), got="no words", expected="a word a line")
    channels = list(dict.fromkeys(word.channel for word in said))
    for word in heard:
        if word.channel not in channels:
            got = f"a word of file {word.channel[0]!r}, channel {word.channel[1]!r}"
            raise BadValue(
                f"{hypothesis}, line {word.row}", got=got, expected=f"only files and channels of {reference}"
            )
    names = tuple("-".join(channel) for channel in channels)
    references, hypotheses = (_by_channel(one, channels) for one in (said, heard))
    return Utterances(names, names, references, hypotheses, marked_up=True)


def _by_channel(words: Sequence[TimedText], channels: Sequence[Channel]) -> tuple[str, ...]:
    return tuple(" ".join(word.text for word in words if word.channel == channel) for channel in channels)


def _reduced(
    segments: Sequence[Segment], words: Sequence[TimedText], reduce: str
) -> tuple[Sequence[Segment], Sequence[TimedText]]:
    if reduce in ("reference", "both") and words:
        first_s, last_s = words[0].begin_s, words[-1].end_s
        segments = [one for one in segments if first_s < one.end_s and last_s > one.begin_s]
    if reduce in ("hypothesis", "both"):
        first_s = min((one.begin_s for one in segments), default=0.0)
        last_s = max((one.end_s for one in segments), default=-1.0)
        words = [word for word in words if word.begin_s <= last_s and word.end_s >= first_s]
    return segments, words


def _shared(segments: Sequence[Segment], words: Sequence[TimedText]) -> list[tuple[Segment, str]]:
    """Return each segment that counts with the words that fall into it."""
    pairs, taken = [], 0
    for number, segment in enumerate(segments):
        begin = taken
        while taken < len(words) and (number == len(segments) - 1 or words[taken].middle_s < segment.end_s):
            taken += 1
        if not any(mark in segment.text.lower() for mark in IGNORED):
            pairs.append((segment, " ".join(word.text for word in words[begin:taken])))
    return pairs
