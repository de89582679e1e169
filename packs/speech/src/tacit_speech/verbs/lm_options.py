"""The options of a language model that every sub-verb which writes text shares."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tacit.errors import BadFile, BadValue

if TYPE_CHECKING:
    from tacit_speech.alphabet import Alphabet
    from tacit_speech.decode import BeamSettings, Fusion, Hypothesis
    from tacit_speech.decode.tuning import Weights
    from tacit_speech.posteriors import Posteriors

ALPHA, BETA, WIDTH = 0.8, 1.0, 100


def add_lm_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--lm`` and what belongs to it."""
    parser.add_argument("--lm", metavar="FILE", type=Path, help="a language model: .arpa, .arpa.gz, or tacit's .npz")
    parser.add_argument("--alpha", type=float, help=f"weight of the language model (default: {ALPHA})")
    parser.add_argument("--beta", type=float, help=f"bonus of each word (default: {BETA})")
    parser.add_argument("--weights", metavar="FILE", type=Path, help="alpha and beta that `tacit speech lm tune` wrote")
    parser.add_argument(
        "--words", metavar="FILE", type=Path, help="a lexicon, a word a line (default: the model's words)"
    )
    parser.add_argument("--closed", action="store_true", help="write words of the lexicon alone")
    parser.add_argument("--beam", metavar="N", type=int, help=f"texts to keep a frame (default: {WIDTH} with --lm)")


def fusion_from(arguments: argparse.Namespace, alphabet: Alphabet) -> Fusion | None:
    """Return the language model that the arguments name; None where they name none.

    Raises:
        BadValue: an option that needs ``--lm``, or a model that the alphabet cannot write.
        BadFile: a file that cannot be read.
    """
    if arguments.lm is None:
        for option in ("alpha", "beta", "weights", "words"):
            if getattr(arguments, option) is not None:
                raise BadValue(f"--{option}", got="no --lm", expected="a language model that it belongs to")
        if arguments.closed:
            raise BadValue("--closed", got="no --lm", expected="a language model whose words are meant")
        return None
    from tacit_speech.decode.ngram import load_model  # noqa: PLC0415 (kept out of start-up)
    from tacit_speech.decode.tuning import fusion_of  # noqa: PLC0415

    weights = weights_from(arguments)
    words = None if arguments.words is None else words_of(arguments.words)
    return fusion_of(load_model(arguments.lm), alphabet, weights, words=words, closed=arguments.closed)


def weights_from(arguments: argparse.Namespace) -> Weights:
    """Return alpha and beta: as given, else from the file of weights, else the defaults.

    Raises:
        BadFile: a file of weights without alpha or beta.
    """
    from tacit_speech.decode.tuning import Weights, read_weights  # noqa: PLC0415

    tuned = Weights(ALPHA, BETA) if arguments.weights is None else read_weights(arguments.weights)
    alpha = tuned.alpha if arguments.alpha is None else arguments.alpha
    return Weights(alpha, tuned.beta if arguments.beta is None else arguments.beta)


def decoder_from(
    arguments: argparse.Namespace, alphabet: Alphabet
) -> Callable[[Sequence[Posteriors]], list[Hypothesis]]:
    """Return what makes texts of posteriors: a beam search with ``--lm`` or ``--beam``, else the likeliest symbols.

    Raises:
        BadValue: as `fusion_from`, or a width below 1. BadFile: a file that cannot be read.
    """
    from tacit_speech.decode import beam_search, greedy  # noqa: PLC0415

    fusion, settings = fusion_from(arguments, alphabet), beam_from(arguments)
    if fusion is None and arguments.beam is None:
        return greedy
    return lambda utterances: [found[0] for found in beam_search(utterances, fusion, settings)]


def beam_from(arguments: argparse.Namespace, *, n_best: int = 1) -> BeamSettings:
    """Return how wide to search.

    Raises:
        BadValue: a width below 1.
    """
    from tacit_speech.decode import BeamSettings  # noqa: PLC0415

    return BeamSettings(width=WIDTH if arguments.beam is None else arguments.beam, n_best=n_best)


def words_of(path: Path) -> list[str]:
    """Return the words of a file, the first of each line.

    Raises:
        BadFile: no such file, or no word in it.
    """
    from tacit_speech.decode.ngram.text import read_lines  # noqa: PLC0415

    words = [parts[0] for line in read_lines(path) if (parts := line.split())]
    if not words:
        raise BadFile(str(path), got="no words", expected="a word a line")
    return words
