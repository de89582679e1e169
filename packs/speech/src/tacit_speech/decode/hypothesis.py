"""What a decoder returns: texts with their scores, best first, and when each word was said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tacit_speech.alphabet import Alphabet
from tacit_speech.audio.transcripts_out import TimedWord
from tacit_speech.decode.alignment import align
from tacit_speech.posteriors import Posteriors


@dataclass(frozen=True)
class Hypothesis:
    """A text that a recording may say.

    Args:
        text: words with single spaces between them.
        ids: the symbols as they were decoded, blanks and repetitions gone.
        log_p: ln p(text | recording) of CTC, summed over the alignments that the search kept.
        log_bonus: what the language model and the word bonus add: alpha ln p(text) + beta words.
        words: when each word was said, where that was asked for.
    """

    text: str
    ids: tuple[int, ...]
    log_p: float
    log_bonus: float
    words: tuple[TimedWord, ...] = ()

    @property
    def score(self) -> float:
        """By which hypotheses are ordered: `log_p` + `log_bonus`."""
        return self.log_p + self.log_bonus


def hypothesis(ids: tuple[int, ...], alphabet: Alphabet, log_p: float, log_bonus: float) -> Hypothesis:
    """Return the hypothesis of symbols; spaces at the ends and runs of them vanish from its text."""
    return Hypothesis(" ".join(alphabet.text(ids).split()), ids, log_p, log_bonus)


def with_word_times(found: list[Hypothesis], posteriors: Posteriors) -> list[Hypothesis]:
    """Return hypotheses of one recording with the times of their words, by forced alignment of each."""
    return [
        replace(one, words=aligned.words)
        for one, aligned in zip(found, align([posteriors] * len(found), [one.text for one in found]), strict=True)
    ]
