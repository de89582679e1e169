"""What a recogniser heard: words with their times, and how sure it is of each and of the whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeardWord:
    """A word that was recognised.

    Args:
        text: the word.
        start_s: when it begins in the recording. end_s: when it ends.
        credence: probability that it is right.
    """

    text: str
    start_s: float
    end_s: float
    credence: float


@dataclass(frozen=True)
class Heard:
    """What was recognised in a recording.

    Args:
        words: in their order; none where nothing was heard.
        credence: probability that the whole is right: every word, and none missing.
        calibrated: whether credences have been fitted to recordings whose words are known.
    """

    words: tuple[HeardWord, ...]
    credence: float
    calibrated: bool

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(word.text for word in self.words)
