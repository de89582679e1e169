"""Imitation as a scorer: how likely a language model that was fine-tuned on good texts finds each text."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tacit_language.models import CausalModel
from tacit_language.models.log_probs import picked_log_probs
from tacit_language.preference.losses import imitation_loss
from tacit_language.preference.model import batches_by_length, check_fits
from tacit_language.preference.sequences import Sequences, branches


def imitation_scores(model: CausalModel, texts: Sequences, *, tokens_at_once: int = 16_384) -> NDArray[np.float32]:
    """Return the mean log-probability per token, in nats, of each completion after its prompt, shape (text,).

    Without the division by the length, short texts would be good texts. A text without a prompt is scored from its
    second token on; an empty completion scores 0.

    Args:
        model: fine-tuned on good texts. texts: to be scored. tokens_at_once: most padded tokens of a batch.

    Raises:
        BadValue: a text is longer than the model's context.

    Source: Askell et al. 2021, section 3.1, arXiv:2112.00861, imitation learning.
    """
    check_fits(texts, model.config.context_length)
    scores = np.zeros(len(texts), np.float32)
    trained = model.training
    model.eval()
    with torch.no_grad():
        for which in batches_by_length(texts, tokens_at_once):
            batch = branches(texts, which, device=model.device)
            hidden = model.branched(*batch)[:, :-1]
            predicted = batch.completion_mask.clone()
            predicted[:, :1] &= batch.prompt_mask.any(dim=1)[batch.owner][:, None]
            log_probs = hidden.new_zeros(predicted.shape)
            log_probs[predicted] = picked_log_probs(model.logits(hidden[predicted]), batch.completions[predicted])
            scores[which] = -imitation_loss(log_probs, predicted).float().cpu().numpy()
    model.train(trained)
    return scores
