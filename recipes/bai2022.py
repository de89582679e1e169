"""Reward against the root of the divergence, over-optimisation, tension and calibration, after Bai et al. 2022.

At the scale of a laptop, in NumPy, on texts of a made-up world with a gold reward. A text has 16 places; at each stands
one of four common words with a worth of its own, or, once in ten, one of 24 rare ones, each worth −0.5. A preference
model is penalised logistic regression on which word stands where; answers follow a logistic law of the difference of
worth, and one in ten is turned round. The paper's models have 13M to 52B parameters and people answer; its own settings
are in `PAPER_SETTINGS`, for those who have the hardware.

What nature decides is a claim whose failure is a result. `make bench` measures the alarm of over-optimisation on the
same world (benchmarks/over_optimisation.py).

Source: Bai, Jones, Ndousse et al. 2022, arXiv:2204.05862.
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
from tacit.measure.calibration import expected_calibration_error
from tacit.measure.discrimination import area_under_roc
from tacit.reward.out_of_distribution import fit_familiar

Array = NDArray[np.float64]
PAPER = "Bai et al. 2022, {}, arXiv:2204.05862"
SEEDS = 5
PLACES, COMMON, RARE, RARE_SHARE, RARE_WORTH, SPREAD, TURNED = 16, 4, 24, 0.1, -0.5, 0.7, 0.1
FAR = np.linspace(0.0, 6.0, 25)

PAPER_SETTINGS = {
    "parameters": [13e6, 42e6, 197e6, 810e6, 2.7e9, 13e9, 52e9],
    "comparisons": {"base helpful": 44_000, "base red team": 42_000, "rejection sampling": 52_000, "online": 22_000},
    "preference model": {"epochs": 1, "train and test halves": 0.5, "held out": 0.05},
    "policy": {"method": "ppo", "kl_coefficient": 0.001, "clip": 0.2, "discount": 1.0},
}
"""The paper's own, to be given to tacit_language's preference models and PPO on hardware that holds such models."""

CLAIMS = {
    "tilt": Claim(
        "The tilt of 2,000 arms with normal rewards gains σ√(2 KL): the ratio at β = 0.1, 0.3 and 1 (farthest from 1)",
        ClaimKind.IDENTITY,
        1.0,
        PAPER.format("section 4.3"),
    ),
    "policy gradient": Claim(
        "A softmax policy's reward is roughly linear in √KL up to 2: R² of a line through the origin",
        ClaimKind.ANALOGUE,
        "roughly linear",
        PAPER.format("figures 4 and 13"),
    ),
    "below the tilt": Claim(
        "At equal KL the policy gradient gains no more than the tilt (largest ratio)",
        ClaimKind.IDENTITY,
        None,
        PAPER.format("section 4.3"),
    ),
    "peak moves": Claim(
        "The true reward peaks at a larger √KL with a preference model of 8,000 answers than with one of 2,000",
        ClaimKind.ANALOGUE,
        "larger preference models are more robust",
        PAPER.format("section 4.2, figure 4"),
    ),
    "train and test part": Claim(
        "The rewards of the train and the test preference model part as the policy goes on: growth of the gap from the "
        "first third of the way to the end, as a share of the train reward",
        ClaimKind.ANALOGUE,
        "diverge after about 150k samples",
        PAPER.format("section 4.2"),
    ),
    "online": Claim(
        "At 2,000 answers in all, asking half of them about the tuned policy gives a higher true reward at its best",
        ClaimKind.ANALOGUE,
        "+50 Elo",
        PAPER.format("figure 16"),
    ),
    "tension": Claim(
        "A model of one of two opposed qualities is below chance on the other (its accuracy)",
        ClaimKind.ANALOGUE,
        "significantly worse than chance",
        PAPER.format("figure 19"),
    ),
    "mixture": Claim(
        "A wide model of both is within 5 points of each of the two; a narrow one is not (the narrow one's loss)",
        ClaimKind.ANALOGUE,
        "larger models lose less",
        PAPER.format("figure 19"),
    ),
    "calibration": Claim(
        "The model's probabilities come true on texts like those judged: calibration error at most 0.03",
        ClaimKind.ANALOGUE,
        None,
        PAPER.format("figure 9"),
    ),
    "over-confident": Claim(
        "After optimisation it promises more than comes true in the tenth of pairs it is surest of (the difference)",
        ClaimKind.ANALOGUE,
        None,
        PAPER.format("figure 9"),
    ),
    "odd items": Claim(
        "Items unlike those judged are told apart by Mahalanobis distance (area under the curve)",
        ClaimKind.ANALOGUE,
        0.85,
        PAPER.format("section 5.4"),
    ),
    "noise ceiling": Claim(
        "Two labelers who agree in 63 % each err in 24.5 %, so that no model agrees with one in more than 75.5 %",
        ClaimKind.IDENTITY,
        0.755,
        PAPER.format("section 2 (63 % agreement)"),
    ),
}
PIECES: dict[str, dict[str, Any]] = {
    f"{part}/{seed}": {"part": part, "seed": seed} for seed in range(SEEDS) for part in ("bandit", "world", "tension")
}


def run_piece(settings: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Do one piece; a few seconds each."""
    del folder
    done = {"bandit": _bandit, "world": _world, "tension": _tension}[settings["part"]](int(settings["seed"]))
    stage(settings["part"], 1.0)
    return done


