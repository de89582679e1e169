"""Symbols of several characters, learned from text: the pairs that stand together most often, again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from tacit.errors import BadValue
from tacit_speech.alphabet import Alphabet, normalized


def word_pieces(texts: Iterable[str], n_symbols: int, *, lowercase: bool = True) -> Alphabet:
    """Return an alphabet of pieces of words.

    Characters come first, so that every text that is made of them can be written; then the pair of neighbours that is
    most frequent becomes a piece, until there are enough or no pair stands twice. Pieces never reach over a space.

    Args:
        texts: to learn from.
        n_symbols: of the alphabet, without the blank.
        lowercase: whether text is put in lower case.

    Raises:
        BadValue: fewer symbols than the texts have characters.

    Source: Sennrich, Haddow and Birch 2015, algorithm 1 (byte pair encoding of words), arXiv:1508.07909.
    """
    words = Counter(word for text in texts for word in normalized(text, lowercase=lowercase).split())
    characters = sorted({" "} | {character for word in words for character in word})
    if n_symbols < len(characters):
        got = f"{n_symbols} symbols for {len(characters)} characters"
        raise BadValue("--word-pieces", got=got, expected=f"{len(characters)} or more")
    pieces = {word: tuple(word) for word in words}
    symbols = list(characters)
    while len(symbols) < n_symbols:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, cut in pieces.items():
            for pair in pairwise(cut):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        pieces = {word: _joined(cut, best) for word, cut in pieces.items()}
        if (joined := "".join(best)) not in symbols:
            symbols.append(joined)
    return Alphabet(tuple(symbols), lowercase)


def _joined(cut: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    out: list[str] = []
    for piece in cut:
        if out and (out[-1], piece) == pair:
            out[-1] = "".join(pair)
        else:
            out.append(piece)
    return tuple(out)
