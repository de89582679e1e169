"""One preference model in training: its batches, its loss, its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tacit.errors import BadValue, NotFinite
from tacit_language.models.log_probs import picked_log_probs
from tacit_language.preference.losses import binary_loss, imitation_loss, pair_loss, ranking_loss
from tacit_language.preference.model import PreferenceModel
from tacit_language.preference.preferences import Index, Preferences
from tacit_language.preference.sequences import Branches, branches
from tacit_language.preference.settings import PreferenceSettings
from tacit_language.training.adam import FlatAdamW

MOST_TRUST = 5.0


class Scorer(Protocol):
    """What is trained: a module that is somewhere."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """Return what is to be trained."""
        ...

    def train(self, mode: bool = True) -> object:
        """Go into training mode."""
        ...

    def eval(self) -> object:
        """Leave it."""
        ...


Model = TypeVar("Model", bound=Scorer)
SORTED_BATCHES = 16
"""Batches among which answers are sorted by length, so that texts of one batch are of similar length."""


class Member(Generic[Model]):
    """One model in training.

    Args:
        model: changed in place.
        preferences: all answers.
        precision: how far each rater is believed, signed, shape (rater,).
        held_out: which answers it does not learn from, shape (answer,).
        settings: how to train.
        seed: of the order of the batches.
        name: how messages call it.
    """

    def __init__(
        self,
        model: Model,
        preferences: Preferences,
        precision: NDArray[np.float64],
        held_out: NDArray[np.bool_],
        *,
        settings: PreferenceSettings,
        seed: Sequence[int],
        name: str,
    ) -> None:
        self.model, self.preferences, self.settings, self.name = model, preferences, settings, name
        self.believed = np.clip(precision[preferences.rater], -MOST_TRUST, MOST_TRUST).astype(np.float32)
        counts = (preferences.weight > 0) & (self.believed != 0)
        self.training, self.validation = np.flatnonzero(~held_out & counts), np.flatnonzero(held_out & counts)
        self.rng = np.random.default_rng(seed)
        self.optimiser = FlatAdamW(model.parameters(), weight_decay=settings.weight_decay)
        self.n_steps = settings.epochs * -(-len(self.training) // settings.batch_size)
        self.epoch, self.losses = 0, []

    losses: list[float]

    def train_epoch(self) -> float:
        """Make one pass over the answers and return their mean loss in nats, each as it was before its step.

        Raises:
            NotFinite: a loss or a gradient is NaN or infinite; the weights are those of the step before.
        """
        self.model.train()
        self.epoch += 1
        total = weight = 0.0
        for batch in self.batches():
            batch_weight = float(self.preferences.weight[batch].sum())
            total, weight = total + self.train_batch(batch) * batch_weight, weight + batch_weight
        return total / weight if weight else float("nan")

    def train_batch(self, batch: Index) -> float:
        """Take one step along the gradient of some answers and return their mean loss in nats before it.

        Raises:
            NotFinite: as `train_epoch`.
        """
        batch_weight = float(self.preferences.weight[batch].sum())
        loss = 0.0
        for part in self._parts(batch):
            losses = self._losses(part) / batch_weight
            losses.backward()  # type: ignore[no-untyped-call]
            loss += float(losses.detach())
        rate = self.settings.rate(self.optimiser.n_steps, self.n_steps)
        norm = self.optimiser.step(rate, self.settings.largest_gradient) if np.isfinite(loss) else loss
        if not np.isfinite(norm):
            where = f"{self.name}, pass {self.epoch}, step {self.optimiser.n_steps + 1}, loss and its gradient"
            do = "Lower learning_rate; nothing of this step was kept"
            raise NotFinite(where, got=f"{loss}, {norm}", expected="finite numbers", do=do)
        self.losses.append(loss)
        return loss

    def validation_loss(self) -> float:
        """Return the mean loss in nats on the answers held out; NaN if there are none."""
        weight = float(self.preferences.weight[self.validation].sum())
        if weight == 0:
            return float("nan")
        self.model.eval()
        with torch.no_grad():
            total = sum(float(self._losses(part, language=False)) for part in self._parts(self.validation))
        return total / weight

    def scores(self, texts: Index, batch: Branches, *, language: bool) -> tuple[Tensor, Tensor | None]:
        """Return the score of each text, and the log-probabilities of its tokens where they enter the loss.

        Args:
            texts: their numbers. batch: the same texts. language: whether log-probabilities are needed.
        """
        del texts
        if not isinstance(self.model, PreferenceModel):
            raise BadValue(self.name, got=type(self.model).__name__, expected="a preference model")
        return score_and_read(self.model, batch) if language else (self.model(batch), None)

    def batches(self) -> Iterator[Index]:
        """Yield the answers to learn from once, in batches of similar length in a random order."""
        size = self.settings.batch_size
        longest = self.preferences.texts.lengths[np.maximum(self.preferences.item, 0)].max(axis=1)
        shuffled = self.rng.permutation(self.training)
        for start in range(0, len(shuffled), size * SORTED_BATCHES):
            window = shuffled[start : start + size * SORTED_BATCHES]
            window = window[np.argsort(longest[window], kind="stable")]
            parts = np.split(window, range(size, len(window), size))
            for i in self.rng.permutation(len(parts)):
                yield parts[i]

    def _parts(self, answers: Index) -> Iterator[Index]:
        """Yield answers in parts whose padded tokens stay within `tokens_at_once`."""
        p = self.preferences
        width = p.texts.lengths[np.maximum(p.item[answers], 0)].max(axis=1, initial=1)
        tokens = int(width.max(initial=1)) * p.item.shape[1] * len(answers)
        yield from np.array_split(answers, max(1, min(len(answers), -(-tokens // self.settings.tokens_at_once))))

    def _losses(self, answers: Index, *, language: bool = True) -> Tensor:
        """Return the weighted sum of the losses of the answers."""
        p, settings, device = self.preferences, self.settings, self.model.device
        wide = int(p.size[answers].max())
        item, size = p.item[answers, :wide], p.size[answers]
        real = np.arange(wide) < size[:, None]
        texts, place = np.unique(np.where(real, item, item[:, :1]), return_inverse=True)
        batch = branches(p.texts, texts, device=device)
        lm = settings.language_weight if language else 0.0
        scores, log_probs = self.scores(texts, batch, language=lm > 0)
        by_place = scores[torch.from_numpy(place.reshape(item.shape)).to(device)]

        def tensor(values: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(values[answers]).to(device)

        believed, weight, target = tensor(self.believed), tensor(p.weight), tensor(p.target)
        sizes = torch.from_numpy(size).to(device)
        if settings.objective == "binary":
            losses = self._binary(by_place, believed, target, tensor(p.placed), sizes)
        else:
            by_place = by_place * believed[:, None]
            losses = pair_loss(by_place[:, 0] - by_place[:, 1], target, margin=tensor(p.margin), lapse=settings.lapse)
            if wide > 2:
                ranked = ranking_loss(by_place, tensor(p.placed), sizes, lapse=settings.lapse)
                losses = torch.where(sizes > 2, ranked, losses)
        if log_probs is not None:
            better = np.where(p.target[answers] >= 0.5, item[:, 0], item[:, 1])
            chosen = torch.from_numpy(np.searchsorted(texts, better)).to(device)
            losses = losses + lm * imitation_loss(log_probs[chosen], batch.completion_mask[chosen])
        return (losses * weight).sum()

    def _binary(self, scores: Tensor, believed: Tensor, target: Tensor, placed: Tensor, size: Tensor) -> Tensor:
        place = torch.arange(scores.shape[1], device=scores.device)
        good = (place < placed[:, None]).float()
        good[:, 0], good[:, 1] = (
            torch.where(size == 2, target, good[:, 0]),
            torch.where(size == 2, 1 - target, good[:, 1]),
        )
        turned = torch.where(believed[:, None] < 0, 1 - good, good)
        each = binary_loss(scores, turned) * (place < size[:, None])
        return each.sum(dim=1) / size * believed.abs()


def score_and_read(model: PreferenceModel, batch: Branches) -> tuple[Tensor, Tensor]:
    """Return the score of each text, (text,), and the log-probabilities of its completion's tokens, (text, L)."""
    hidden = model.trunk.branched(*batch)
    last = batch.completion_mask.sum(dim=1)
    read = hidden[torch.arange(len(hidden), device=hidden.device), last]
    scores = model.offset + model.gain * model.head(read).squeeze(1)
    has_prompt = batch.prompt_mask.any(dim=1)[batch.owner]
    predicted = batch.completion_mask.clone()
    predicted[:, :1] &= has_prompt[:, None]  # the first token of a text without a prompt follows nothing
    logits = model.trunk.logits(hidden[:, :-1][predicted])
    log_probs = hidden.new_zeros(predicted.shape)
    log_probs[predicted] = picked_log_probs(logits, batch.completions[predicted])
    return scores, log_probs
