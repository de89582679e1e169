"""Context distillation: a model learns to write as it would after a context, without the context."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tacit.errors import BadValue, NotFinite
from tacit_language.models import CausalModel
from tacit_language.policy.rollout import states
from tacit_language.preference.sequences import Branches, Index, branches, sequences
from tacit_language.training.adam import FlatAdamW

LIKELIEST = 50


@dataclass(frozen=True)
class DistillationSettings:
    """How a context is distilled.

    Args:
        likeliest: tokens whose log-probabilities are kept; all others together are one more class.
        epochs: passes over the texts. batch_size: texts a step.
        learning_rate: of Adam. largest_gradient: norm to which gradients are cut.
    """

    likeliest: int = LIKELIEST
    epochs: int = 1
    batch_size: int = 16
    learning_rate: float = 1e-4
    largest_gradient: float = 1.0

    def __post_init__(self) -> None:
        for name in ("likeliest", "epochs", "batch_size", "learning_rate", "largest_gradient"):
            if getattr(self, name) <= 0:
                raise BadValue(f"DistillationSettings.{name}", got=getattr(self, name), expected="a number above 0")


@dataclass(frozen=True)
class Distilled:
    """What distilling a context left.

    Args:
        model: the student, which writes as after the context without it.
        losses: KL(teacher ‖ student) in nats a token, of every step before it was taken.
    """

    model: CausalModel
    losses: tuple[float, ...]


def distil_context(
    model: CausalModel,
    context: Sequence[int],
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[int]],
    settings: DistillationSettings | None = None,
    *,
    seed: int,
) -> Distilled:
    """Return a copy of `model` that predicts texts as the model itself does after `context`.

    Args:
        model: the teacher, and the student's beginning; not changed.
        context: token ids that stand before every prompt for the teacher, and for nobody else.
        prompts: token ids of each text's prompt, at least one token. completions: what follows, on which is learned.
        settings: of the training. seed: of the order of the texts.

    Raises:
        BadValue: an empty context or prompt, or a text that with the context is longer than the model's context.
        NotFinite: a loss became NaN or infinite; says where.

    Source: Askell et al. 2021, section 2.2 and appendix B, arXiv:2112.00861.
    """
    chosen = settings or DistillationSettings()
    if not len(context) or not all(len(p) for p in prompts):
        raise BadValue("context or prompt", got="no token", expected="at least one")
    longest = max(len(p) + len(c) for p, c in zip(prompts, completions, strict=True)) + len(context)
    if longest > model.config.context_length:
        expected = f"at most {model.config.context_length}, the model's context"
        raise BadValue("context, prompt and completion", got=f"{longest} tokens", expected=expected)
    size = model.config.context_length
    plain = sequences(prompts, completions, context_length=size)
    prompted = sequences([[*context, *p] for p in prompts], completions, context_length=size)
    teacher, student = deepcopy(model).eval().requires_grad_(False), deepcopy(model)
    optimiser = FlatAdamW(student.parameters())
    rng = np.random.default_rng(seed)
    losses: list[float] = []
    student.train()
    for _ in range(chosen.epochs):
        order: Index = rng.permutation(len(plain))
        for start in range(0, len(order), chosen.batch_size):
            rows = order[start : start + chosen.batch_size]
            known = remembered(teacher, branches(prompted, rows, device=model.device), chosen.likeliest)
            loss = distillation_loss(student, branches(plain, rows, device=model.device), known)
            loss.backward()  # type: ignore[no-untyped-call]
            norm = optimiser.step(chosen.learning_rate, chosen.largest_gradient)
            losses.append(float(loss.detach()))
            if not np.isfinite([norm, losses[-1]]).all():
                raise NotFinite(f"distillation, step {len(losses)}", got=losses[-1], expected="a finite loss")
    return Distilled(student.eval(), tuple(losses))


def remembered(teacher: CausalModel, batch: Branches, likeliest: int = LIKELIEST) -> tuple[Tensor, Tensor]:
    """Return the likeliest next tokens at each token of the completions, and their log-probabilities with the rest's.

    Without a class for the rest, what the teacher gives to unlikely tokens would be free for the student to take.

    Args:
        teacher: the model. batch: texts, context included. likeliest: how many tokens, K.

    Returns:
        int64 (token, K) and float (token, K + 1), the last column the remainder; K is at most the vocabulary less one.
    """
    with torch.no_grad():
        logits = teacher.logits(states(teacher, batch)[batch.completion_mask])
        log_p = logits.float().log_softmax(dim=1)
        kept, token = log_p.topk(min(likeliest, log_p.shape[1] - 1), dim=1)
        return token, torch.cat([kept, _rest(log_p, token)], dim=1)


def distillation_loss(student: CausalModel, batch: Branches, known: tuple[Tensor, Tensor]) -> Tensor:
    """Return KL(teacher ‖ student) over the classes that `remembered` has, mean over tokens, in nats.

    Args:
        student: the model. batch: the same texts without the context. known: what `remembered` returned.
    """
    token, log_teacher = known
    log_p = student.logits(states(student, batch)[batch.completion_mask]).float().log_softmax(dim=1)
    log_student = torch.cat([log_p.gather(1, token), _rest(log_p, token)], dim=1)
    each = (log_teacher.exp() * (log_teacher - log_student)).sum(dim=1)
    return each.mean()


def _rest(log_p: Tensor, token: Tensor) -> Tensor:
    """Return the log-probability of all tokens but those named, (row, 1)."""
    return log_p.scatter(1, token, -torch.inf).logsumexp(dim=1, keepdim=True)
