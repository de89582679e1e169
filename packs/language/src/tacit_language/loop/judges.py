"""A model as the judge of a run: ``--judge model:NAME``."""

from __future__ import annotations

from collections.abc import Callable

from tacit.judging import Item, Labeler
from tacit_language.remote import ModelJudge, open_chat


def open_labeler(name: str, *, item: Callable[[str], Item], question: str, seed: int) -> Labeler:
    """Return the model `name` as a labeler of comparisons; the entry point of this pack.

    Args:
        name: ``openai:MODEL``, ``anthropic:MODEL``, or the folder of a model.
        item: id of an item → the item.
        question: the words put to it.
        seed: of its draws by chance.

    Raises:
        InputError: the model cannot be opened.
    """
    return ModelJudge(open_chat(name), item, question=question, seed=seed)
