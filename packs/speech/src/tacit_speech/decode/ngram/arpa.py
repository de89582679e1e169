"""ARPA files: the text form of n-gram models that every recogniser reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tacit.errors import BadFile, CannotWrite
from tacit_speech.decode.ngram.model import SPECIAL, Ints, NGram
from tacit_speech.decode.ngram.text import BEGIN, SPACE, Unit, read_lines

NEVER = -99.0
"""How ARPA writes the logarithm of zero."""

LN10 = math.log(10)


def write_arpa(model: NGram, path: Path) -> None:
    """Write `model` to `path` with base-10 logarithms, n-grams in the order of the vocabulary.

    Raises:
        CannotWrite: no such folder, or no room.
    """
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(_written(model))
    except OSError as error:
        raise CannotWrite(str(path), got=error.strerror, expected="a folder that can be written") from None


def _written(model: NGram) -> Iterator[str]:
    yield "\\data\\\n"
    yield from (f"ngram {k}={size}\n" for k, size in enumerate(model.sizes, 1))
    prob = np.maximum(np.where(np.isneginf(model.log_prob), NEVER, model.log_prob / LN10), NEVER).tolist()
    backoff = np.maximum(model.log_backoff / LN10, NEVER).tolist()
    contexts, words = model.contexts.tolist(), model.words.tolist()
    names, first = [""], 1
    before: list[str] = [""]
    for k, size in enumerate(model.sizes, 1):
        yield f"\n\\{k}-grams:\n"
        low = first - len(before)
        names = [
            f"{before[contexts[i] - low]} {model.vocabulary[words[i]]}".lstrip() for i in range(first, first + size)
        ]
        has_backoff = k < model.order
        for i, name in enumerate(names, first):
            yield f"{prob[i]:.8g}\t{name}\t{backoff[i]:.8g}\n" if has_backoff else f"{prob[i]:.8g}\t{name}\n"
        before, first = names, first + size
    yield "\n\\end\\\n"


@dataclass
class _Section:
    """The n-grams of one order as they stand in the file."""

    rows: list[int] = field(default_factory=list)
    tokens: list[list[str]] = field(default_factory=list)
    prob: list[float] = field(default_factory=list)
    backoff: list[float] = field(default_factory=list)


def read_arpa(path: Path, *, unit: Unit | None = None) -> NGram:
    """Read an ARPA file, plain or gzipped.

    Args:
        path: the file; n-grams may stand in any order.
        unit: what a token is; if absent, characters where the file has ``<space>`` and no token longer than one.

    Raises:
        BadFile: not an ARPA file, or one that ends too soon, counts wrongly, or has an n-gram without its beginning;
            names the line.
    """
    promised, sections = _sections(path)
    for k, (n, section) in enumerate(zip(promised, sections, strict=True), 1):
        if len(section.rows) != n:
            got = f"{len(section.rows)} {k}-grams"
            raise BadFile(str(path), got=got, expected=f"the {n} that its head promises", do="Copy the file anew")
    singles = [tokens[0] for tokens in sections[0].tokens]
    vocabulary = (*SPECIAL, *sorted(set(singles).difference(SPECIAL)))
    ids = {token: i for i, token in enumerate(vocabulary)}
    contexts, words, prob, backoff, sizes = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], [[0.0]], [[0.0]], []
    keys = np.zeros(0, dtype=np.int64)
    for k, section in enumerate(sections, 1):
        rows = np.array(
            [_ids(tokens, ids, path, row) for tokens, row in zip(section.tokens, section.rows, strict=True)]
        )
        if k == 1:
            rows = _with_special(rows, section)
        context = _contexts(rows.reshape(-1, k), keys, len(vocabulary), path, section)
        own = context * len(vocabulary) + rows.reshape(-1, k)[:, -1]
        order = np.argsort(own, kind="stable")
        if (twice := np.flatnonzero(np.diff(own[order]) == 0)).size:
            row = section.rows[order[twice[0] + 1]]
            raise BadFile(f"{path} line {row}", got="an n-gram that stands above", expected="each once")
        keys = np.concatenate([keys, own[order]])
        contexts.append(context[order])
        words.append(rows.reshape(-1, k)[order, -1])
        prob.append((np.array(section.prob)[order] * LN10).tolist())
        backoff.append((np.array(section.backoff)[order] * LN10).tolist())
        sizes.append(len(own))
    log_prob = np.concatenate([np.asarray(one, dtype=float) for one in prob])
    log_prob[log_prob <= NEVER * LN10] = -np.inf
    log_backoff = np.concatenate([np.asarray(one, dtype=float) for one in backoff])
    kind = unit if unit is not None else _unit(vocabulary)
    return NGram(kind, vocabulary, np.concatenate(contexts), np.concatenate(words), log_prob, log_backoff, tuple(sizes))


def _unit(vocabulary: Sequence[str]) -> Unit:
    own = [token for token in vocabulary if token not in (*SPECIAL, SPACE)]
    return Unit.CHARACTER if SPACE in vocabulary and all(len(token) == 1 for token in own) else Unit.WORD


def _ids(tokens: list[str], ids: dict[str, int], path: Path, row: int) -> list[int]:
    try:
        return [ids[token] for token in tokens]
    except KeyError as error:
        expected = "words that are among the 1-grams"
        raise BadFile(f"{path} line {row}", got=error.args[0], expected=expected) from None


def _with_special(rows: Ints, section: _Section) -> Ints:
    """Add the special tokens that a file lacks: nothing leads to them."""
    missing = sorted(set(range(len(SPECIAL))).difference(rows[:, 0].tolist()))
    for i in missing:
        section.rows.append(0)
        section.tokens.append([SPECIAL[i]])
        section.prob.append(NEVER)
        section.backoff.append(0.0)
    return np.append(rows[:, 0], np.array(missing, dtype=np.int64))[:, None]


def _contexts(rows: Ints, keys: Ints, n_words: int, path: Path, section: _Section) -> Ints:
    """Return the number of each n-gram's context, which is found a token at a time."""
    context = np.zeros(len(rows), dtype=np.int64)
    for column in range(rows.shape[1] - 1):
        wanted = context * n_words + rows[:, column]
        at = np.searchsorted(keys, wanted)
        if (missing := np.flatnonzero(keys[at.clip(max=len(keys) - 1)] != wanted)).size:
            tokens = section.tokens[missing[0]]
            raise BadFile(
                f"{path} line {section.rows[missing[0]]}",
                got=" ".join(tokens),
                expected=f"its beginning {' '.join(tokens[: column + 1])!r} to be an n-gram too",
            )
        context = at + 1
    return context


