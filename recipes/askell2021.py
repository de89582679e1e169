"""Ranked preference models beside imitation and binary discrimination, pre-training on preferences, distillation.

After Askell et al. 2021, at the scale of a laptop, in NumPy. A text is 24 words of a vocabulary of 40, whose
frequencies fall with their rank as those of words do; its quality is the sum of its words' values. Imitation is a
unigram model of the better texts, scored by log-probability a word; binary discrimination is logistic regression of
good against bad single texts; ranked preference modelling is logistic regression on differences, with the paper's loss
log(1 + exp(r_bad − r_good)). The paper's models are transformers of 13M to 52B parameters; its own settings are in
`PAPER_SETTINGS`. What nature decides is a claim whose failure is a result. Where all words are equally frequent,
imitation is as good as ranking: it is the frequencies, which say nothing of quality, that lead it astray.

Source: Askell, Bai, Chen et al. 2021, arXiv:2112.00861.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from tacit.catalogue.recipes import Claim, ClaimKind, Finding, Results, Stage
from tacit.measure import Estimate, mean_estimate

Array = NDArray[np.float64]
PAPER = "Askell et al. 2021, {}, arXiv:2112.00861"
SEEDS, WORDS, LENGTH, LEVELS = 10, 40, 24, 5
PAPER_SETTINGS = {
    "parameters": [13e6, 42e6, 197e6, 810e6, 2.7e9, 13e9, 52e9],
    "prompt": {"dialogues": 14, "words": 4_600},
    "context distillation": {"largest log-probabilities": 50, "remainder": "one class more"},
    "preference loss": "log(1 + exp(r_bad - r_good)), at the last token",
}
"""The paper's own, for those who have the hardware."""

CLAIMS = {
    "ranked beats imitation": Claim(
        "On texts of many levels of quality, ranked preference modelling is at least 10 points better than imitation",
        ClaimKind.ANALOGUE,
        "performs much better than imitation learning",
        PAPER.format("abstract"),
    ),
    "binary is like imitation": Claim(
        "On two levels told apart by one rule, ranked is within 3 points of binary discrimination",
        ClaimKind.ANALOGUE,
        "binary discrimination typically performs and scales like imitation",
        PAPER.format("abstract"),
    ),
    "pre-training helps": Claim(
        "Pre-training on 10 times as many related preferences (cosine 0.7) adds at least 3 points at 200 pairs",
        ClaimKind.ANALOGUE,
        "improves sample efficiency",
        PAPER.format("section 4"),
    ),
    "pre-training fades": Claim(
        "At 5,000 pairs it adds at most 1 point",
        ClaimKind.ANALOGUE,
        "500 to 1,000 gain most",
        PAPER.format("section 4"),
    ),
    "distillation": Claim(
        "A model distilled from a prompted one, by its 8 likeliest words and the remainder, loses at least 80 % of its "
        "divergence from it on contexts held out",
        ClaimKind.ANALOGUE,
        None,
        PAPER.format("section 2"),
    ),
    "remainder": Claim(
        "Without the class of the remainder, the words beyond are left less than their mass (the share that is left)",
        ClaimKind.ANALOGUE,
        None,
        PAPER.format("section 2"),
    ),
    "loss": Claim(
        "The loss's gradient is σ(r_bad − r_good), and a constant added to r changes nothing (largest error)",
        ClaimKind.IDENTITY,
        0.0,
        PAPER.format("section 3"),
    ),
}
PIECES: dict[str, dict[str, Any]] = {f"seed/{seed}": {"seed": seed} for seed in range(SEEDS)}


