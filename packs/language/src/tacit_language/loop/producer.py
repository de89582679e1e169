"""The producer ``language``: a language model behind the same loop as an agent, whose items are short dialogues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacit.errors import UnknownName
from tacit.judging import Candidates, Item, ItemKind, Media, Score, Wording
from tacit_language.loop.asking import (
    MEDIA_TYPE,
    Prompts,
    group_keys,
    hash_of,
    of_item,
    read_prompts,
    to_item,
    to_media,
    to_tokens,
)
from tacit_language.loop.features import activations, features_of
from tacit_language.loop.first_policy import first_policy
from tacit_language.loop.grammar import Exchange, gold_reward
from tacit_language.loop.grammar import prompts as own_prompts
from tacit_language.loop.preferred import PreferenceModels, token_rows
from tacit_language.loop.settings import PREFERENCE_MODEL, REWARDS, LanguageSettings
from tacit_language.models import GPT, CausalModel, Tokenizer, generate, save_model
from tacit_language.policy import PPO, PolicyOptimiser, PolicySettings

SMALL = "small"
WORDS = Wording(
    item="reply",
    unit="token",
    truth="gold reward",
    sample="reply",
    question="Which reply is better?",
    step="reply",
)
TOLD = ("kl", "coefficient", "entropy", "length", "finished", "gradient_norm", "clipped")
"""What of a step's numbers is told of an iteration, as the mean over its steps."""