def _sections(path: Path) -> tuple[list[int], list[_Section]]:
    """Return how many n-grams of each order the head promises, and those that the file has."""
    promised: list[int] = []
    sections: list[_Section] = []
    reading = ""
    for row, line in enumerate(read_lines(path), 1):
        text = line.strip()
        if not text:
            continue
        if text == "\\end\\" and promised:
            return promised, [*sections, *(_Section() for _ in range(len(promised) - len(sections)))]
        if text == "\\data\\":
            reading = "head"
        elif not reading:
            continue  # a comment may stand before the head
        elif text.startswith("\\"):
            if text != f"\\{len(sections) + 1}-grams:" or len(sections) >= len(promised):
                expected = f"\\{len(sections) + 1}-grams: or \\end\\"
                raise BadFile(f"{path} line {row}", got=text, expected=expected)
            sections.append(_Section())
            reading = "grams"
        elif reading == "head":
            promised.append(_promise(text, len(promised) + 1, f"{path} line {row}"))
        else:
            _add(sections[-1], line, len(sections), f"{path} line {row}", row)
    got = "no line \\data\\" if not reading else "no line \\end\\"
    raise BadFile(
        str(path), got=got, expected="a whole ARPA file", do="Copy it anew, or build one: tacit speech lm build"
    )


def _promise(text: str, k: int, where: str) -> int:
    head, _, n = text.replace(" =", "=").replace("= ", "=").partition("=")
    if head.split() != ["ngram", str(k)] or not n.isdigit():
        raise BadFile(where, got=text, expected=f"ngram {k}=NUMBER")
    return int(n)


def _add(section: _Section, line: str, k: int, where: str, row: int) -> None:
    parts = line.split()
    if len(parts) not in (k + 1, k + 2):
        raise BadFile(where, got=f"{len(parts)} fields", expected=f"a logarithm, {k} tokens and, if any, a backoff")
    try:
        prob, backoff = float(parts[0]), float(parts[k + 1]) if len(parts) == k + 2 else 0.0
    except ValueError as error:
        raise BadFile(where, got=str(error).partition(": ")[2], expected="a number") from None
    if not (prob <= 0 and math.isfinite(prob) and math.isfinite(backoff)):
        raise BadFile(where, got=parts[0], expected="the base-10 logarithm of a probability, 0 or below")
    section.rows.append(row)
    section.tokens.append(parts[1 : k + 1])
    section.prob.append(prob if parts[1:2] != [BEGIN] or k > 1 else NEVER)
    section.backoff.append(backoff)
