"""What a preference is worth: the likelihoods that preference models are fitted with, and what they are compared to.

A score is fixed up to a constant: every loss here depends on differences of scores alone, except those of imitation and
of binary discrimination, which is the point of comparing them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

P_FLOOR = 1e-7


def pair_loss(difference: Tensor, target: Tensor, *, margin: Tensor | float = 0.0, lapse: float = 0.0) -> Tensor:
    """Return the cross-entropy in nats of each pair.

    The first is better with probability ``lapse / 2 + (1 − lapse) · σ(difference)``. A margin asks that the score of
    the better one exceed the other's by so much before the loss is what it would be at equal scores.

    Args:
        difference: score of the first less that of the second, shape (pair,).
        target: probability that the first is better: 1, 0, ½ for a tie, or what a labeler stated, shape (pair,).
        margin: 0 or more, shape (pair,) or one number.
        lapse: probability that an answer is a coin flip, in [0, 1).

    Source: Askell et al. 2021, section 3.1, arXiv:2112.00861, log(1 + exp(r_bad − r_good)); margins as in Touvron et
    al. 2023, eq. 2, arXiv:2307.09288; the lapse of Christiano et al. 2017, section 2.2.3, arXiv:1706.03741.

    Example:
        >>> pair_loss(torch.tensor([0.0]), torch.tensor([1.0]))
        tensor([0.6931])
    """
    if lapse == 0.0:
        for_first, for_second = functional.softplus(margin - difference), functional.softplus(margin + difference)
    else:
        for_first, for_second = (
            -torch.log(lapse / 2 + (1 - lapse) * torch.sigmoid(x - margin)) for x in (difference, -difference)
        )
    return target * for_first + (1 - target) * for_second


def ranking_loss(scores: Tensor, placed: Tensor, size: Tensor, *, lapse: float = 0.0) -> Tensor:
    """Return the Plackett–Luce cross-entropy in nats of each ranking.

    The best is chosen among all, then the next among those that remain, as many times as places are decided: one place
    is a choice of the best of k, k − 1 places are a full ranking of k.

    Args:
        scores: in the order of the ranking, the best first, padded at the end, shape (ranking, k).
        placed: how many places are decided, at least 1, shape (ranking,).
        size: how many items were ranked, shape (ranking,).
        lapse: probability that a place is filled at random, in [0, 1).

    Source: Plackett 1975, doi:10.2307/2346567; for choices, Ziegler et al. 2019, eq. 1, arXiv:1909.08593.
    """
    place = torch.arange(scores.shape[1], device=scores.device)
    padded = scores.masked_fill(place >= size[:, None], -torch.inf)
    among = torch.logcumsumexp(padded.flip(1), dim=1).flip(1)  # over this place and all below
    decided = place < placed[:, None]
    log_p = torch.where(decided, scores - among.masked_fill(~decided, 0.0), 0.0)
    if lapse > 0.0:
        left = (size[:, None] - place).clamp_min(1)
        log_p = torch.where(decided, torch.log(lapse / left + (1 - lapse) * log_p.exp()), 0.0)
    return -log_p.sum(dim=1)


def binary_loss(score: Tensor, good: Tensor) -> Tensor:
    """Return the cross-entropy in nats of calling each item good or bad by itself, whatever it was compared with.

    Args:
        score: log-odds that the item is good, shape (item,).
        good: probability that it is, shape (item,).

    Source: Askell et al. 2021, section 3.1, arXiv:2112.00861, binary discrimination.
    """
    return functional.binary_cross_entropy_with_logits(score, good, reduction="none")


def imitation_loss(log_probs: Tensor, mask: Tensor) -> Tensor:
    """Return the mean negative log-probability in nats per token of each completion: what imitation minimises.

    Its negative is the score by which imitation ranks; without the division by the length it would rank by brevity.

    Args:
        log_probs: of each token given those before, shape (item, token).
        mask: True for the completion's own tokens, shape (item, token). An item without any has loss 0.

    Source: Askell et al. 2021, section 3.1, arXiv:2112.00861.
    """
    n = mask.sum(dim=1).clamp_min(1)
    return -(log_probs * mask).sum(dim=1) / n
