"""Between text and tokens: characters or bytes for the model of our own, and what every tokenizer offers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from tacit.errors import BadFile, BadValue
from tacit.store.run_folder import read_json, write_json

END = "<|endoftext|>"


class Tokenizer(Protocol):
    """Maps text to tokens and back."""

    @property
    def vocabulary_size(self) -> int:
        """Tokens that there are."""
        ...

    @property
    def end_id(self) -> int:
        """The token that ends a text, and begins one that has no prompt. It also fills what a mask leaves out."""
        ...

    def encode(self, text: str) -> list[int]:
        """Return the tokens of `text`, no beginning and no end added."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`, without the token that ends it."""
        ...

    def save(self, folder: Path, context_length: int) -> None:
        """Write the files that transformers reads a tokenizer from."""
        ...


class CharacterTokenizer:
    """A token a character, for those of a text; the last token is the end.

    Args:
        characters: the characters that have a token, each once.

    Raises:
        BadValue: none, or one twice.
    """

    def __init__(self, characters: str) -> None:
        if not characters or len(set(characters)) != len(characters):
            raise BadValue("CharacterTokenizer", got=f"{characters[:40]!r}", expected="characters, each of them once")
        self.characters = characters
        self._token = {character: token for token, character in enumerate(characters)}

    @classmethod
    def of(cls, texts: Iterable[str]) -> CharacterTokenizer:
        """Return the tokenizer of the characters that stand in `texts`, in the order of their code points."""
        found: set[str] = set()
        for text in texts:
            found.update(text)
        return cls("".join(sorted(found)))

    @property
    def vocabulary_size(self) -> int:
        """Characters, and the end."""
        return len(self.characters) + 1

    @property
    def end_id(self) -> int:
        """The token that ends a text."""
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        """Return a token a character.

        Raises:
            BadValue: a character has no token.
        """
        try:
            return [self._token[character] for character in text]
        except KeyError as error:
            raise BadValue(
                f"text {text[:40]!r}, character {text.index(error.args[0])}",
                got=repr(error.args[0]),
                expected=f"one of the {len(self.characters)} characters of the tokenizer",
                do="Take a tokenizer on bytes, which knows every text",
            ) from None

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`, without the end."""
        return "".join(self.characters[token] for token in tokens if token != self.end_id)

    def save(self, folder: Path, context_length: int) -> None:
        """Write the files that transformers reads a tokenizer from."""
        vocabulary = {character: token for token, character in enumerate(self.characters)}
        _save(folder, context_length, vocabulary, byte_level=False)


class ByteTokenizer:
    """A token a byte of UTF-8; token 256 is the end. It knows every text."""

    vocabulary_size = 257
    end_id = 256

    def encode(self, text: str) -> list[int]:
        """Return a token a byte."""
        return list(text.encode())

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`, without the end; bytes that are no UTF-8 become the replacement character."""
        return bytes(token for token in tokens if token != self.end_id).decode(errors="replace")

    def save(self, folder: Path, context_length: int) -> None:
        """Write the files that transformers reads a tokenizer from."""
        vocabulary = {letter: byte for byte, letter in enumerate(_byte_letters())}
        _save(folder, context_length, vocabulary, byte_level=True)


def own_tokenizer(folder: Path) -> CharacterTokenizer | ByteTokenizer | None:
    """Return the tokenizer that `save` wrote into `folder`; None if another program wrote it.

    Raises:
        BadFile: it is damaged.
    """
    path = folder / "tokenizer.json"
    if not path.exists():
        return None
    written = read_json(path)
    try:
        model, added = written["model"], written["added_tokens"]
        vocabulary = {token: text for text, token in model.get("vocab", {}).items()}
        if model.get("merges") or model["type"] != "BPE" or [token["content"] for token in added] != [END]:
            return None
        letters = [vocabulary[token] for token in range(added[0]["id"])]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadFile(str(path), got=f"no {error}", expected="a tokenizer that transformers can read") from None
    if letters == _byte_letters():
        return ByteTokenizer()
    return CharacterTokenizer("".join(letters)) if all(len(letter) == 1 for letter in letters) else None


def check_round_trip(tokenizer: Tokenizer, texts: Iterable[str]) -> None:
    """Check that texts come back from their tokens as they were.

    Raises:
        BadValue: one does not; a model trained with this tokenizer would never see what it lost.
    """
    for number, text in enumerate(texts):
        back = tokenizer.decode(tokenizer.encode(text))
        if back != text:
            at = next(
                (i for i, (a, b) in enumerate(zip(text, back, strict=False)) if a != b), min(len(text), len(back))
            )
            raise BadValue(
                f"tokenizer, text {number}",
                got=f"{back[max(0, at - 10) : at + 10]!r} back from its tokens",
                expected=f"{text[max(0, at - 10) : at + 10]!r}",
                do="Take a tokenizer that keeps every character, such as one on bytes",
            )


def _byte_letters() -> list[str]:
    """Return the printable character that stands for each byte in vocabularies on bytes, as GPT-2's code has them.

    Source: Radford et al. 2019, Language models are unsupervised multitask learners, section 2.2.
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _save(folder: Path, context_length: int, vocabulary: dict[str, int], *, byte_level: bool) -> None:
    """Write a vocabulary without merges, so that every character or byte is a token of its own."""
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    end = {"id": len(vocabulary), "content": END, "special": True}
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    written: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [end | plain],
        "normalizer": None,
        "pre_tokenizer": level if byte_level else None,
        "post_processor": None,
        "decoder": level if byte_level else {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": [], "unk_token": None, "fuse_unk": False}
        | dict.fromkeys(("dropout", "continuing_subword_prefix", "end_of_word_suffix")),
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END,
        "eos_token": END,
        "pad_token": END,
        "model_max_length": context_length,
        "clean_up_tokenization_spaces": False,
    }
    write_json(folder / "tokenizer.json", json.loads(json.dumps(written)))
    write_json(folder / "tokenizer_config.json", settings)
