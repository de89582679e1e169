"""Simulated transcribers: each leaves out, puts in and mistakes words at a rate of its own, with the truth known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

VOCABULARY = ("the", "a", "of", "to", "in", "it", "is", "was", "on", "that", "he", "for", "his", "with", "as", "at")


def simulated_transcripts(
    n_items: int,
    error_rates: Sequence[float],
    *,
    seed: int = 0,
    n_words: int = 8,
    vocabulary: Sequence[str] = VOCABULARY,
) -> tuple[pl.DataFrame, list[str]]:
    """Return a table with columns `item`, `labeler` and `label`, and the true text of each item.

    Half of the errors are substitutions by any other word alike, a quarter deletions, a quarter insertions.

    Args:
        n_items: how many items.
        error_rates: errors a word of each transcriber, from 0 to 1; all of them transcribe every item.
        seed: of the texts and of the errors.
        n_words: words an item on average, at least 1 in each.
        vocabulary: the words, at least two.
    """
    rng = np.random.default_rng(seed)
    lengths = 1 + rng.poisson(n_words - 1, n_items)
    truth = [rng.integers(len(vocabulary), size=n).tolist() for n in lengths.tolist()]
    rows = []
    for labeler, rate in enumerate(error_rates):
        for item, said in enumerate(truth):
            heard: list[int] = []
            for word, chance in zip(said, rng.random(len(said)).tolist(), strict=True):
                other = (word + int(rng.integers(1, len(vocabulary)))) % len(vocabulary)
                if chance < 0.25 * rate:
                    heard += [word, other]  # one put in
                elif chance < 0.5 * rate:
                    pass  # left out
                else:
                    heard.append(other if chance < rate else word)
            rows.append((f"i{item}", f"w{labeler}", " ".join(vocabulary[word] for word in heard)))
    table = pl.DataFrame(rows, schema=["item", "labeler", "label"], orient="row")
    return table, [" ".join(vocabulary[word] for word in said) for said in truth]