def run_piece(settings: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Do one seed; a second or two."""
    del folder
    seed = int(settings["seed"])
    done = {**_objectives(seed), **_pre_training(seed), **_distillation(seed), "loss": _loss_error(seed)}
    stage("seed", 1.0)
    return done


def measure(results: Results) -> dict[str, Finding]:
    """Return what the seeds say of each claim."""

    def found(key: str, *, low: float = -np.inf, high: float = np.inf) -> Finding:
        values = [float(r[key]) for r in results.values()]
        if not values:
            return Finding(SEEDS)
        mean = float(np.mean(values))
        e = mean_estimate(values) if len(values) > 1 else Estimate(mean, mean, mean, 1)
        return Finding(SEEDS, len(values), mean, e.low, e.high, bool(low <= mean <= high))

    return {
        "ranked beats imitation": found("ranked_over_imitation", low=0.10),
        "binary is like imitation": found("ranked_over_binary", low=-0.03, high=0.03),
        "pre-training helps": found("gain_at_200", low=0.03),
        "pre-training fades": found("gain_at_5000", high=0.01),
        "distillation": found("distilled", low=0.8),
        "remainder": found("mass_left", high=1.0),
        "loss": found("loss", high=1e-6),
    }


def texts(rng: np.random.Generator, n: int, value: Array, tilt: float = 0.0) -> Array:
    """Return word counts of `n` texts, (text, word); `tilt` favours valuable words."""
    log_p = tilt * value - np.log(1.0 + np.arange(len(value)))  # Zipf's law
    return rng.multinomial(LENGTH, np.exp(log_p - logsumexp(log_p)), size=n).astype(np.float64)


def logistic(x: Array, y: Array, *, around: Array | None = None, penalty: float = 1.0) -> Array:
    """Return penalised logistic regression without a constant; the penalty draws towards `around`."""
    start = np.zeros(x.shape[1]) if around is None else around
    model = start.copy()
    for _ in range(12):
        p = expit(x @ model)
        bend = (x * (p * (1 - p))[:, None]).T @ x + penalty * np.eye(len(model))
        model -= np.linalg.solve(bend, x.T @ (p - y) + penalty * (model - start))
    return model


def _answers(rng: np.random.Generator, a: Array, b: Array, value: Array, precision: float) -> Array:
    return (rng.random(len(a)) < expit(precision * (a - b) @ value)).astype(np.float64)


def _objectives(seed: int) -> dict[str, float]:
    """Return how the three objectives do where there are many levels of quality, and where there are two."""
    rng = np.random.default_rng([seed, 1])
    value = rng.normal(size=WORDS) / np.sqrt(LENGTH)
    n = 1_000

    def drawn(n: int) -> tuple[Array, Array]:
        """Pairs of which both come from any level: what is good in one pair is bad in another."""
        levels = rng.integers(LEVELS, size=(2, n))
        sides = [np.concatenate([texts(rng, 1, value, 0.5 * level) for level in side]) for side in levels]
        return sides[0], sides[1]

    a, b = drawn(n)
    first = _answers(rng, a, b, value, 3.0) > 0.5
    good, bad = np.where(first[:, None], a, b), np.where(first[:, None], b, a)
    scores = _three(good, bad)
    a, b = drawn(4_000)
    truth = (a - b) @ value
    right = {name: float(np.mean(((a - b) @ score > 0) == (truth > 0))) for name, score in scores.items()}
    half = texts(rng, n, value, 0.8), texts(rng, n, value, -0.8)  # two levels: every good text is above every bad one
    two = _three(*half)
    a, b = texts(rng, 4_000, value, 0.8), texts(rng, 4_000, value, -0.8)
    apart = {name: float(np.mean((a - b) @ score > 0)) for name, score in two.items()}
    return {
        "ranked_over_imitation": right["ranked"] - right["imitation"],
        "ranked_over_binary": apart["ranked"] - apart["binary"],
    }


def _three(good: Array, bad: Array) -> dict[str, Array]:
    """Return the score of each word by each objective."""
    counts = good.sum(axis=0) + 1
    x = np.concatenate([good, bad])
    x = x - x.mean(axis=0)
    return {
        "imitation": np.log(counts / counts.sum()),  # all texts are equally long: a log-probability a word
        "binary": logistic(x, np.repeat([1.0, 0.0], len(good))),
        "ranked": logistic(good - bad, np.ones(len(good))),
    }


def _pre_training(seed: int) -> dict[str, float]:
    """Return what pre-training on related preferences adds, in accuracy, at 200 and at 5,000 pairs."""
    rng = np.random.default_rng([seed, 2])
    value, other = rng.normal(size=(2, WORDS))
    other -= value * (other @ value) / (value @ value)
    other *= np.linalg.norm(value) / np.linalg.norm(other)
    related = 0.7 * value + np.sqrt(1 - 0.7**2) * other  # cosine 0.7
    a, b = texts(rng, 4_000, value), texts(rng, 4_000, value)
    truth, gains = (a - b) @ value > 0, {}
    for n in (200, 5_000):
        x = texts(rng, 10 * n, value) - texts(rng, 10 * n, value)
        before = logistic(x, (rng.random(10 * n) < expit(0.3 * x @ related)).astype(np.float64))
        x = texts(rng, n, value) - texts(rng, n, value)
        y = (rng.random(n) < expit(0.3 * x @ value)).astype(np.float64)
        after = {"with": logistic(x, y, around=before, penalty=20.0), "without": logistic(x, y, penalty=20.0)}
        right = {name: float(np.mean(((a - b) @ model > 0) == truth)) for name, model in after.items()}
        gains[f"gain_at_{n}"] = right["with"] - right["without"]
    return gains


def _distillation(seed: int) -> dict[str, float]:
    """Return how far a model without the prompt comes to one with it, on contexts that it was not distilled on."""
    rng = np.random.default_rng([seed, 3])
    width, words, kept = 12, 60, 8
    plain, prompted = rng.normal(size=(2, width, words))
    prompted = plain + 0.7 * prompted  # the prompt moves every prediction
    contexts, others = rng.normal(size=(2, 600, width))

    def log_p(model: Array, x: Array) -> Array:
        logits = x @ model
        return np.asarray(logits - logsumexp(logits, axis=1, keepdims=True))

    def divergence(model: Array) -> float:
        target = log_p(prompted, others)
        return float((np.exp(target) * (target - log_p(model, others))).sum(axis=1).mean())

    teacher = np.exp(log_p(prompted, contexts))
    top = np.argsort(-teacher, axis=1)[:, :kept]
    mask = np.zeros_like(teacher, dtype=bool)
    np.put_along_axis(mask, top, True, axis=1)

    def distilled(*, remainder: bool) -> Array:
        model = plain.copy()
        for _ in range(600):
            p = np.exp(log_p(model, contexts))
            if remainder:  # the words beyond the kept ones share the teacher's remainder as the student has them
                rest, own = (teacher * ~mask).sum(axis=1, keepdims=True), (p * ~mask).sum(axis=1, keepdims=True)
                target = np.where(mask, teacher, p * rest / own)
            else:
                target = teacher * mask / (teacher * mask).sum(axis=1, keepdims=True)
            model -= 2.0 * contexts.T @ (p - target) / len(contexts)
        return np.asarray(model)

    beyond = np.exp(log_p(distilled(remainder=False), contexts)) * ~mask
    return {
        "distilled": 1 - divergence(distilled(remainder=True)) / divergence(plain),
        "mass_left": float(beyond.sum() / (teacher * ~mask).sum()),
    }


def _loss_error(seed: int) -> float:
    """Return how far the loss is from its gradient by differences, and from itself with a constant added."""
    good, bad = np.random.default_rng([seed, 4]).normal(size=(2, 100))
    step = 1e-5

    def loss(good: Array, bad: Array) -> Array:
        return np.asarray(np.log1p(np.exp(bad - good)))

    slope = (loss(good, bad + step) - loss(good, bad - step)) / (2 * step)
    moved = np.abs(loss(good + 3, bad + 3) - loss(good, bad)).max()
    return float(max(np.abs(slope - expit(bad - good)).max(), moved))
