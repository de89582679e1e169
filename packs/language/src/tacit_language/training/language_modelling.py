"""Train a model of the next token: pre-training on text, and supervised fine-tuning on replies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacit.errors import NotFinite, RunExists
from tacit.learn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from tacit.measure import Estimate, mean_estimate
from tacit_language.models import CausalModel
from tacit_language.models.log_probs import picked_log_probs
from tacit_language.training.adam import FlatAdamW
from tacit_language.training.batches import Batch, Batches
from tacit_language.training.settings import TrainingSettings


@dataclass(frozen=True)
class Training:
    """What a training run was.

    Args:
        losses: mean loss of each step before it was taken, nats a token, float64 (step,).
        tokens: how many tokens' losses that was, over all steps.
        cpu_s: CPU seconds of the process, of every part of a resumed run.
    """

    losses: NDArray[np.float64]
    tokens: int
    cpu_s: float


def train_language_model(
    model: CausalModel,
    batches: Batches,
    settings: TrainingSettings,
    *,
    folder: Path | None = None,
    after_step: Callable[[int, float], None] | None = None,
) -> Training:
    """Train `model` in place to predict the next token.

    Args:
        model: the model; parameters that need no gradient stay as they are.
        batches: what it learns from.
        settings: how.
        folder: where checkpoints are kept. A run that was killed goes on from the newest, and ends in the same losses,
            bit for bit on the same machine with one thread.
        after_step: called with the number of each step, from 1, and its loss.

    Raises:
        NotFinite: a loss or a gradient is not a finite number. The model is left as it was before that step, and the
            newest checkpoint is of a good step.
        RunExists: `folder` holds checkpoints of another run.
    """
    run = _Run(model, batches, settings, folder)
    run.resume()
    while len(run.losses) < settings.steps:
        loss = run.step()
        if after_step is not None:
            after_step(len(run.losses), loss)
        if len(run.losses) % settings.checkpoint_steps == 0 or len(run.losses) == settings.steps:
            run.keep()
    return Training(np.array(run.losses), run.tokens, run.cpu_s())


def held_out_loss(model: CausalModel, batches: Batches, n_batches: int) -> Estimate:
    """Return the mean loss of the first batches, nats a token, with the interval over rows.

    Args:
        model: the model.
        batches: text that it has not been trained on.
        n_batches: how many of its batches.
    """
    losses = []
    with torch.inference_mode():
        for step in range(n_batches):
            batch = _on(batches.batch(step), model.device)
            for row in range(len(batch.tokens)):
                one = Batch(*(None if part is None else part[row : row + 1] for part in batch))  # type: ignore[arg-type]
                loss, n = summed_loss(model, one)
                losses.append(float(loss) / n)
    return mean_estimate(losses)


def summed_loss(model: CausalModel, batch: Batch) -> tuple[Tensor, int]:
    """Return the summed cross-entropy of a batch's target tokens in nats, and how many there are."""
    tokens, mask, targets = batch
    hidden = model(tokens[:, :-1], None if mask is None else mask[:, :-1])
    wanted = tokens[:, 1:]
    if targets is None:
        hidden, chosen = hidden.flatten(0, 1), wanted.flatten()
    else:
        hidden, chosen = hidden[targets[:, 1:]], wanted[targets[:, 1:]]
    return -picked_log_probs(model.logits(hidden), chosen).sum(), len(chosen)


