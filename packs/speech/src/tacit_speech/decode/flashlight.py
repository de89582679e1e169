"""flashlight-text as a back end of the search, where it is installed: a lexicon, a model over words, compiled code.

It writes words of the lexicon alone, takes one utterance at a time, and scores a text by its best alignment, where
`beam_search` sums over alignments. Its language model is kenlm's, which reads ours as ARPA.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tacit.errors import BadValue, MissingExtra
from tacit_speech.alphabet import BLANK
from tacit_speech.decode.beam import BeamSettings
from tacit_speech.decode.frames import prepare
from tacit_speech.decode.hypothesis import Hypothesis
from tacit_speech.decode.lexicon import spelled
from tacit_speech.decode.ngram import NGram, Unit, write_arpa
from tacit_speech.decode.ngram.text import BEGIN, END, UNKNOWN
from tacit_speech.posteriors import Posteriors

INSTALL = "tacit-speech[flashlight]"
FAR = 50.0
"""How far below the best a text may fall if nothing is said: flashlight knows no infinity here."""


def flashlight_search(
    utterances: Sequence[Posteriors],
    model: NGram,
    *,
    alpha: float,
    beta: float,
    words: Iterable[str] | None = None,
    settings: BeamSettings | None = None,
) -> list[list[Hypothesis]]:
    """Return the best texts of each utterance, best first, as `beam_search` with a closed lexicon does.

    Args:
        utterances: of one alphabet, with a space.
        model: over words.
        alpha: weight of its natural logarithm.
        beta: bonus of each word.
        words: the lexicon; the model's vocabulary if absent. Words that the alphabet cannot write are left out.
        settings: how wide the search is.

    Raises:
        MissingExtra: flashlight-text or kenlm is not installed.
        BadValue: a model over characters, an alphabet without a space, or no word that it can write.
    """
    settings = settings or BeamSettings()
    if model.unit is not Unit.WORD:
        raise BadValue("language model", got="one over characters", expected="one over words")
    if not utterances:
        return []
    prepare(utterances, None)  # refuses several alphabets, and what is no logarithm
    decoder, dictionary, kept = _decoder(utterances[0], model, (alpha, beta), words, settings)
    found = []
    for one in utterances:
        table = np.ascontiguousarray(one.log_posteriors)
        results = decoder.decode(table.ctypes.data, *table.shape) if len(table) else []
        found.append([_hypothesis(result, dictionary, one) for result in results[: settings.n_best]])
        found[-1] = found[-1] or [Hypothesis("", (), 0.0, 0.0)]
    del kept  # the decoder holds no reference to what it was made of
    return found


def _decoder(
    utterance: Posteriors,
    model: NGram,
    weights: tuple[float, float],
    words: Iterable[str] | None,
    settings: BeamSettings,
) -> tuple[Any, Any, Any]:
    """Return the decoder, its words, and what must live as long as it does."""
    text, dictionaries, kenlm = (_module(name) for name in ("decoder", "dictionary", "decoder.kenlm"))
    alphabet = utterance.alphabet
    if alphabet.space is None:
        raise BadValue("alphabet", got="no space among its symbols", expected="one with a space, which ends a word")
    names = model.vocabulary if words is None else tuple(words)
    ids = {
        name: found
        for name in names
        if name not in (BEGIN, END, UNKNOWN) and (found := spelled(name, alphabet)) is not None
    }
    if not ids:
        raise BadValue("lexicon", got="no words", expected="words that the alphabet can write")
    dictionary = dictionaries.create_word_dict({**{word: [[word]] for word in ids}, UNKNOWN: []})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        write_arpa(model, path)
        language = kenlm.KenLM(str(path), dictionary)
    trie, start = text.Trie(len(alphabet), alphabet.space), language.start(False)
    for word, symbols in ids.items():
        number = dictionary.get_index(word)
        trie.insert([*symbols.tolist(), alphabet.space], number, language.score(start, number)[1])
    trie.smear(text.SmearingMode.MAX)
    options = text.LexiconDecoderOptions(
        beam_size=settings.width,
        beam_size_token=len(alphabet),
        beam_threshold=FAR if settings.beam_log_prob is None else -settings.beam_log_prob,
        # kenlm's logarithms are of base 10, and alpha weighs natural ones
        lm_weight=weights[0] * float(np.log(10)),
        word_score=weights[1],
        unk_score=-float("inf"),
        sil_score=0.0,
        log_add=False,
        criterion_type=text.CriterionType.CTC,
    )
    unknown = dictionary.get_index(UNKNOWN)
    decoder = text.LexiconDecoder(options, trie, language, alphabet.space, BLANK, unknown, [], False)
    return decoder, dictionary, (trie, language)


def _hypothesis(result: Any, dictionary: Any, utterance: Posteriors) -> Hypothesis:  # noqa: ANN401 (flashlight's)
    text = " ".join(dictionary.get_entry(word) for word in result.words if word >= 0)
    log_p = float(result.emittingModelScore)
    return Hypothesis(text, tuple(utterance.alphabet.ids(text).tolist()), log_p, float(result.score) - log_p)


def _module(name: str) -> Any:  # noqa: ANN401 (a module without types)
    try:
        return import_module(f"flashlight.lib.text.{name}")
    except ImportError:
        raise MissingExtra("flashlight_search", package="flashlight.lib.text", install=INSTALL) from None
