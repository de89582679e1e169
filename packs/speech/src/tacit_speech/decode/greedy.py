"""The likeliest symbol of each frame: the fastest decoding, and what a language model is measured against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tacit_speech.decode.hypothesis import Hypothesis, hypothesis
from tacit_speech.posteriors import Posteriors


def greedy(utterances: Sequence[Posteriors]) -> list[Hypothesis]:
    """Return the text of each utterance's likeliest alignment.

    Its `log_p` is that of the one alignment, a lower bound of the text's.

    Source: Graves, Fernández, Gomez, Schmidhuber 2006, section 3.2 (best path decoding), doi:10.1145/1143844.1143891.
    """
    return [_greedy(one) for one in utterances]


def _greedy(utterance: Posteriors) -> Hypothesis:
    table = utterance.log_posteriors
    if not len(table):
        return hypothesis((), utterance.alphabet, 0.0, 0.0)
    path = table.argmax(axis=1)
    new = np.append(True, path[1:] != path[:-1]) & (path != utterance.alphabet.blank)
    log_p = float(table.max(axis=1).sum(dtype=np.float64))
    return hypothesis(tuple(path[new].tolist()), utterance.alphabet, log_p, 0.0)
