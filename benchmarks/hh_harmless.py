"""Accuracy on real harmlessness preferences of small models from scratch, beside length and the ceiling of noise.

``python benchmarks/hh_harmless.py [--seeds 3] [--json]``

The 2,312 pairs of Anthropic's HH-RLHF harmless-base test file, which TACIT_DATA holds as ``hh_rlhf``, split by
conversation, a fifth held out, another fifth for each seed. Three scorers learn from the others: a preference model, a
GPT of one layer without pre-training over the words that occur ten times; a logistic regression on which of those
words the two replies hold; and the length of the reply, in the direction that is right more often in training.
Intervals are bootstrapped over conversations. The ceiling is what labels that agree with each other 63 % of the time,
as published, let any model reach.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from tacit.cli.terminal import table
from tacit.measure import Estimate, bootstrap
from tacit.measure.agreement import accuracy_ceiling
from tacit_language.data import read_compared, split_by_conversation
from tacit_language.models import GPT, GPTConfig
from tacit_language.preference import PreferenceSettings, fit_preferences, pairs, sequences

DATA = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[2] / "shared" / "data"))
FILE = DATA / "hh_rlhf" / "harmless_base_test.jsonl.gz"
WORD = re.compile(r"\w+|[^\w\s]|\n")
CONTEXT, RAREST, UNKNOWN = 192, 10, 0
PUBLISHED_AGREEMENT = 0.63  # Bai et al. 2022, section 2.2
SETTINGS = PreferenceSettings(members=1, epochs=4, patience=2, learning_rate=2e-3, held_out_share=0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not FILE.exists():
        print(f"{FILE} is missing: set TACIT_DATA to the folder that holds hh_rlhf", file=sys.stderr)
        return 1
    torch.set_num_threads(1)
    data = Data()
    right: dict[str, list[NDArray[np.float64]]] = {}
    conversations: list[NDArray[Any]] = []
    for seed in range(given.seeds):
        held_out = split_by_conversation(data.conversations, 0.2, seed=seed)
        conversations.append(np.array(data.conversations)[held_out])
        for name, scorer in (("preference model", data.by_model), ("words", data.by_words), ("length", data.by_length)):
            right.setdefault(name, []).append(scorer(held_out, seed))
    clusters = np.concatenate(conversations)
    rows = []
    for name, found in right.items():
        accuracy = bootstrap(lambda x: float(x.mean()), np.concatenate(found), seed=0, clusters=clusters)
        interval = {"accuracy": accuracy.mean, "low": accuracy.low, "high": accuracy.high}
        rows.append({"scorer": name, **interval, "n": len(clusters)})
    ceiling = accuracy_ceiling(Estimate(PUBLISHED_AGREEMENT, PUBLISHED_AGREEMENT, PUBLISHED_AGREEMENT, 1)).equally_hard
    rows.append({"scorer": "the ceiling of noise", "accuracy": ceiling.mean, "low": None, "high": None, "n": None})
    if given.json:
        print(json.dumps({"name": "hh_harmless", "rows": rows}))
    else:
        cells = [[f"{v:.3f}" if isinstance(v, float) else v for v in row.values()] for row in rows]
        print(table(cells, header=list(rows[0])))
    return 0


class Data:
    """The pairs, as words; the first reply of each is the preferred one."""

    def __init__(self) -> None:
        compared = list(read_compared(FILE))
        self.conversations = [c.conversation for c in compared]
        better = [(c.first, c.second) if c.target > 0.5 else (c.second, c.first) for c in compared]
        split = [d.split() for pair in better for d in pair]
        self.prompts = [WORD.findall(prompt.lower()) for prompt, _ in split]
        self.replies = [WORD.findall(reply.lower()) for _, reply in split]

    def by_model(self, held_out: NDArray[np.bool_], seed: int) -> NDArray[np.float64]:
        """Return whether a preference model is right about each pair held out; half if its scores are equal."""
        code = self._vocabulary(held_out)
        prompts, replies = ([[code.get(w, UNKNOWN) for w in words] for words in side] for side in self._both())
        texts = sequences(prompts, [reply[-CONTEXT + 1 :] for reply in replies], context_length=CONTEXT)
        first = 2 * np.arange(len(held_out))
        given = pairs(texts, first[~held_out], first[~held_out] + 1)
        trunk = GPT(
            GPTConfig(context_length=CONTEXT, width=32, n_layers=1, n_heads=2, vocabulary_size=len(code) + 1), seed=seed
        )
        fit = fit_preferences(given, trunk, SETTINGS, seed=seed)
        print(f"seed {seed}: {fit.history}", file=sys.stderr, flush=True)
        return _right(fit.score(texts), held_out)

    def by_words(self, held_out: NDArray[np.bool_], _: int) -> NDArray[np.float64]:
        """Return the same of a logistic regression on the words of the replies."""
        code = self._vocabulary(held_out)
        rows, columns = [], []
        for row, reply in enumerate(self.replies):
            known = {code[w] for w in reply if w in code}
            rows += [row] * len(known)
            columns += list(known)
        bags = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(self.replies), len(code) + 1))
        difference = (bags[::2] - bags[1::2])[~held_out]
        both = np.repeat([1.0, -1.0], difference.shape[0])
        stacked = vstack([difference, -difference])
        model = LogisticRegression(C=0.02, fit_intercept=False, max_iter=500).fit(stacked, both)
        return _right(bags @ model.coef_[0], held_out)

    def by_length(self, held_out: NDArray[np.bool_], _: int) -> NDArray[np.float64]:
        """Return the same of the replies' length."""
        length = np.array([float(len(reply)) for reply in self.replies])
        longer = _right(length, ~held_out).mean() >= 0.5
        return _right(length if longer else -length, held_out)

    def _both(self) -> tuple[list[list[str]], list[list[str]]]:
        return self.prompts, self.replies

    def _vocabulary(self, held_out: NDArray[np.bool_]) -> dict[str, int]:
        """Return a number from 1 for each word that occurs often enough in training."""
        counts: Counter[str] = Counter()
        for i in np.flatnonzero(np.repeat(~held_out, 2)):
            counts.update(self.prompts[i] + self.replies[i])
        return {word: i for i, word in enumerate((w for w, n in counts.most_common() if n >= RAREST), start=1)}


def _right(score: NDArray[Any], which: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return 1 where the preferred reply has the higher score, ½ where both have the same."""
    lead = (score[::2] - score[1::2])[which]
    return np.asarray((np.sign(lead) + 1) / 2, dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
