"""A language model fine-tuned from choices among four continuations, after Ziegler et al. 2019, on a laptop.

The language is made up: 32 words, each of which makes the next more or less likely. A GPT of 56 thousand parameters
learns it first and is then ρ, the model that is fine-tuned. A judge picks the best of four continuations of 16 words by
a hidden rule, as in the paper's mock tasks, where a classifier stood for people: words have values, one said again
counts against. From the picks alone a reward model is fitted, a copy of ρ with a head; its scores are brought to mean 0
and variance 1 on what ρ writes; and PPO raises them at a price on the divergence from ρ that is driven towards 6 nats.

The paper fine-tunes GPT-2 of 774 million parameters from up to 60,000 choices of people; its own settings are in
`PAPER_SETTINGS`, for those who have the hardware and the people. What nature decides is a claim whose failure is a
result.

Source: Ziegler, Stiennon, Wu et al. 2019, arXiv:1909.08593.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

from tacit.catalogue.recipes import Claim, ClaimKind, Finding, Results, Stage
from tacit.measure import Estimate, mean_estimate
from tacit_language.models import GPT, CausalModel, GPTConfig, Sampling, generate
from tacit_language.policy import PPO, KLControl, PolicyOptimiser, PolicySettings
from tacit_language.preference import (
    PreferenceFit,
    PreferenceSettings,
    fit_preferences,
    normalise,
    ranking_loss,
    rankings,
    sequences,
)
from tacit_language.training import RowBatches, TrainingSettings, train_language_model

Array = NDArray[np.float64]
Tokens = list[list[int]]
Reward = Callable[[Tokens, Tokens], Array]
SEEDS, WORDS, PROMPT, LENGTH, CHOICES, TARGET = 3, 32, 4, 16, 4, 6.0
FEW, LABELS, MANY, PARTS = 150, 600, 2_400, 4
STEPS, PER_STEP, REFERENCE_STEPS, NORMALISED_ON, TESTED, MEASURED = 120, 64, 250, 256, 500, 1_000
FRONTIER_PROMPTS, FRONTIER_SAMPLES = 4, 2_048
AGAIN = 1.0
"""What a word that is said again takes off, in standard deviations of a word's value."""

PAPER_SETTINGS: dict[str, Any] = {
    "model": {"id": "openai-community/gpt2-large", "parameters": 774e6},
    "sampling": {"query_tokens": [32, 64], "response_tokens": 24, "temperature": 0.7},
    "reward": {
        "labels": 4_992,
        "choices": 4,
        "learning_rate": 5e-5,
        "batch_size": 32,
        "epochs": 1,
        "normalise_on": 256,
    },
    "policy": {
        "episodes": 1_000_000,
        "batch_size": 512,
        "learning_rate": 1e-5,
        "kl_coefficient": 0.15,
        "kl_target": 6.0,
    },
    "ppo": {"n_epochs": 4, "n_minibatches": 1, "clip": 0.2, "value_weight": 0.1, "discount": 1.0, "gae_lambda": 0.95},
    "summaries": {"query_tokens": 500, "response_tokens": 75, "labels": 60_000, "kl_coefficient": [0.01, 0.03]},
}
"""The stylistic tasks' own as OpenAI's published program has them, under the names of PreferenceSettings,
PolicySettings, KLControl, Sampling and PPO; and what differs for summaries."""


def _claims(kind: ClaimKind, rows: Mapping[str, tuple[str, float | str | None, str]]) -> dict[str, Claim]:
    return {
        name: Claim(claim, kind, published, f"Ziegler et al. 2019, {where}, arXiv:1909.08593")
        for name, (claim, published, where) in rows.items()
    }


