"""Prompts, those that teach and those that are held out, and exchanges as items that a judging page shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadFile
from tacit.judging import Item, ItemKind, Media, content_hash
from tacit_language.loop.grammar import Exchange
from tacit_language.models import Tokenizer

HELD_OUT_SHARE = 0.25
MEDIA_TYPE = "application/json"
HUMAN, ASSISTANT = "human", "assistant"
BETWEEN = "\n"
"""What stands between a prompt and its reply, as the model sees them."""


@dataclass(frozen=True)
class Prompts:
    """Prompts, divided by a hash of each, so that a prompt stays on its side whatever others there are.

    Args:
        taught: what the model is improved on.
        held_out: what it is measured on alone.
    """

    taught: tuple[str, ...]
    held_out: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str], *, where: str) -> Prompts:
        """Divide prompts; repeated ones are taken once.

        Raises:
            BadFile: fewer than two different prompts.
        """
        unique = list(dict.fromkeys(texts))
        if len(unique) < 2:
            got = f"{len(unique)} prompts that differ"
            raise BadFile(where, got=got, expected="at least 2: some teach and others test")
        order = sorted(unique, key=lambda text: content_hash(text.encode()))
        n = max(1, round(HELD_OUT_SHARE * len(order)))
        tested = set(order[:n])
        return cls(tuple(t for t in unique if t not in tested), tuple(t for t in unique if t in tested))


def read_prompts(path: Path) -> list[str]:
    """Return the prompts of a file: JSON lines that are texts or have a field ``prompt``, else a prompt a line.

    Raises:
        BadFile: the file cannot be read, or a line of it is not what it must be; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadFile(str(path), got=str(error), expected="UTF-8") from None
    except OSError as error:
        raise BadFile(str(path), got=error.strerror or str(error), expected="a file of prompts") from None
    as_json = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found.append(_prompt(line, f"{path} line {number}") if as_json else line.strip())
    return found


def _prompt(line: str, where: str) -> str:
    expected = 'a JSON object with a text "prompt", such as {"prompt": "how is the sea?"}'
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadFile(where, got=str(error), expected=expected) from None
    text = value.get("prompt") if isinstance(value, dict) else value
    if not isinstance(text, str) or not text.strip():
        raise BadFile(where, got=line[:60], expected=expected)
    return text.strip()


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's content.

    Raises:
        BadFile: it cannot be read.
    """
    try:
        return content_hash(path.read_bytes())
    except OSError as error:
        raise BadFile(str(path), got=error.strerror or str(error), expected="a file of prompts") from None


def to_tokens(prompt: str, tokenizer: Tokenizer) -> list[int]:
    """Return a prompt as the model sees it."""
    return tokenizer.encode(prompt + BETWEEN)


def to_item(exchange: Exchange) -> Item:
    """Return an exchange as a dialogue of two turns."""
    turns = [{"role": HUMAN, "text": exchange.prompt}, {"role": ASSISTANT, "text": exchange.reply}]
    content = json.dumps(turns, ensure_ascii=False, separators=(",", ":")).encode()
    return Item(ItemKind.DIALOGUE, content, MEDIA_TYPE)


def of_item(item: Item) -> Exchange:
    """Return the exchange in an item.

    Raises:
        BadFile: the item is no exchange of this pack.
    """
    try:
        asked, replied = json.loads(item.content)
        return Exchange(str(asked["text"]), str(replied["text"]))
    except (ValueError, KeyError, TypeError) as error:
        where, expected = f"item {item.item_id[:12]}", "a prompt and a reply, as JSON turns"
        raise BadFile(where, got=str(error), expected=expected) from None


def to_media(item: Item) -> Media:
    """Return an exchange as plain text."""
    exchange = of_item(item)
    return Media(f"Human: {exchange.prompt}\n\nAssistant: {exchange.reply}".encode(), "text/plain")


def group_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return a key of each prompt that hangs on nothing but the prompt, shape (prompt,)."""
    return np.array([int(content_hash(text.encode())[:16], 16) for text in texts], np.uint64)
