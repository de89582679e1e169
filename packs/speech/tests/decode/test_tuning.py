import json

import numpy as np
import pytest

from tacit.errors import BadFile, BadValue
from tacit_speech import Alphabet, Posteriors
from tacit_speech.decode import CharacterFusion, WordFusion
from tacit_speech.decode.ngram import Unit, build
from tacit_speech.decode.tuning import Weights, _best, fusion_of, read_weights, tune, write_weights

ALPHABET = Alphabet(tuple(" abcde"))
WORDS = ["ab", "ba", "cde", "bad", "ace"]
AFTER = {"ab": "bad", "bad": "ba", "ba": "cde", "cde": "ace", "ace": "ab"}


def heard(text, rng, noise):
    """Return posteriors of a text: each symbol in one frame and a blank behind it, under noise."""
    path = [symbol for one in ALPHABET.ids(text).tolist() for symbol in (one, 0)]
    logits = noise * rng.normal(size=(len(path), len(ALPHABET)))
    logits[np.arange(len(path)), path] += 4
    table = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return Posteriors(table.astype(np.float32), ALPHABET, 0.02)


def corpus(n, *, seed, noise=2.0):
    rng = np.random.default_rng(seed)
    said = []
    for _ in range(n):
        words = [str(rng.choice(WORDS))]
        while len(words) < 4:
            words.append(AFTER[words[-1]] if rng.random() < 0.9 else str(rng.choice(WORDS)))
        said.append(" ".join(words))
    return said, [heard(text, rng, noise) for text in said]


def test_a_model_that_knows_the_words_is_given_weight_and_helps():
    training, _ = corpus(100, seed=0)
    said, utterances = corpus(20, seed=1)
    model, _ = build(training, 2)
    surface = tune(model, utterances, said, alphas=(0.0, 0.5, 1.0), betas=(0.0, 2.0), words=WORDS)
    assert surface.wer.shape == (3, 2)
    assert surface.best.alpha > 0
    assert surface.at_best.mean == surface.wer.min() < surface.without.mean / 3
    assert surface.wer[surface.alphas.index(surface.best.alpha), surface.betas.index(surface.best.beta)] == (
        surface.wer.min()
    )


def test_of_equal_rates_the_middle_of_the_plateau_is_chosen():
    # Lowest is 0 at (1, 1), (1, 2), (1, 3) and (3, 4). (1, 2) has two neighbours at 0 and six at 1, the others fewer.
    wer = np.ones((5, 5))
    wer[1, 1:4] = wer[3, 4] = 0
    assert _best(wer) == (1, 2)


def test_weights_survive_their_file(tmp_path):
    said, utterances = corpus(3, seed=2)
    surface = tune(build(said, 1)[0], utterances, said, alphas=(0.5,), betas=(1.0,), closed=True)
    write_weights(tmp_path / "weights.json", surface)
    assert read_weights(tmp_path / "weights.json") == surface.best == Weights(0.5, 1.0)
    assert json.loads((tmp_path / "weights.json").read_text())["surface"]["wer"] == surface.wer.tolist()
    assert not surface.at_the_edge  # one pair alone has no rim


def test_the_fusion_follows_the_unit_of_the_model():
    assert isinstance(fusion_of(build(WORDS, 1)[0], ALPHABET, Weights(1, 1)), WordFusion)
    characters, _ = build(WORDS, 2, unit=Unit.CHARACTER)
    assert isinstance(fusion_of(characters, ALPHABET, Weights(1, 1)), CharacterFusion)
    with pytest.raises(BadValue, match="lexicon: got one for a model over characters"):
        fusion_of(characters, ALPHABET, Weights(1, 1), closed=True)


def test_what_cannot_be_tuned_is_refused(tmp_path):
    model, (said, utterances) = build(WORDS, 1)[0], corpus(2, seed=0)
    with pytest.raises(BadValue, match="2 recordings, 1 transcripts"):
        tune(model, utterances, said[:1])
    (tmp_path / "w.json").write_text('{"alpha": 1}')
    with pytest.raises(BadFile, match='expected an object with the numbers "alpha" and "beta"'):
        read_weights(tmp_path / "w.json")