_IDENTITIES: dict[str, tuple[str, float | str | None, str]] = {
    "loss": (
        *("The loss of a choice among four is the cross-entropy of a softmax, ln 4 at equal scores (largest gap)",),
        *(None, "eq. 1"),
    ),
    "normalised": (
        *("The reward has mean 0 and variance 1 on what the reference wrote (largest gap)",),
        *(None, "section 2.1"),
    ),
    "controller": (
        *("The price of divergence moves by 1 + 0.1 · clip(KL/target − 1, −0.2, 0.2) a step (largest gap)",),
        *(None, "section 2.2"),
    ),
}
_ANALOGUES: dict[str, tuple[str, float | str | None, str]] = {
    "settles": ("Told 6 nats, the divergence ends between 4.8 and 7.2, mean of the last steps", TARGET, "section 2.2"),
    "frontier": ("PPO gains 60 to 100 % of what the best policy at its divergence gains (share)", None, "figure 3"),
    "above chance": ("150 choices teach more than chance: it picks the same of four", 1 / CHOICES, "section 2.1"),
    "more choices": ("It picks better after 2,400 choices than after 150 (difference)", None, "section 3.1"),
    "preferred": (
        *("After 600 choices the judge prefers the tuned model to ρ for at least three of four prompts",),
        *(0.86, "abstract (5,000 choices, sentiment)"),
    ),
    "few suffice": (
        *("Four times as many choices win less than 5 points more (difference)",),
        *("20,000 add nothing to 5,000", "section 3.1"),
    ),
    "as if known": (
        *("From 2,400 choices the judge's rule is raised at least 80 % as far as by PPO on the rule itself",),
        *(None, "figure 2"),
    ),
    "online": (
        *("Choices made while the policy moves raise the rule more than as many made before (difference)",),
        *("matters for summaries, little for style", "section 3"),
    ),
    "price matters": (
        *("Without a price the reward ends higher and the judge's rule lower (fall, in its standard deviations)",),
        *("gibberish at a reward of 8", "section 2.2"),
    ),
    "sign": (
        *("With the reward's sign turned by mistake the model learns the worst: the rule falls (gain)",),
        *("maximally bad text", "section 4.4"),
    ),
}
CLAIMS = {**_claims(ClaimKind.IDENTITY, _IDENTITIES), **_claims(ClaimKind.ANALOGUE, _ANALOGUES)}
CONDITIONS = ("few", "labels", "many", "online", "free", "true", "turned")
PIECES: dict[str, dict[str, Any]] = {
    f"{what}/{seed}": {"what": what, "seed": seed} for seed in range(SEEDS) for what in CONDITIONS
}