class LanguageProducer:
    """A language model that answers prompts; what it makes are exchanges.

    Args:
        name: ``small``, or the path or id of a model.
        settings: see `LanguageSettings`.
        seed: of the first weights and of the first training.
        state: of an earlier producer, to go on from.

    Raises:
        BadValue: an unknown setting. BadFile: prompts or a model that cannot be read.
    """

    def __init__(
        self, name: str, settings: Mapping[str, Any], *, seed: int, state: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        torch.set_num_threads(1)
        self.settings = LanguageSettings.of(name, settings)
        self.prompts = _prompts(name, self.settings)
        self._tokenizer: Tokenizer
        self.first, self._tokenizer = first_policy(name, self.settings, seed=seed, state=state)
        model = deepcopy(self.first).requires_grad_(True)
        chosen = self.settings
        self._optimiser = PolicyOptimiser(
            model,
            self._reward,
            PolicySettings(
                sampling=chosen.sampling(self._tokenizer.end_id), learning_rate=chosen.learning_rate, kl=chosen.kl()
            ),
            PPO(n_epochs=chosen.passes),
            seed=seed,
            reference=self.first,
        )
        self._score: Score | None = None
        self._seen_by = None if name == SMALL else self.first
        self._longest = _longest_text(self.prompts, self._tokenizer, chosen, self.first.config.context_length)
        if state is not None:
            self._restore(state)

    @property
    def wording(self) -> Wording:
        """In what words its runs are told."""
        return WORDS

    @property
    def policy(self) -> SavedPolicy:
        """The present policy, which can be saved."""
        return SavedPolicy(self._optimiser.policy, self._tokenizer)

    def reward_model(self) -> PreferenceModels | None:
        """Return the preference models that learn from the answers, if the settings ask for them."""
        if self.settings.reward != PREFERENCE_MODEL:
            return None
        end = self._tokenizer.end_id
        return PreferenceModels(
            self.first,
            self.settings.preference(),
            lambda prompts, replies: activations(self.first, prompts, replies, pad_id=end)[:, 0],
        )

    def produce(self, n: int, seed: int) -> Candidates:
        """Return `n` replies of the present policy, several to each prompt, so that they can be compared."""
        rng = np.random.default_rng([seed, 2])
        taught = self.prompts.taught
        asked = [taught[row] for row in _choose(len(taught), -(-n // self.settings.replies), rng)]
        repeated = [prompt for prompt in asked for _ in range(self.settings.replies)][:n]
        return self._candidates(self._optimiser.policy, repeated, seed)

    def held_out(self, n: int, seed: int, *, first: bool, each: int = 1) -> Candidates:
        """Return `n` replies to held-out prompts, `each` to a prompt, the first policy's or the present one's."""
        rng = np.random.default_rng([seed, 3])
        tested = self.prompts.held_out
        asked = [tested[row] for row in _choose(len(tested), n // each, rng) for _ in range(each)]
        return self._candidates(self.first if first else self._optimiser.policy, asked, seed)

    def render(self, item: Item) -> Media:
        """Return an exchange as plain text."""
        return to_media(item)

    def improve(self, score: Score, budget: int, seed: int) -> dict[str, float]:
        """Write about `budget` tokens, at least one step's, learning to raise `score` at the price of divergence.

        Returns:
            ``spent`` tokens, ``mean_reward`` a reply, ``kl`` from the first policy in nats a reply, and more.
        """
        self._score = score
        rng = np.random.default_rng([seed, 4])
        taught, spent, rows = self.prompts.taught, 0.0, []
        while spent < budget:
            asked = [taught[row] for row in _choose(len(taught), self.settings.prompts_a_step, rng)]
            numbers = self._optimiser.step([to_tokens(prompt, self._tokenizer) for prompt in asked])
            spent += round(numbers["length"] * len(asked))
            rows.append(numbers)
        told = {name: float(np.mean([row[name] for row in rows])) for name in TOLD}
        rewards = float(np.mean([row["score"] for row in rows]))
        return {"spent": spent, "mean_reward": rewards, "terminated": 0.0, **told, "kl": rows[-1]["kl"]}

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the weights of the first and of the present policy, the optimiser, and where its price stands."""
        first = {f"first.{name}": tensor.cpu().numpy() for name, tensor in self.first.state_dict().items()}
        optimiser = {f"policy.{name}": t.cpu().numpy() for name, t in self._optimiser.optimiser.state().items()}
        counted = np.array([self._optimiser.coefficient, self._optimiser.n_steps], np.float64)
        return {**first, **optimiser, "counted": counted}

    def utility(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """Return the gold reward of each exchange, shape (item, 1)."""
        exchanges = [of_item(item) for item in items]
        return gold_reward([one.prompt for one in exchanges], [one.reply for one in exchanges])[:, None]

    def true_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        """Return the gold reward of the present policy's replies to held-out prompts, shape (reply,)."""
        return self._gold(self.held_out(episodes, seed, first=False))

    def random_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        """Return the gold reward of the first policy's replies to held-out prompts, shape (reply,)."""
        return self._gold(self.held_out(episodes, seed, first=True))

    def improve_on_truth(self, budget: int, seed: int) -> dict[str, float]:
        """Improve as `improve` does, on the gold reward itself."""
        optimiser, learned = self._optimiser, self._optimiser.reward
        optimiser.reward = self._gold_of_tokens
        try:
            return self.improve(lambda features: np.zeros(len(features), np.float32), budget, seed)
        finally:
            optimiser.reward = learned

    def lengths(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """Return how many characters each reply has, shape (item,): what a judge may be swayed by."""
        return np.array([len(of_item(item).reply) for item in items], np.float64)

    def demonstrate(self, seed: int) -> Item:
        """Return one reply of the present policy to a held-out prompt; the same prompt for the same seed."""
        return self.held_out(1, seed, first=False).item(0)

    def _candidates(self, model: CausalModel, asked: Sequence[str], seed: int) -> Candidates:
        prompts = [to_tokens(prompt, self._tokenizer) for prompt in asked]
        end = self._tokenizer.end_id
        written = generate(model, prompts, self.settings.sampling(end), seed=seed, pad_id=end)
        replies = written.texts()
        texts = [Exchange(p, self._tokenizer.decode(r)) for p, r in zip(asked, replies, strict=True)]
        return Candidates(
            kind=ItemKind.DIALOGUE,
            media_type=MEDIA_TYPE,
            features=self._features(prompts, replies, [(t.prompt, t.reply) for t in texts]),
            content=lambda index: to_item(texts[index]).content,
            group=group_keys(asked),
        )

    def _reward(self, prompts: list[list[int]], replies: list[list[int]]) -> NDArray[np.float64]:
        """Return the learned reward of replies, given as tokens."""
        if self._score is None:
            raise RuntimeError("a reply is scored before there is a score")
        decode = self._tokenizer.decode
        texts = [(decode(p), decode(r)) for p, r in zip(prompts, replies, strict=True)]
        return self._score(self._features(prompts, replies, texts)[:, 0]).astype(np.float64)

    def _features(
        self, prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]], texts: Sequence[tuple[str, str]]
    ) -> NDArray[np.float32]:
        """Return what the reward reads of replies, given as tokens and in words."""
        if self.settings.reward == PREFERENCE_MODEL:
            return token_rows(prompts, replies, self._longest)
        return features_of(self._seen_by, prompts, replies, texts, pad_id=self._tokenizer.end_id)

    def _gold_of_tokens(self, prompts: list[list[int]], replies: list[list[int]]) -> NDArray[np.float64]:
        asked = [self._tokenizer.decode(prompt) for prompt in prompts]
        return gold_reward(asked, [self._tokenizer.decode(reply) for reply in replies])

    def _gold(self, made: Candidates) -> NDArray[np.float64]:
        return self.utility([made.item(index) for index in range(len(made))])[:, 0]

    def _restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        part = {name[7:]: torch.from_numpy(np.array(a)) for name, a in state.items() if name.startswith("policy.")}
        self._optimiser.optimiser.load(part)
        self._optimiser.coefficient, self._optimiser.n_steps = float(state["counted"][0]), int(state["counted"][1])


class SavedPolicy:
    """A model with its tokenizer.

    Args:
        model: the model. tokenizer: its own.
    """

    def __init__(self, model: CausalModel, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer

    def save(self, folder: Path) -> None:
        """Write both in the layout that transformers reads."""
        if isinstance(self.model, GPT):
            save_model(folder, self.model, self.tokenizer)
            return
        pretrained = getattr(self.model, "save_pretrained", None)
        if pretrained is not None:
            pretrained(folder)


def open_producer(
    name: str, settings: dict[str, object], *, seed: int, state: Mapping[str, NDArray[Any]] | None = None
) -> LanguageProducer:
    """Return the producer for ``small`` or for a model folder; the entry point of this pack."""
    return LanguageProducer(name, settings, seed=seed, state=state)


def knows(name: str) -> bool:
    """Whether `name` is the small model, or a folder with a model."""
    return name == SMALL or (Path(name) / "config.json").exists()


def known_names() -> Iterable[str]:
    """Return the names that need no path."""
    return (SMALL,)


def suggestions(name: str) -> dict[str, Any]:
    """Return what a run of `name` is unless the user says otherwise."""
    del name
    return {
        "steps": LanguageSettings.total_steps,
        "iterations": 10,
        "labels": 500,
        "episodes": 400,
        "controls": False,
        "question": WORDS.question,
        "watch": 128,
        "test_share": 0.3,
        "kl_limit": 5 * LanguageSettings.kl_target,
        "final_pairs": 100,
    }


def settings_from(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pack's settings from options of the command line: the file of prompts, known by its hash; the reward.

    Raises:
        BadFile: the file cannot be read. UnknownName: no such reward.
    """
    path, reward = options.get("prompts"), options.get("reward")
    if reward is not None and reward not in REWARDS:
        raise UnknownName("--reward", reward, REWARDS)
    found = {} if path is None else {"prompts": str(path), "prompts_hash": hash_of(Path(path))}
    return found | ({} if reward is None else {"reward": reward})


def _prompts(name: str, settings: LanguageSettings) -> Prompts:
    path = settings.prompts_path
    if path is None:
        return Prompts.of(own_prompts(), where=f"producer {name}")
    return Prompts.of(read_prompts(path), where=str(path))


def _longest_text(prompts: Prompts, tokenizer: Tokenizer, settings: LanguageSettings, context: int) -> int:
    """Return most tokens of a prompt and its reply, within the context."""
    longest = max(len(to_tokens(prompt, tokenizer)) for prompt in (*prompts.taught, *prompts.held_out))
    return min(context, longest + settings.longest_reply)


def _choose(n: int, wanted: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return `wanted` of `n`, each once before any comes twice, in random order."""
    rounds = [rng.permutation(n) for _ in range(-(-wanted // n))]
    return np.concatenate(rounds)[:wanted] if rounds else np.empty(0, np.intp)