def measure(results: Results) -> dict[str, Finding]:
    """Return what the pieces say of each claim."""
    by = {
        part: [r for name, r in results.items() if name.startswith(f"{part}/")]
        for part in ("bandit", "world", "tension")
    }

    def found(part: str, key: str, *, low: float = -np.inf, high: float = np.inf, strictly: bool = False) -> Finding:
        values = [float(r[key]) for r in by[part]]
        if not values:
            return Finding(SEEDS)
        mean = float(np.mean(values))
        e = mean_estimate(values) if len(values) > 1 else Estimate(mean, mean, mean, 1)
        bound = e.low if strictly else mean
        return Finding(SEEDS, len(values), mean, e.low, e.high, bool(low <= bound and mean <= high))

    return {
        "tilt": found("bandit", "tilt", low=0.98, high=1.02),
        "policy gradient": found("bandit", "r2", low=0.93),
        "below the tilt": found("bandit", "against_tilt", high=1.01),
        "peak moves": found("world", "peak_moves", low=0.0, strictly=True),
        "train and test part": found("world", "gap_grows", low=0.0, strictly=True),
        "online": found("world", "online_gain", low=0.0, strictly=True),
        "tension": found("tension", "other", high=0.5),
        "mixture": found("tension", "narrow_loss", low=0.05),
        "calibration": found("world", "calibration_error", high=0.03),
        "over-confident": found("world", "over_confidence", low=0.0, strictly=True),
        "odd items": found("tension", "odd_area", low=0.9),
        "noise ceiling": _ceiling(len(by["bandit"])),
    }


def _ceiling(done: int) -> Finding:
    """Return the agreement that no model can exceed, from agreement a = 1 − 2e(1 − e) of labelers who err with e."""
    if not done:
        return Finding(SEEDS)
    ceiling = 1 - (1 - float(np.sqrt(2 * 0.63 - 1))) / 2
    return Finding(SEEDS, done, ceiling, ceiling, ceiling, abs(ceiling - 0.755) < 5e-4, "arithmetic: a = 1 − 2e(1 − e)")


def _bandit(seed: int) -> dict[str, float]:
    """Return how the tilt and the gradient of a softmax policy fare on 2,000 arms."""
    reward = np.random.default_rng([seed, 1]).normal(size=2_000)
    sigma, n = float(reward.std()), len(reward)

    def at(log_policy: Array) -> tuple[float, float]:
        log_policy = log_policy - logsumexp(log_policy)
        policy = np.exp(log_policy)
        return float((policy * log_policy).sum() + np.log(n)), float(policy @ reward - reward.mean())

    ratios = [gain / (sigma * np.sqrt(2 * kl)) for kl, gain in (at(beta * reward) for beta in (0.1, 0.3, 1.0))]
    logits, way = np.zeros(n), []
    for _ in range(4_000):
        policy = np.exp(logits - logsumexp(logits))
        logits = logits + 2.0 * policy * n * (reward - policy @ reward) * 0.02
        way.append(at(logits))
        if way[-1][0] > 4:
            break
    kl, gain = np.array(way).T
    far = np.sqrt(kl)
    slope = float(far @ gain / (far @ far))
    r2 = 1 - float(((gain - slope * far) ** 2).sum() / ((gain - gain.mean()) ** 2).sum())
    betas = np.geomspace(1e-3, 30, 2_000)
    tilts = np.array([at(beta * reward) for beta in betas])
    best = np.interp(kl, tilts[:, 0], tilts[:, 1])
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    later = kl > 0.01
    return {"tilt": worst, "r2": r2, "against_tilt": float((gain[later] / best[later]).max())}


