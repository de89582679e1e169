"""Training by connectionist temporal classification: epochs of batches, and a checkpoint to go on from after a kill."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tacit.errors import BadValue, TacitError
from tacit_speech.acoustic.acoustic_model import AcousticModel, best_device, pad
from tacit_speech.acoustic.augmentation import Augmentation
from tacit_speech.acoustic.batches import epoch_batches

SCHEDULES = ("anneal", "cosine")


class Corpus(Protocol):
    """What is learned from: recordings, read when they are needed, and the ids of what was said."""

    @property
    def n_frames(self) -> NDArray[np.int64]:
        """Frames of each recording, shape (recordings,)."""
        ...

    @property
    def ids(self) -> Sequence[NDArray[np.int64]]:
        """The ids of each transcript."""
        ...

    def samples(self, row: int) -> NDArray[np.float32]:
        """Return the sound of a recording."""
        ...


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Args:
        epochs: passes over the corpus.
        batch_size: most utterances a batch.
        batch_frames: most frames a batch, padding included.
        optimizer: ``adam``, or ``sgd`` with Nesterov momentum as in the paper.
        learning_rate: at the top, after the warm-up.
        schedule: ``anneal`` divides the rate by `annealing` every epoch, as in the paper; ``cosine`` ends at 0.
        annealing: what it is divided by.
        warm_up: share of all steps in which the rate rises.
        momentum: of ``sgd``.
        weight_decay: of ``adam``, decoupled.
        clip_norm: longest gradient; a longer one is shortened.
        sorta_grad: whether the first epoch goes from short to long.
        augmentation: how far recordings are changed.

    Source: Amodei et al. 2016, sections 3.3 and 4 (400 for the norm, 1.2 for annealing, .99 for momentum),
    arXiv:1512.02595; Loshchilov and Hutter 2016, arXiv:1608.03983.
    """

    epochs: int = 20
    batch_size: int = 32
    batch_frames: int = 60_000
    optimizer: str = "adam"
    learning_rate: float = 3e-3
    schedule: str = "cosine"
    annealing: float = 1.2
    warm_up: float = 0.05
    momentum: float = 0.99
    weight_decay: float = 1e-2
    clip_norm: float = 400.0
    sorta_grad: bool = True
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise BadValue("epochs, batch_size", got=f"{self.epochs}, {self.batch_size}", expected="1 or more")
        if self.optimizer not in ("adam", "sgd"):
            raise BadValue("optimizer", got=repr(self.optimizer), expected="adam or sgd")
        if self.schedule not in SCHEDULES:
            raise BadValue("schedule", got=repr(self.schedule), expected=" or ".join(SCHEDULES))

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step of all `steps`, counted from 0."""
        rising = min(1.0, (step + 1) / max(1.0, self.warm_up * steps))
        if self.schedule == "cosine":
            return self.learning_rate * rising * 0.5 * (1 + math.cos(math.pi * step / steps))
        return self.learning_rate * rising * self.annealing ** -(step * self.epochs // steps)


@dataclass(frozen=True)
class EpochDone:
    """What an epoch came to.

    Args:
        epoch: counted from 1.
        loss: mean negative log-likelihood of an utterance, in nats.
        gradient_norm: largest before clipping.
        clipped: steps whose gradient was shortened.
        steps: taken in the epoch.
    """

    epoch: int
    loss: float
    gradient_norm: float
    clipped: int
    steps: int


class Diverged(TacitError):
    """The loss is no longer a number; the model of the last checkpoint is kept."""


@dataclass
class Trainer:
    """The state of one training run.

    Randomness comes from (seed, epoch, utterance) and (seed, epoch, step), so that a run that goes on from a checkpoint
    ends with the same weights, bit for bit, as one that was never stopped.

    Args:
        model: learns in place.
        corpus: what is learned from.
        settings: how.
        seed: of order, augmentation and dropout.
        noises: recordings of noise that augmentation lays over speech.
    """

    model: AcousticModel
    corpus: Corpus
    settings: TrainingSettings
    seed: int
    noises: Sequence[NDArray[np.float32]] = ()

    def __post_init__(self) -> None:
        network = self.model.network.to(best_device())
        weights = [{"params": [w for w in network.parameters() if w.requires_grad]}]
        rate, settings = self.settings.learning_rate, self.settings
        self._optimizer: torch.optim.Optimizer = (
            torch.optim.AdamW(weights, lr=rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98))
            if settings.optimizer == "adam"
            else torch.optim.SGD(weights, lr=rate, momentum=settings.momentum, nesterov=True)
        )
        self.epoch = 0
        self._steps_an_epoch = [len(self._batches(epoch)) for epoch in range(settings.epochs)]

    def run(self, after_epoch: Callable[[EpochDone], None] | None = None) -> None:
        """Train to the end, from wherever this run stands.

        Raises:
            Diverged: the loss is not finite.
        """
        with torch.random.fork_rng(devices=[]):
            while self.epoch < self.settings.epochs:
                done = self._one_epoch()
                self.epoch += 1
                if after_epoch is not None:
                    after_epoch(done)
        self.model.network.eval()

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        settings = self.settings
        return epoch_batches(
            self.corpus.n_frames,
            size=settings.batch_size,
            most_frames=settings.batch_frames,
            epoch=epoch,
            seed=self.seed,
            sorta_grad=settings.sorta_grad,
        )

    def _one_epoch(self) -> EpochDone:
        network, settings = self.model.network, self.settings
        network.train()
        torch.manual_seed(hash((self.seed, self.epoch)) & 0x7FFFFFFF)
        steps, before = sum(self._steps_an_epoch), sum(self._steps_an_epoch[: self.epoch])
        total, largest, clipped, seen = 0.0, 0.0, 0, 0
        for number, (frames, lengths, ids, id_lengths) in enumerate(self._loaded(self.epoch)):
            for group in self._optimizer.param_groups:
                group["lr"] = settings.rate(before + number, steps)
            out, out_lengths = network(frames.to(self.model.device), lengths)
            losses = nn.functional.ctc_loss(
                out.transpose(0, 1), ids.to(out.device), out_lengths, id_lengths, reduction="none", zero_infinity=True
            )
            loss = losses.mean()
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            norm = float(nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm))
            if not math.isfinite(norm):
                raise Diverged(
                    f"epoch {self.epoch + 1}, step {number + 1}: the gradient is not a number any more. "
                    "What the last epoch learned is kept. Lower the learning rate."
                )
            self._optimizer.step()
            total, seen = total + float(losses.detach().sum()), seen + len(losses)
            largest, clipped = max(largest, norm), clipped + (norm > settings.clip_norm)
        return EpochDone(self.epoch + 1, total / max(seen, 1), largest, clipped, self._steps_an_epoch[self.epoch])

    def _loaded(self, epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Yield the batches of an epoch: frames, their lengths, the ids of all transcripts in a row, their lengths."""
        model, corpus, change = self.model, self.corpus, self.settings.augmentation
        for rows in self._batches(epoch):
            frames, ids = [], []
            for row in rows.tolist():
                random = np.random.default_rng([self.seed, epoch, row])
                samples = corpus.samples(row)
                one = change.frames(samples, model.spectrogram, model.normalization, random, self.noises)
                if self._too_short(one, corpus.ids[row]):  # sped up beyond what the transcript needs
                    one = model.normalization.apply(model.spectrogram.frames(samples))
                frames.append(one)
                ids.append(corpus.ids[row])
            padded, lengths = pad(frames)
            id_lengths = torch.tensor([len(one) for one in ids])
            yield padded, lengths, torch.from_numpy(np.concatenate(ids)), id_lengths

    def _too_short(self, frames: NDArray[np.float32], ids: NDArray[np.int64]) -> bool:
        rows = int(self.model.network.output_lengths(torch.tensor([len(frames)]))[0])
        return rows < rows_needed(ids)

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Return tensors and plain values from which `restore` goes on."""
        tensors = {f"network.{name}": value for name, value in self.model.network.state_dict().items()}
        saved = self._optimizer.state_dict()["state"]
        plain: dict[str, Any] = {"epoch": self.epoch, "optimizer": {}}
        for number, values in saved.items():
            for name, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizer.{number}.{name}"] = value
                else:
                    plain["optimizer"][f"{number}.{name}"] = value
        return {name: value.detach().contiguous().cpu() for name, value in tensors.items()}, plain

    def restore(self, tensors: Mapping[str, torch.Tensor], plain: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        network = {n.removeprefix("network."): v for n, v in tensors.items() if n.startswith("network.")}
        self.model.network.load_state_dict(network)
        state: dict[int, dict[str, Any]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, number, what = name.split(".", 2)
                state.setdefault(int(number), {})[what] = value
        for name, value in plain["optimizer"].items():
            number, _, what = name.partition(".")
            state.setdefault(int(number), {})[what] = value
        whole = self._optimizer.state_dict()
        self._optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
        self.epoch = int(plain["epoch"])


def rows_needed(ids: NDArray[np.int64]) -> int:
    """Return the fewest rows of posteriors that hold a transcript: one a symbol, and a blank between equal ones."""
    return len(ids) + int((ids[1:] == ids[:-1]).sum())
