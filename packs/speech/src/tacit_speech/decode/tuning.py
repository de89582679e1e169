"""Weight of the language model and bonus of words, chosen on held-out recordings; the whole surface is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadFile, BadValue
from tacit.measure import Estimate
from tacit.measure.word_errors import Utterances, word_errors
from tacit.store.run_folder import read_json, write_json
from tacit_speech.alphabet import Alphabet
from tacit_speech.decode.beam import BeamSettings, beam_search
from tacit_speech.decode.fusion import CharacterFusion
from tacit_speech.decode.greedy import greedy
from tacit_speech.decode.ngram import NGram, Unit
from tacit_speech.decode.symbols import SymbolFusion, symbol_fusion
from tacit_speech.decode.words import UNKNOWN_LOG_PROB, WordFusion, word_fusion
from tacit_speech.posteriors import Posteriors

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
BETAS = (-1.0, 0.0, 1.0, 2.0, 3.0)


@dataclass(frozen=True)
class Weights:
    """What the language model counts for.

    Args:
        alpha: weight of its natural logarithm.
        beta: bonus of each word.
    """

    alpha: float
    beta: float


@dataclass(frozen=True)
class Surface:
    """Word error rate at each pair of weights.

    Args:
        alphas: that were tried, [n_alphas].
        betas: that were tried, [n_betas].
        wer: [n_alphas, n_betas].
        best: the pair of the lowest rate; of equal ones, the one whose neighbours have the lowest, then the smallest.
        at_best: its rate, with an interval; low by the choice, since it was the best of many on the same recordings.
        without: the rate of greedy decoding.
        at_the_edge: whether `best` lies at the rim of what was tried, so that a better pair may lie outside.
    """

    alphas: tuple[float, ...]
    betas: tuple[float, ...]
    wer: NDArray[np.float64]
    best: Weights
    at_best: Estimate
    without: Estimate
    at_the_edge: bool


def tune(
    model: NGram,
    utterances: Sequence[Posteriors],
    said: Sequence[str],
    *,
    alphas: Sequence[float] = ALPHAS,
    betas: Sequence[float] = BETAS,
    words: Sequence[str] | None = None,
    closed: bool = False,
    settings: BeamSettings | None = None,
) -> Surface:
    """Return the word error rate over a grid of weights.

    Args:
        model: the language model.
        utterances: held out: neither the acoustic model nor the language model has seen them, nor will the test.
        said: what was said in each.
        alphas: to try.
        betas: to try.
        words: the lexicon; the model's vocabulary if absent.
        closed: whether only its words may be written.
        settings: how wide to search.

    Raises:
        BadValue: nothing to try, or recordings and transcripts that differ in number.
    """
    if not alphas or not betas or not utterances or len(utterances) != len(said):
        got = f"{len(alphas)} x {len(betas)} weights, {len(utterances)} recordings, {len(said)} transcripts"
        raise BadValue("tuning", got=got, expected="at least one of each, and a transcript for each recording")
    alphas, betas = sorted(set(alphas)), sorted(set(betas))
    wer, estimates = np.empty((len(alphas), len(betas))), {}
    first = fusion_of(model, utterances[0].alphabet, Weights(alphas[0], betas[0]), words=words, closed=closed)
    for i, alpha in enumerate(alphas):
        for j, beta in enumerate(betas):
            fusion = replace(first, alpha=alpha, beta=beta)  # with the same lexicon
            heard = [found[0].text for found in beam_search(utterances, fusion, settings)]
            estimates[i, j] = _wer(said, heard)
            wer[i, j] = estimates[i, j].mean
    i, j = _best(wer)
    edges = [k in (0, len(values) - 1) and len(values) > 1 for k, values in ((i, alphas), (j, betas))]
    without = _wer(said, [one.text for one in greedy(utterances)])
    best = Weights(alphas[i], betas[j])
    return Surface(tuple(alphas), tuple(betas), wer, best, estimates[i, j], without, any(edges))


def _best(wer: NDArray[np.float64]) -> tuple[int, int]:
    """Return the place of the lowest rate; a plateau's middle rather than its rim."""
    padded = np.pad(wer, 1, mode="edge")
    n, m = wer.shape
    around = sum(padded[di : di + n, dj : dj + m] for di in range(3) for dj in range(3))
    order = np.lexsort((np.arange(wer.size), np.round(around, 12).ravel(), np.round(wer, 12).ravel()))
    i, j = divmod(int(order[0]), m)
    return i, j


def _wer(said: Sequence[str], heard: Sequence[str]) -> Estimate:
    return word_errors(Utterances.of(list(said), list(heard))).rates["wer"]


def fusion_of(
    model: NGram,
    alphabet: Alphabet,
    weights: Weights,
    *,
    words: Sequence[str] | None = None,
    closed: bool = False,
) -> CharacterFusion | WordFusion | SymbolFusion:
    """Return the fusion that fits a model, over words or over characters, and an alphabet.

    Raises:
        BadValue: a lexicon for a model over characters, which needs none.
    """
    if model.unit is Unit.CHARACTER:
        if words is not None or closed:
            raise BadValue("lexicon", got="one for a model over characters", expected="none: it spells by itself")
        return CharacterFusion(model, alphabet, weights.alpha, weights.beta)
    unknown = None if closed else UNKNOWN_LOG_PROB
    if alphabet.whole_words:
        names = words if words is not None or not closed else model.vocabulary
        return symbol_fusion(model, alphabet, alpha=weights.alpha, beta=weights.beta, words=names)
    return word_fusion(model, alphabet, alpha=weights.alpha, beta=weights.beta, words=words, unknown_log_prob=unknown)


def write_weights(path: Path, surface: Surface) -> None:
    """Write the best weights with the surface that they were found on, as JSON.

    Raises:
        CannotWrite: no such folder, or no room.
    """
    found = {
        "alpha": surface.best.alpha,
        "beta": surface.best.beta,
        "wer": surface.at_best.as_dict(),
        "greedy_wer": surface.without.as_dict(),
        "surface": {"alpha": surface.alphas, "beta": surface.betas, "wer": surface.wer.tolist()},
    }
    write_json(path, found)


def read_weights(path: Path) -> Weights:
    """Return the weights that `write_weights` wrote.

    Raises:
        BadFile: no such file, or one without alpha and beta.
    """
    value = read_json(path)
    try:
        return Weights(float(value["alpha"]), float(value["beta"]))
    except (KeyError, TypeError, ValueError):
        expected = 'an object with the numbers "alpha" and "beta"'
        raise BadFile(str(path), got=f"{str(value)[:40]}", expected=expected) from None