class _Run:
    """One training run: weights, optimiser, losses so far."""

    def __init__(self, model: CausalModel, batches: Batches, settings: TrainingSettings, folder: Path | None) -> None:
        self.model, self.batches, self.settings, self.folder = model, batches, settings, folder
        self.adam = FlatAdamW(
            model.parameters(), weight_decay=settings.weight_decay, second_decay=settings.second_decay
        )
        self.losses: list[float] = []
        self.tokens, self._spent_s, self._began_s, self._kept = 0, 0.0, time.process_time(), 0
        self._identity = {"settings": asdict(settings), "batches": batches.fingerprint, "model": repr(model.config)}

    def cpu_s(self) -> float:
        """Return the CPU seconds so far, of earlier parts of a resumed run too."""
        return self._spent_s + time.process_time() - self._began_s

    def step(self) -> float:
        """Take one step and return the loss before it."""
        number = len(self.losses)
        batch = _on(self.batches.batch(number), self.model.device)
        n_targets = _n_targets(batch)
        total = 0.0
        for part in _parts(batch, self.settings.accumulate):
            with self.settings.autocast(self.model.device):
                loss, _ = summed_loss(self.model, part)
            (loss / n_targets).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        loss_here = total / n_targets
        if not isfinite(loss_here):
            self.adam.gradient.zero_()
            raise self._not_finite(number, f"a loss of {loss_here}", batch)
        norm = self.adam.step(self.settings.rate(number), self.settings.largest_gradient)
        if not isfinite(norm):
            raise self._not_finite(number, f"a gradient of norm {norm}", batch)
        self.losses.append(loss_here)
        self.tokens += n_targets
        return loss_here

    def keep(self) -> None:
        """Write a checkpoint, if all weights are finite."""
        if not bool(self.adam.flat.isfinite().all()):
            raise self._not_finite(len(self.losses) - 1, "a weight that is not finite", None)
        self._kept = len(self.losses)
        if self.folder is not None:
            arrays = {name: tensor.cpu().numpy() for name, tensor in self.adam.state().items()}
            facts = {"losses": self.losses, "tokens": self.tokens, "cpu_s": self.cpu_s(), "identity": self._identity}
            write_checkpoint(self.folder, Checkpoint(self._kept, arrays, facts, self.folder))

    def resume(self) -> None:
        """Go on from the newest checkpoint, if there is one."""
        kept = None if self.folder is None else read_checkpoint(self.folder)
        if kept is None:
            return
        theirs = kept.facts.get("identity")
        if theirs != self._identity:
            named = theirs if isinstance(theirs, dict) else {}
            changed = [name for name in self._identity if named.get(name) != self._identity[name]]
            raise RunExists(
                str(self.folder),
                got=f"checkpoints of a run with other {' and '.join(changed)}",
                expected="this run's, or none",
                do="Choose another folder, or delete this one",
            )
        self.adam.load({name: torch.from_numpy(array) for name, array in kept.arrays.items()})
        self.losses, self.tokens = list(kept.facts["losses"]), int(kept.facts["tokens"])
        self._spent_s, self._kept = float(kept.facts["cpu_s"]), kept.iteration

    def _not_finite(self, number: int, got: str, batch: Batch | None) -> NotFinite:
        where = f"training step {number + 1}"
        if batch is not None:
            with torch.inference_mode():
                rows = [row for row, loss in enumerate(self._row_losses(batch)) if not isfinite(loss)]
            where += f", rows {', '.join(map(str, rows))} of its batch" if rows else ""
        kept = f"The newest checkpoint, of step {self._kept}, is in {self.folder}" if self.folder and self._kept else ""
        advice = "Lower learning_rate or largest_gradient, or look at the data of that step"
        return NotFinite(where, got=got, expected="finite numbers", do=". ".join(filter(None, (kept, advice))))

    def _row_losses(self, batch: Batch) -> Iterator[float]:
        for part in _parts(batch, len(batch.tokens)):
            yield float(summed_loss(self.model, part)[0])


def _on(batch: Batch, device: torch.device) -> Batch:
    return Batch(*(None if part is None else part.to(device) for part in batch))  # type: ignore[arg-type]


def _n_targets(batch: Batch) -> int:
    if batch.targets is None:
        return batch.tokens[:, 1:].numel()
    return int(batch.targets[:, 1:].sum())


def _parts(batch: Batch, n: int) -> Iterator[Batch]:
    """Cut a batch into at most `n` parts of whole rows."""
    size = -(-len(batch.tokens) // n)
    for first in range(0, len(batch.tokens), size):
        here = slice(first, first + size)
        yield Batch(*(None if part is None else part[here] for part in batch))  # type: ignore[arg-type]
