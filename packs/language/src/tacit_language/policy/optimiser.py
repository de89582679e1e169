"""Improving a policy by a reward: write, score, step; with checkpoints from which a run goes on bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tacit.errors import BadValue, NotFinite
from tacit.learn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from tacit_language.models import CausalModel, Sampling, generate
from tacit_language.policy.kl import KLControl
from tacit_language.policy.ppo import PPO
from tacit_language.policy.rewards import Codec, RewardFunction, ask_reward
from tacit_language.policy.rollout import Rollout, branches_of, completion_tokens, parts, read, read_all, states, take
from tacit_language.policy.targets import Method, Targets
from tacit_language.training.adam import FlatAdamW


@dataclass(frozen=True)
class PolicySettings:
    """How a policy is improved, whatever the method.

    Args:
        sampling: how completions are written; the temperature also divides the logits that are learned from.
        n_per_prompt: completions a prompt and step.
        learning_rate: of Adam. largest_gradient: norm to which gradients are cut. weight_decay: of Adam.
        kl: the price of divergence from the reference.
        unfinished_score: fixed score of a completion that no stop sequence ended; None asks the reward.
        tokens_at_once: most padded tokens of a part of a minibatch; more need more memory.

    Raises:
        BadValue: a setting outside its range.
    """

    sampling: Sampling
    n_per_prompt: int = 1
    learning_rate: float = 1e-4
    largest_gradient: float = 1.0
    weight_decay: float = 0.0
    kl: KLControl = KLControl()  # noqa: RUF009 (frozen)
    unfinished_score: float | None = None
    tokens_at_once: int = 1_024

    def __post_init__(self) -> None:
        for name in ("n_per_prompt", "learning_rate", "largest_gradient", "tokens_at_once"):
            if getattr(self, name) <= 0:
                raise BadValue(f"PolicySettings.{name}", got=getattr(self, name), expected="a number above 0")
        if self.sampling.temperature <= 0:
            expected = "above 0: a policy that always writes the same learns nothing"
            raise BadValue("PolicySettings.sampling.temperature", got=self.sampling.temperature, expected=expected)


class PolicyOptimiser:
    """A policy in training.

    Args:
        policy: the language model, changed in place.
        reward: any function ``reward(prompts, completions) -> floats``.
        settings: how to write and to step.
        method: `PPO()`, `rloo()` or `grpo()`.
        seed: of all that is drawn: completions follow from (seed, step, row) alone.
        codec: makes texts of token ids for the reward; without one it gets the ids.
        reference: what divergence is measured from; a copy of the policy as it is now, if absent.
        folder: where `save` keeps checkpoints.
    """

    def __init__(
        self,
        policy: CausalModel,
        reward: RewardFunction,
        settings: PolicySettings,
        method: Method | None = None,
        *,
        seed: int,
        codec: Codec | None = None,
        reference: CausalModel | None = None,
        folder: Path | None = None,
    ) -> None:
        self.policy, self.reward, self.settings = policy, reward, settings
        self.method: Method = PPO() if method is None else method
        self.seed, self.codec, self.folder = seed, codec, folder
        self.reference = frozen(deepcopy(policy) if reference is None else reference)
        parameters = list(policy.parameters())
        self.value_head: nn.Linear | None = None
        if self.method.needs_values:
            self.value_head = nn.Linear(policy.config.width, 1, device=policy.device)
            nn.init.zeros_(self.value_head.weight)
            nn.init.zeros_(self.value_head.bias)
            parameters += list(self.value_head.parameters())
        self.optimiser = FlatAdamW(parameters, weight_decay=settings.weight_decay, epsilon=1e-5)
        self.coefficient, self.n_steps = settings.kl.coefficient, 0

    def roll_out(self, prompts: Sequence[Sequence[int]]) -> tuple[Rollout, float]:
        """Write `n_per_prompt` completions after each prompt and score them; also return the share that finished."""
        settings = self.settings
        repeated = [p for p in prompts for _ in range(settings.n_per_prompt)]
        written = generate(self.policy, repeated, settings.sampling, seed=(self.seed << 24) + self.n_steps)
        batch = branches_of(written)
        scores = ask_reward(self.reward, *completion_tokens(batch), self.codec)
        if settings.unfinished_score is not None:
            scores = np.where(written.finished.cpu().numpy(), scores, settings.unfinished_score)
        reference = read_all(
            self.reference,
            batch,
            temperature=settings.sampling.temperature,
            tokens_at_once=settings.tokens_at_once,
        )
        on_device = torch.from_numpy(scores.astype(np.float32)).to(self.policy.device)
        finished = float(written.finished.float().mean())
        return Rollout(batch, written.log_probs, reference, on_device), finished

    def step(self, prompts: Sequence[Sequence[int]]) -> dict[str, float]:
        """Write, score, learn, and move the price of divergence.

        Args:
            prompts: token ids of each.

        Returns:
            Named numbers: ``score`` and its standard deviation over completions, ``kl`` from the reference in nats a
            completion, ``coefficient`` that was paid, ``entropy`` a token, ``length``, ``finished``, and of the steps
            ``loss``, ``value_loss``, ``gradient_norm``, ``step_kl`` a token, ``clipped``, ``passes``.

        Raises:
            NotFinite: a score, loss or gradient is NaN or infinite; the message says where, and no weight has moved
                since the last step that was sound. BadValue: as `generate` and the reward.
        """
        rollout, finished = self.roll_out(prompts)
        kl = float(rollout.divergence.mean())
        numbers = {
            "score": float(rollout.scores.mean()),
            "score_sd": float(rollout.scores.std(correction=0)),
            "kl": kl,
            "coefficient": self.coefficient,
            "entropy": float(-(rollout.log_probs.sum() / rollout.mask.sum().clamp_min(1))),
            "length": float(rollout.mask.sum(dim=1).float().mean()),
            "finished": finished,
        }
        numbers |= self.learn(rollout)
        self.coefficient = self.settings.kl.after(self.coefficient, divergence=kl)
        self.n_steps += 1
        return numbers

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Make the method's passes over a rollout and return what happened."""
        values = self._values(rollout) if self.value_head is not None else None
        targets = self.method.targets(rollout, values, self.coefficient)
        rng = np.random.default_rng([self.seed % 2**64, self.n_steps])
        self.policy.train()
        passes, happened = 0, dict.fromkeys(("loss", "value_loss", "gradient_norm", "step_kl", "clipped"), 0.0)
        for _ in range(self.method.n_epochs):
            passes += 1
            order = torch.from_numpy(rng.permutation(len(rollout))).to(self.policy.device)
            minibatches = order.tensor_split(min(self.method.n_minibatches, len(rollout)))
            each = [self._minibatch(rollout, targets, rows) for rows in minibatches]
            happened = {name: float(np.mean([e[name] for e in each])) for name in happened}
            if self.method.stop_divergence is not None and happened["step_kl"] > self.method.stop_divergence:
                break
        return {**happened, "passes": float(passes)}

    def _minibatch(self, rollout: Rollout, targets: Targets, rows: Tensor) -> dict[str, float]:
        """Take one step along the gradient of some completions."""
        settings = self.settings
        happened = dict.fromkeys(("loss", "value_loss", "step_kl", "clipped"), 0.0)
        all_tokens = rollout.mask[rows].sum()
        for part in parts(rollout.batch, rows, settings.tokens_at_once):
            batch = take(rollout.batch, part)
            log_probs, hidden = read(self.policy, batch, temperature=settings.sampling.temperature)
            values = None if self.value_head is None else self.value_head(hidden).squeeze(2)
            here = replace(
                rollout,
                batch=batch,
                log_probs=rollout.log_probs[part],
                reference=rollout.reference[part],
                scores=rollout.scores[part],
            )
            losses = self.method.losses(log_probs, values, here, targets.take(part), self.coefficient)
            share = here.mask.sum() / all_tokens
            (losses.loss * share).backward()  # type: ignore[no-untyped-call]
            parted = zip(happened, (losses.loss, losses.value_loss, losses.divergence, losses.clipped), strict=True)
            for name, value in parted:
                happened[name] += float(value.detach() * share)
        loss = happened["loss"]
        norm = self.optimiser.step(settings.learning_rate, settings.largest_gradient) if isfinite(loss) else loss
        if not isfinite(norm):
            self.optimiser.gradient.zero_()
            kept = f"go on from {self.folder}" if self.folder else "give a folder, so that there is a checkpoint"
            raise NotFinite(
                f"policy, step {self.n_steps + 1}, loss and its gradient",
                got=f"{loss}, {norm}",
                expected="finite numbers",
                do=f"Lower learning_rate and {kept}",
            )
        return {**happened, "gradient_norm": norm}

    def _values(self, rollout: Rollout) -> Tensor:
        """Return what the value head expects before each token, (completion, token)."""
        values = torch.zeros_like(rollout.log_probs)
        if self.value_head is None:
            return values
        self.policy.eval()
        with torch.no_grad():
            every = torch.arange(len(rollout), device=values.device)
            for rows in parts(rollout.batch, every, self.settings.tokens_at_once):
                hidden = states(self.policy, take(rollout.batch, rows))
                values[rows] = self.value_head(hidden).squeeze(2)
        return values

    def save(self) -> None:
        """Write a checkpoint into the folder; the last two are kept.

        Raises:
            BadValue: no folder was given. CannotWrite: the disk is full or read-only; earlier checkpoints are kept.
        """
        folder = self._folder()
        arrays = {name: tensor.cpu().numpy() for name, tensor in self.optimiser.state().items()}
        facts = {"coefficient": self.coefficient, "seed": self.seed}
        write_checkpoint(folder, Checkpoint(self.n_steps, arrays, facts, folder))

    def resume(self) -> bool:
        """Go on from the newest checkpoint in the folder; return whether there was one.

        Raises:
            BadFile: it is damaged. BadValue: no folder was given, or it is of another model or seed.
        """
        found = read_checkpoint(self._folder())
        if found is None:
            return False
        if found.facts["seed"] != self.seed:
            raise BadValue(str(self.folder), got=f"a run with seed {found.facts['seed']}", expected=f"seed {self.seed}")
        self.optimiser.load({name: torch.from_numpy(array) for name, array in found.arrays.items()})
        self.coefficient, self.n_steps = float(found.facts["coefficient"]), found.iteration
        return True

    def _folder(self) -> Path:
        if self.folder is None:
            raise BadValue("checkpoint", got="no folder", expected="one", do="Give PolicyOptimiser a folder")
        return self.folder


def frozen(model: CausalModel) -> CausalModel:
    """Return `model` in evaluation mode, its weights no longer to be trained."""
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    return model
