"""What a batch of requests amounts to: whole recordings are heard together, pieces of streams one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.acoustic import Stream
from tacit_speech.decode import greedy
from tacit_speech.labeler import Heard, Recognizer
from tacit_speech.posteriors import Posteriors

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Whole:
    """A recording that is to be heard.

    Args:
        samples: at the model's rate, shape (sample,).
    """

    samples: Samples


@dataclass(eq=False)
class Speaking:
    """A stream that is being heard.

    Args:
        stream: the state of its network.
        rows: posteriors that are known so far.
        n_samples: how many samples have come.
    """

    stream: Stream
    rows: list[Posteriors] = field(default_factory=list)
    n_samples: int = 0


@dataclass(frozen=True, eq=False)
class Piece:
    """More sound of a stream.

    Args:
        of: the stream.
        samples: at the model's rate, shape (sample,); none at its end.
        last: whether nothing follows.
    """

    of: Speaking
    samples: Samples
    last: bool = False


@dataclass(frozen=True)
class SoFar:
    """What a stream has said so far.

    Args:
        text: its words; the last ones may still change until `final`.
        heard_s: seconds of sound that have come.
        final: whether the stream has ended.
        heard: words with times and credences, once it has ended.
    """

    text: str
    heard_s: float
    final: bool
    heard: Heard | None = None


class Answering:
    """Answers batches.

    Args:
        recognizer: hears.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer

    def open_stream(self) -> Speaking:
        """Return a new stream.

        Raises:
            BadValue: the model has to hear a recording whole.
        """
        return Speaking(Stream(self._recognizer.model))

    def __call__(self, requests: Sequence[Whole | Piece]) -> list[Heard | SoFar | Exception]:
        """Return an answer for each request, in their order; of a request that failed, the exception."""
        answers: dict[int, Heard | SoFar | Exception] = {}
        whole = [(at, one.samples) for at, one in enumerate(requests) if isinstance(one, Whole)]
        if whole:
            heard = self._recognizer.hear([samples for _, samples in whole])
            answers.update(zip([at for at, _ in whole], heard, strict=True))
        for at, one in enumerate(requests):
            if isinstance(one, Piece):
                answers[at] = self._piece(one)
        return [answers[at] for at in range(len(requests))]

    def _piece(self, piece: Piece) -> SoFar | Exception:
        of, rate = piece.of, self._recognizer.model.sample_rate_hz
        try:
            of.n_samples += len(piece.samples)
            of.rows.append(of.stream.push(piece.samples))
            if piece.last:
                of.rows.append(of.stream.finish())
        except BadValue as error:
            return error
        so_far = _joined(of.rows)
        if not piece.last:
            return SoFar(greedy([so_far])[0].text, of.n_samples / rate, final=False)
        heard = self._recognizer.heard(self._recognizer.search([so_far]))[0]
        return SoFar(heard.text, of.n_samples / rate, final=True, heard=heard)


def _joined(rows: Sequence[Posteriors]) -> Posteriors:
    tables = np.concatenate([one.log_posteriors for one in rows])
    return Posteriors(tables, rows[0].alphabet, rows[0].frame_s)