def _world(seed: int) -> dict[str, float]:
    """Return how preference models of more and fewer answers bear being optimised."""
    world = World(seed)
    small, large = world.optimised(world.answers(2_000)), world.optimised(world.answers(8_000))
    third = len(FAR) // 3
    gap = (small["train"] - small["test"]) / np.maximum(small["train"], 1e-9)
    first = world.answers(1_000)
    half_way = world.tilted(world.fit(first), float(FAR[small["gold"].argmax()]) / 2)
    mixed = world.fit(np.concatenate(pair) for pair in zip(first, world.answers(1_000, half_way), strict=True))
    static = world.fit(world.answers(2_000))
    gains = [max(world.gold(world.tilted(model, far)) for far in FAR) for model in (mixed, static)]
    model = world.fit(world.answers(8_000))
    x, y = world.answers(8_000)
    error = expected_calibration_error(expit(x @ model), y.astype(np.float64), n_bins=10).mean
    x, y = world.answers(8_000, world.tilted(model, 4.0))
    p = expit(x @ model)
    sure = np.maximum(p, 1 - p)
    top = sure >= np.quantile(sure, 0.9)
    right = np.where(p > 0.5, y, ~y)
    return {
        "peak_moves": float(FAR[large["gold"].argmax()] - FAR[small["gold"].argmax()]),
        "gap_grows": float(gap[-1] - gap[third]),
        "online_gain": float(gains[0] - gains[1]),
        "calibration_error": float(error),
        "over_confidence": float(sure[top].mean() - right[top].mean()),
    }


class World:
    """Texts, what they are worth, and who judges them.

    Args:
        seed: of the words' worth and of every draw.
    """

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 2])
        shares = np.r_[np.full(COMMON, (1 - RARE_SHARE) / COMMON), np.full(RARE, RARE_SHARE / RARE)]
        self.log_first = np.log(shares)
        self.worth = np.full((PLACES, COMMON + RARE), RARE_WORTH)
        self.worth[:, :COMMON] = SPREAD * self.rng.normal(size=(PLACES, COMMON))

    def answers(self, n: int, policy: Array | None = None) -> tuple[Array, NDArray[np.bool_]]:
        """Return differences of `n` pairs of texts, (pair, place · word), and whether the first was preferred."""
        of = np.exp(np.tile(self.log_first, (PLACES, 1))) if policy is None else policy
        difference = self.texts(of, n) - self.texts(of, n)
        answer = self.rng.random(n) < expit(difference @ self.worth.ravel())
        return difference, answer ^ (self.rng.random(n) < TURNED)

    def texts(self, policy: Array, n: int) -> Array:
        """Return `n` texts, (text, place · word)."""
        drawn = self.rng.random((n, PLACES))
        word = np.minimum((drawn[:, :, None] > np.cumsum(policy, axis=1)).sum(axis=2), policy.shape[1] - 1)
        return np.asarray(np.eye(policy.shape[1])[word].reshape(n, -1))

    def fit(self, answers: Any) -> Array:  # noqa: ANN401  differences and answers, as any pair
        """Return a preference model: penalised logistic regression, by Newton's method."""
        difference, answer = answers
        model, penalty = np.zeros(difference.shape[1]), 0.2 * len(difference) / 8_000
        for _ in range(10):
            p = expit(difference @ model)
            slope = difference.T @ (p - answer) + penalty * model
            bend = (difference * (p * (1 - p))[:, None]).T @ difference + penalty * np.eye(len(model))
            model = model - np.linalg.solve(bend, slope)
        return np.asarray(model)

    def tilted(self, model: Array, far: float) -> Array:
        """Return the tilt of the first policy whose √KL from it is `far`, (place, word)."""
        reward, low, high = model.reshape(PLACES, -1), 0.0, 1_000.0
        policy = np.exp(np.tile(self.log_first, (PLACES, 1)))
        for _ in range(40):
            middle = (low + high) / 2
            log_policy = self.log_first + middle * reward
            log_policy -= logsumexp(log_policy, axis=1, keepdims=True)
            policy = np.exp(log_policy)
            low, high = (middle, high) if (policy * (log_policy - self.log_first)).sum() < far**2 else (low, middle)
        return np.asarray(policy)

    def gold(self, policy: Array) -> float:
        """Return the true worth of a policy's texts, above that of the first policy's."""
        return float(((policy - np.exp(self.log_first)) * self.worth).sum())

    def optimised(self, answers: tuple[Array, NDArray[np.bool_]]) -> dict[str, Array]:
        """Return the gains of the train and the test model and the truth, as the policy follows the former."""
        half = len(answers[1]) // 2
        train, test = (self.fit([part[where] for part in answers]) for where in (slice(half), slice(half, None)))
        policies = [self.tilted(train, far) for far in FAR]
        moved = [(policy - np.exp(self.log_first)).ravel() for policy in policies]
        gold = np.array([self.gold(policy) for policy in policies])
        return {
            "train": np.array([m @ train for m in moved]),
            "test": np.array([m @ test for m in moved]),
            "gold": gold,
        }


