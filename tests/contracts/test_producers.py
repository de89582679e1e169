"""Every installed pack's producers keep the contract."""

import numpy as np
import pytest

from tacit.catalogue import find_producer, name_in_pack, producer_packs
from tacit.judging import Candidates, Item, Trainable, check_producer

TINY = {"width": 16, "n_layers": 1, "n_heads": 2, "longest_reply": 12, "examples": 60, "first_steps": 6}
EXAMPLES = {"control": ("control:CartPole-v1", "control:Pendulum-v1"), "language": ("language:small",)}
"""Pack → producers of it that are quick to open, one a kind of action."""

SETTINGS = {"language:small": {**TINY, "first_tokens": 512, "prompts_a_step": 8}}
"""Producer → what makes it quick to open, where its own settings are not."""

NAMES = [name for pack in producer_packs() for name in EXAMPLES.get(pack, ())]


def made(name, **settings) -> Trainable:
    return find_producer(name)[1](name_in_pack(name), SETTINGS.get(name, {}), seed=1, **settings)


def test_every_installed_pack_has_an_example():
    assert set(producer_packs()) == set(EXAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_a_producer_keeps_the_contract(name):
    check_producer(lambda: made(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_trainable_producer_goes_on_from_its_state(name):
    def height(features):
        return features[:, 0].astype(np.float32)

    def items(producer) -> list[Item]:
        candidates: Candidates = producer.produce(3, seed=7)
        return [candidates.item(index) for index in range(3)]

    producer = made(name)
    happened = producer.improve(height, 2_000, seed=2)
    assert happened["spent"] > 0
    state = producer.state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    again = made(name, state=state)
    assert items(producer) == items(again)
    assert producer.improve(height, 2_000, seed=3) == again.improve(height, 2_000, seed=3)
    assert {key: array.tobytes() for key, array in producer.state().items()} == {
        key: array.tobytes() for key, array in again.state().items()
    }
