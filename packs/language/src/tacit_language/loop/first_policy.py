"""The policy that a run begins with: a small model taught the made-up language, or a model that there is already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacit.errors import InputError
from tacit_language.loop.asking import BETWEEN
from tacit_language.loop.grammar import exchanges
from tacit_language.loop.settings import LETTERS, LanguageSettings
from tacit_language.models import GPT, CausalModel, CharacterTokenizer, Tokenizer, load_model
from tacit_language.policy.optimiser import frozen
from tacit_language.training import RowBatches, TrainingSettings, supervised_rows, train_language_model

SMALL = "small"


def first_policy(
    name: str, settings: LanguageSettings, *, seed: int, state: Mapping[str, NDArray[Any]] | None
) -> tuple[CausalModel, Tokenizer]:
    """Return the first policy, frozen, and its tokenizer.

    Args:
        name: ``small``, or the path or id of a model.
        settings: of the producer.
        seed: of the small model's weights and training.
        state: of an earlier producer, which holds the weights, so that nothing is trained again.

    Raises:
        BadFile: a model that cannot be read. InputError: one that has no prompts to answer.
    """
    tokenizer: Tokenizer
    if name != SMALL:
        if settings.prompts_path is None:
            raise InputError(
                f"producer {name!r}", got="no prompts", expected="prompts for it to answer", do="Give --prompts FILE"
            )
        loaded = load_model(name)
        return frozen(loaded.model), loaded.tokenizer
    tokenizer = CharacterTokenizer(LETTERS)
    model = GPT(settings.model(tokenizer.vocabulary_size), seed=seed)
    if state is None:
        _teach(model, tokenizer, settings, seed)
    else:
        kept = {name[6:]: torch.from_numpy(np.array(a)) for name, a in state.items() if name.startswith("first.")}
        model.load_state_dict(kept)
    return frozen(model), tokenizer


def _teach(model: GPT, tokenizer: CharacterTokenizer, settings: LanguageSettings, seed: int) -> None:
    """Fine-tune the small model on replies of the made-up language."""
    examples = [(one.prompt + BETWEEN, one.reply) for one in exchanges(settings.examples, seed=seed)]
    rows, learned = supervised_rows(examples, tokenizer, model.config.context_length)
    batches = RowBatches(rows, learned, tokens_per_batch=settings.first_tokens, seed=seed, pad_id=tokenizer.end_id)
    how = TrainingSettings(steps=settings.first_steps, learning_rate=settings.first_rate)
    train_language_model(model, batches, how)