def _tension(seed: int) -> dict[str, float]:
    """Return how models of two opposed qualities fare, and whether odd items are found."""
    rng = np.random.default_rng([seed, 3])
    width, n = 16, 4_000
    helpful = rng.normal(size=width)
    harmless = -0.8 * helpful + 0.6 * rng.normal(size=width)
    worth = np.stack([helpful, harmless])

    def drawn(n: int, kind: int) -> tuple[Array, NDArray[np.bool_]]:
        difference = rng.normal(size=(n, width))
        return difference, rng.random(n) < expit(2 * difference @ worth[kind])

    def seen(difference: Array, kind: int, *, wide: bool) -> Array:
        """What a model sees: a wide one can weigh everything anew for each kind of prompt."""
        return np.concatenate([difference * (kind == one) for one in (0, 1)], axis=1) if wide else difference

    def taught(parts: list[tuple[int, int]], *, wide: bool) -> Array:
        data = [(seen(d, kind, wide=wide), y) for kind, size in parts for d, y in [drawn(size, kind)]]
        x, y = np.concatenate([d for d, _ in data]), np.concatenate([y for _, y in data])
        model = np.zeros(x.shape[1])
        for _ in range(12):
            p = expit(x @ model)
            model -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.eye(len(model)), x.T @ (p - y) + model)
        return np.asarray(model)

    def accuracy(model: Array, kind: int, *, wide: bool) -> float:
        difference, y = drawn(4_000, kind)
        return float(((seen(difference, kind, wide=wide) @ model > 0) == y).mean())

    own = [accuracy(taught([(kind, n)], wide=False), kind, wide=False) for kind in (0, 1)]
    other = accuracy(taught([(0, n)], wide=False), 1, wide=False)
    both = {wide: taught([(0, n // 2), (1, n // 2)], wide=wide) for wide in (True, False)}
    losses = {wide: max(own[k] - accuracy(both[wide], k, wide=wide) for k in (0, 1)) for wide in (True, False)}
    axes = np.linalg.qr(rng.normal(size=(64, 64)))[0]
    items = [(rng.normal(size=(400, 64)) * np.geomspace(10, 0.5, 64)) @ axes.T for _ in range(3)]
    odd = items[2] + 3 * axes[:, -8:].sum(axis=1)
    score = fit_familiar(items[0]).distance(np.concatenate([items[1], odd]))
    area = area_under_roc(score, np.repeat([0, 1], 400)).mean
    narrow = losses[False] if losses[True] <= 0.05 else 0.0
    return {"other": other, "narrow_loss": narrow, "odd_area": area}