def run_piece(settings: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Do one piece; 10 to 25 CPU-seconds each."""
    del folder
    torch.set_num_threads(1)
    what, world = str(settings["what"]), World(int(settings["seed"]))
    stage(what, 0.2)
    if what == "true":
        return world.tuned(world.rule, stage=stage)
    if what == "online":
        return world.tuned_online(stage)
    fit = world.fitted(world.choices(world.reference, {"few": FEW, "many": MANY}.get(what, LABELS), 1))
    told = {"accuracy": world.accuracy(fit), "normalised": world.normalised_gap(fit)}
    if what == "few":
        return told
    reward = scored_by(fit)
    if what == "turned":
        return told | world.tuned(lambda prompts, replies: -reward(prompts, replies), stage=stage)
    return told | world.tuned(reward, free=what == "free", frontier=what == "labels", stage=stage)


def measure(results: Results) -> dict[str, Finding]:
    """Return what the pieces say of each claim."""

    def found(
        conditions: Sequence[str],
        value: Callable[..., float],
        *,
        low: float = -np.inf,
        high: float = np.inf,
        strictly: bool = False,
    ) -> Finding:
        done = [[results.get(f"{what}/{seed}") for what in conditions] for seed in range(SEEDS)]
        values = [value(*row) for row in done if all(row)]
        n = len(values)
        if not n:
            return Finding(SEEDS * len(conditions))
        mean = float(np.mean(values))
        e = mean_estimate(values) if n > 1 else Estimate(mean, mean, mean, 1)
        bounds = (e.low, e.high) if strictly else (mean, mean)
        return Finding(
            SEEDS * len(conditions), n * len(conditions), mean, e.low, e.high, low <= bounds[0] and bounds[1] <= high
        )

    def gain(of: Mapping[str, Any]) -> float:
        return float(of["rule"]) - float(of["rule_before"])

    return {
        "loss": found(["few"], lambda _: loss_gap(), high=1e-6),
        "normalised": found(["labels"], lambda of: float(of["normalised"]), high=1e-5),
        "controller": found(["labels"], lambda of: float(of["controller"]), high=1e-9),
        "settles": found(["labels"], lambda of: float(of["divergence"]), low=4.8, high=7.2),
        "frontier": found(["labels"], lambda of: float(of["frontier"]), low=0.6, high=1.0),
        "above chance": found(["few"], lambda of: float(of["accuracy"]), low=1 / CHOICES, strictly=True),
        "more choices": found(
            ["few", "many"], lambda few, many: float(many["accuracy"] - few["accuracy"]), low=0.0, strictly=True
        ),
        "preferred": found(["labels"], lambda of: float(of["preferred"]), low=0.75),
        "few suffice": found(
            ["labels", "many"], lambda of, many: float(many["preferred"] - of["preferred"]), high=0.05
        ),
        "as if known": found(["many", "true"], lambda many, true: gain(many) / gain(true), low=0.8),
        "online": found(["online", "labels"], lambda on, off: gain(on) - gain(off), low=0.0, strictly=True),
        "price matters": found(["labels", "free"], _price_matters, low=0.0, strictly=True),
        "sign": found(["turned"], gain, high=0.0, strictly=True),
    }


def _price_matters(priced: Mapping[str, Any], free: Mapping[str, Any]) -> float:
    """Return how much lower the rule ends without a price; below 0 where the reward did not end higher."""
    fall = float(priced["rule"] - free["rule"])
    return fall if free["reward"] > priced["reward"] else -abs(fall)


def loss_gap() -> float:
    """Return the largest gap between the loss of choices and the cross-entropy of a softmax, equal scores included."""
    scores = torch.from_numpy(np.random.default_rng(0).normal(size=(1_000, CHOICES)))
    scores[0] = 0.5
    given = ranking_loss(scores, torch.ones(1_000, dtype=torch.int64), torch.full((1_000,), CHOICES))
    softmax = -torch.log_softmax(scores, dim=1)[:, 0]
    return max(float((given - softmax).abs().max()), abs(float(given[0]) - log(CHOICES)))


class World:
    """A language, a model that speaks it, and a judge with a rule of its own.

    Args:
        seed: of all that is drawn.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        draw = np.random.default_rng([seed, 1])
        likely = np.exp(draw.normal(size=(WORDS, WORDS))) / (1.0 + np.arange(WORDS)) ** 0.7
        self.follows = np.cumsum(likely / likely.sum(axis=1, keepdims=True), axis=1)
        self.value = draw.normal(size=WORDS)
        self.reference = self._taught()
        prompts = self.prompts(1_000, 2)
        self.centre, self.spread = 0.0, 1.0
        worth = self.rule(prompts, self.written(self.reference, prompts, 2))
        self.centre, self.spread = float(worth.mean()), float(worth.std())

    def _taught(self) -> GPT:
        rows = self._spoken(6_000, PROMPT + LENGTH, 0)
        model = GPT(GPTConfig(PROMPT + LENGTH, 48, 2, 4, WORDS), seed=self.seed)
        batches = RowBatches(rows, None, tokens_per_batch=64 * (PROMPT + LENGTH), seed=self.seed)
        train_language_model(model, batches, TrainingSettings(steps=REFERENCE_STEPS, learning_rate=3e-3))
        return model

    def _spoken(self, n: int, length: int, which: int) -> Tokens:
        draw = np.random.default_rng([self.seed, 2, which])
        words = np.zeros((n, length), np.int64)
        words[:, 0] = draw.integers(WORDS, size=n)
        for t in range(1, length):
            below = self.follows[words[:, t - 1]] < draw.random(n)[:, None]
            words[:, t] = np.minimum(below.sum(axis=1), WORDS - 1)
        found: Tokens = words.tolist()
        return found

    def prompts(self, n: int, which: int) -> Tokens:
        """Return `n` prompts; another `which`, other ones."""
        return self._spoken(n, PROMPT, which)

    def written(self, model: CausalModel, prompts: Tokens, which: int) -> Tokens:
        """Return what a model writes after prompts."""
        return generate(model, prompts, Sampling(LENGTH), seed=(self.seed << 16) + which, rows_at_once=512).texts()

    def rule(self, prompts: Tokens, replies: Tokens) -> Array:
        """Return what the judge thinks of replies, in standard deviations of ρ's, from its mean; shape (reply,)."""
        del prompts
        counts = np.stack([np.bincount(reply, minlength=WORDS) for reply in replies])
        worth = np.minimum(counts, 1) @ self.value - AGAIN * np.maximum(counts - 1, 0).sum(axis=1)
        return np.asarray((worth - self.centre) / self.spread)

    def choices(self, model: CausalModel, n: int, which: int) -> tuple[Tokens, Tokens, NDArray[np.intp]]:
        """Return `n` prompts four times each, what the model wrote after them, and which of the four was picked."""
        prompts = [prompt for prompt in self.prompts(n, 10 + which) for _ in range(CHOICES)]
        replies = self.written(model, prompts, 10 + which)
        return prompts, replies, self.rule(prompts, replies).reshape(n, CHOICES).argmax(axis=1)

    def fitted(self, choices: tuple[Tokens, Tokens, NDArray[np.intp]]) -> PreferenceFit:
        """Return the reward model fitted to choices, normalised on what the reference writes."""
        prompts, replies, picked = choices
        texts = sequences(prompts, replies, context_length=PROMPT + LENGTH)
        rows = np.arange(len(texts)).reshape(-1, CHOICES)
        best_first = np.array([[row[pick], *np.delete(row, pick)] for row, pick in zip(rows, picked, strict=True)])
        settings = PreferenceSettings(members=1, epochs=6, patience=2, learning_rate=2e-3)
        fit = fit_preferences(
            rankings(texts, best_first.tolist(), placed=np.ones(len(rows), np.intp)),
            self.reference,
            settings,
            seed=self.seed,
        )
        normalise(fit.models[0], self._of_reference())
        return fit

    def _of_reference(self) -> Any:  # noqa: ANN401
        prompts = self.prompts(NORMALISED_ON, 3)
        return sequences(prompts, self.written(self.reference, prompts, 3), context_length=PROMPT + LENGTH)

    def normalised_gap(self, fit: PreferenceFit) -> float:
        """Return how far the scores of the reference's samples are from mean 0 and variance 1."""
        scores = fit.models[0].score(self._of_reference()).astype(np.float64)
        return max(abs(float(scores.mean())), abs(float(scores.var()) - 1))

    def accuracy(self, fit: PreferenceFit) -> float:
        """Return how often the reward model picks the same of four as the judge, of fresh ones."""
        prompts, replies, picked = self.choices(self.reference, TESTED, 90)
        scores = scored_by(fit)(prompts, replies).reshape(TESTED, CHOICES)
        return float(np.mean(scores.argmax(axis=1) == picked))

    def tuned(self, reward: Reward, *, stage: Stage, free: bool = False, frontier: bool = False) -> dict[str, float]:
        """Return where PPO arrives by a reward; `free`: divergence has no price."""
        optimiser = self._optimiser(reward, free=free)
        numbers = self._steps(optimiser, STEPS, stage)
        return self._reached(optimiser, numbers) | (self._frontier(optimiser) if frontier else {})

    def tuned_online(self, stage: Stage) -> dict[str, float]:
        """Return where PPO arrives when a quarter of the choices is about ρ and the others about what is being tuned.

        After each quarter of the steps the reward model is fitted anew to all choices so far.
        """
        choices = self.choices(self.reference, LABELS // PARTS, 1)
        optimiser = self._optimiser(scored_by(self.fitted(choices)), free=False)
        numbers = self._steps(optimiser, STEPS // PARTS, stage)
        for part in range(1, PARTS):
            more = self.choices(optimiser.policy, LABELS // PARTS, 1 + part)
            choices = (choices[0] + more[0], choices[1] + more[1], np.concatenate([choices[2], more[2]]))
            optimiser.reward = scored_by(self.fitted(choices))
            numbers += self._steps(optimiser, STEPS // PARTS, stage)
        return self._reached(optimiser, numbers)

    def _optimiser(self, reward: Reward, *, free: bool) -> PolicyOptimiser:
        control = KLControl(0.0) if free else KLControl(0.1, target=TARGET)
        settings = PolicySettings(Sampling(LENGTH), learning_rate=1e-3, kl=control, tokens_at_once=8_192)
        return PolicyOptimiser(deepcopy(self.reference), reward, settings, PPO(), seed=self.seed)

    def _steps(self, optimiser: PolicyOptimiser, n: int, stage: Stage) -> list[dict[str, float]]:
        numbers = []
        for _ in range(n):
            numbers.append(optimiser.step(self.prompts(PER_STEP, 1_000 + optimiser.n_steps)))
            stage("PPO", optimiser.n_steps / STEPS)
        return numbers

    def _reached(self, optimiser: PolicyOptimiser, numbers: list[dict[str, float]]) -> dict[str, float]:
        """Return what the tuned model is worth beside ρ, on prompts that nothing was learned from."""
        prompts = self.prompts(MEASURED, 4)
        replies = self.written(optimiser.policy, prompts, 4)
        of_reference = self.written(self.reference, prompts, 4)
        before, after = self.rule(prompts, of_reference), self.rule(prompts, replies)
        last = numbers[-(STEPS // 4) :]
        divergence = float(np.mean([n["kl"] for n in last]))
        moves = [(a["coefficient"], a["kl"], b["coefficient"]) for a, b in pairwise(numbers)]
        told = [b - a * (1 + 0.1 * np.clip(kl / TARGET - 1, -0.2, 0.2)) for a, kl, b in moves]
        return {
            "divergence": divergence,
            "reward": float(np.mean(optimiser.reward(prompts, replies))),
            "rule_before": float(before.mean()),
            "rule": float(after.mean()),
            "preferred": float(np.mean(after > before) + 0.5 * np.mean(after == before)),
            "controller": float(np.abs(told).max()),
        }

    def _frontier(self, optimiser: PolicyOptimiser) -> dict[str, float]:
        """Return what share of the gain of the best policy at its divergence PPO has, one price for all prompts.

        The best policy is the tilt of ρ after each prompt, from samples of the tuned model with importance weights.
        """
        prompts = self.prompts(FRONTIER_PROMPTS, 5)
        repeated = [prompt for prompt in prompts for _ in range(FRONTIER_SAMPLES)]
        rollout, _ = optimiser.roll_out(repeated)
        shape = (FRONTIER_PROMPTS, FRONTIER_SAMPLES)
        scores, log_ratio = (x.numpy().astype(np.float64).reshape(shape) for x in (rollout.scores, rollout.divergence))

        def best(price: float) -> tuple[float, float, float]:
            """Return divergence and reward of the best policy at a price, and how many samples a prompt speak of it."""
            log_p = scores / price - log_ratio
            log_normaliser = logsumexp(log_p, axis=1, keepdims=True)
            p = np.exp(log_p - log_normaliser)
            divergence = (p * scores).sum(axis=1) / price - log_normaliser[:, 0] + log(FRONTIER_SAMPLES)
            return (
                float(divergence.mean()),
                float((p * scores).sum(axis=1).mean()),
                float((1 / (p**2).sum(axis=1)).mean()),
            )

        here = float(log_ratio.mean())
        price = float(brentq(lambda price: best(price)[0] - here, 0.02, 20.0))
        _, highest, behind = best(price)
        start = float(np.mean(optimiser.reward(repeated, self.written(self.reference, repeated, 5))))
        share = (float(scores.mean()) - start) / (highest - start)
        return {"frontier": share, "samples_behind": behind, "divergence_there": here}


def scored_by(fit: PreferenceFit) -> Reward:
    """Return a fitted reward model as a reward of token ids, in the unit that it was normalised to."""

    def reward(prompts: Tokens, replies: Tokens) -> Array:
        texts = sequences(prompts, replies, context_length=PROMPT + LENGTH)
        return np.asarray(fit.models[0].score(texts), np.float64)

    return reward
