"""A chat model as a producer: it answers prompts, and each answer is a dialogue that can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tacit.judging import Candidates, Item, ItemKind, Media
from tacit_language.data import Dialogue, Message
from tacit_language.remote.chat import ChatModel, asked, check_dialogues

FEATURES = 512
PIECE = 4  # characters


class ChatProducer:
    """Replies of a chat model to prompts. It cannot be trained, only judged and chosen from.

    Args:
        model: what answers.
        prompts: what it is asked: texts, or dialogues that end with the user.
        max_tokens: most tokens of a reply.
        temperature: of the model's draws; its own if None.
        replies: how many replies to one prompt, to be compared with each other.
        at_once: how many requests at a time.

    Raises:
        BadValue: no prompt.
    """

    def __init__(
        self,
        model: ChatModel,
        prompts: Sequence[str | Dialogue],
        *,
        max_tokens: int = 256,
        temperature: float | None = None,
        replies: int = 4,
        at_once: int = 4,
    ) -> None:
        self._model, self._max_tokens, self._temperature = model, max_tokens, temperature
        self._prompts = [asked(prompt) if isinstance(prompt, str) else prompt for prompt in prompts]
        self._replies, self._at_once = replies, at_once
        check_dialogues(self._prompts, f"producer {model.name}")

    def produce(self, n: int, seed: int) -> Candidates:
        """Return `n` replies, each to a prompt drawn by the seed; the same ones again where the model takes a seed.

        Raises:
            InputError: the model cannot be asked.
        """
        rng = np.random.default_rng([seed, 3])
        drawn = [rng.permutation(len(self._prompts)) for _ in range(-(-n // (self._replies * len(self._prompts))))]
        which = np.concatenate(drawn).repeat(self._replies)[:n]
        seeds = rng.integers(2**31, size=n)
        with ThreadPoolExecutor(self._at_once) as pool:
            dialogues = list(pool.map(self._answered, which.tolist(), seeds.tolist()))
        return Candidates(
            kind=ItemKind.DIALOGUE,
            media_type="application/json",
            features=text_features([dialogue.messages[-1].content for dialogue in dialogues]),
            content=lambda index: dialogues[index].item().content,
            group=which.astype(np.uint64),
        )

    def render(self, item: Item) -> Media:
        """Return a dialogue as plain text."""
        return Media(Dialogue.of_item(item).text().strip().encode(), "text/plain")

    def _answered(self, which: int, seed: int) -> Dialogue:
        prompt = self._prompts[which]
        reply = self._model.reply(prompt, max_tokens=self._max_tokens, temperature=self._temperature, seed=seed)
        return Dialogue((*prompt.messages, Message("assistant", reply)))


def text_features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return how often each text has pieces of 4 characters that share a hash, as a unit vector: (text, 1, 512).

    Source: Weinberger et al. 2009, doi:10.1145/1553374.1553516 (the hashing trick, with signs).
    """
    features = np.zeros((len(texts), 1, FEATURES), np.float32)
    for row, text in enumerate(texts):
        padded = f" {text.lower()} "
        for at in range(max(1, len(padded) - PIECE + 1)):
            number = int.from_bytes(blake2b(padded[at : at + PIECE].encode(), digest_size=4).digest(), "little")
            features[row, 0, number % FEATURES] += 1 if number >> 31 else -1
    norm = np.linalg.norm(features, axis=2, keepdims=True).astype(np.float32)
    features /= np.where(norm > 0, norm, np.float32(1))
    return features
