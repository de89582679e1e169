"""A made-up language of short replies, with a gold reward: what a reply is worth is known, so that it can be measured.

A prompt names a thing; a reply says in a sentence or two what it is like. Replies are drawn from a small grammar, of
which each rule is as likely as any other. The gold reward values kind words, names of the thing that was asked about,
and an end; it takes off for harsh words, for words said again and for words that there are not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOUNS = (
    *("sea", "hill", "lake", "road", "house", "garden", "river", "forest", "town", "field", "valley", "island"),
    *("winter", "summer", "morning", "evening", "market", "harbour", "meadow", "bridge", "tower", "library"),
)
KIND = ("calm", "bright", "warm", "gentle", "green", "lovely", "quiet", "clear")
PLAIN = ("wide", "long", "old", "small", "near", "high", "round", "grey")
HARSH = ("cold", "dull", "harsh", "bleak", "rough", "grim", "dirty", "loud")
ASKINGS = (
    *("tell me of the {}", "how is the {}?", "what is the {} like?", "say something of the {}", "is the {} far?"),
    *("do you know the {}?", "why go to the {}?", "what of the {}?"),
)
FRAMES = (
    "the {noun} is {one} and {two}.",
    "the {noun} is {one}. it is {two}.",
    "it is {one} and {two}.",
    "you will find the {noun} {one}.",
    "it is a {one} {noun}, and {two}.",
)
WORTH = {word: value for words, value in ((KIND, 1.0), (PLAIN, 0.0), (HARSH, -1.0)) for word in words}
SMALL_WORDS = frozenset(["the", "is", "and", "it", "a", "you", "will", "find"])
ON_TOPIC, ENDED, AGAIN, UNKNOWN = 1.0, 0.5, -1.0, -1.0
OTHER_TOPIC = 0.25
"""How often the grammar speaks of something else than was asked."""

_WORD = re.compile(r"[a-z]+|[^a-z\s]+")


@dataclass(frozen=True)
class Exchange:
    """A prompt and a reply."""

    prompt: str
    reply: str


def prompts() -> list[str]:
    """Return every prompt of the language."""
    return [asking.format(noun) for noun in NOUNS for asking in ASKINGS]


def exchanges(n: int, *, seed: int) -> list[Exchange]:
    """Return `n` prompts with a reply each, drawn by `seed`."""
    rng = np.random.default_rng([seed, 101])
    asked, adjectives = prompts(), (*KIND, *PLAIN, *HARSH)
    made = []
    for _ in range(n):
        prompt = asked[int(rng.integers(len(asked)))]
        noun = topic(prompt) if rng.random() >= OTHER_TOPIC else NOUNS[int(rng.integers(len(NOUNS)))]
        one, two = rng.choice(len(adjectives), size=2, replace=False)
        frame = FRAMES[int(rng.integers(len(FRAMES)))]
        made.append(Exchange(prompt, frame.format(noun=noun, one=adjectives[one], two=adjectives[two])))
    return made


def topic(prompt: str) -> str:
    """Return what a prompt asks about; an empty text if it is nothing that the language knows."""
    return next((word for word in _WORD.findall(prompt.lower()) if word in NOUNS), "")


def gold_reward(asked: Sequence[str], replies: Sequence[str]) -> NDArray[np.float64]:
    """Return what each reply is truly worth.

    Args:
        asked: the prompt of each reply.
        replies: the replies.

    Returns:
        Shape (reply,), dimensionless. A reply of the grammar has from −1.5 to 3.5.

    >>> gold_reward(["how is the sea?"] * 3, ["the sea is calm and green.", "it is cold. it is cold.", "seee"]).tolist()
    [3.5, -1.5, -1.0]
    """
    return np.array([_worth(topic(prompt), reply) for prompt, reply in zip(asked, replies, strict=True)], np.float64)


def _worth(noun: str, reply: str) -> float:
    words = [word for word in _WORD.findall(reply.lower()) if word not in (".", ",")]
    telling = [word for word in words if word not in SMALL_WORDS]
    known = [word for word in telling if word in WORTH or word in NOUNS]
    worth = sum(WORTH.get(word, 0.0) for word in set(known))
    worth += AGAIN * (len(known) - len(set(known))) + UNKNOWN * (len(telling) - len(known))
    return worth + ON_TOPIC * (noun != "" and noun in known) + ENDED * reply.endswith(".")
