"""Every installed pack's producers keep the contract."""

import numpy as np
import pytest

from tacit.catalogue import find_producer, name_in_pack, producer_packs
from tacit.judging import Candidates, Item, Trainable, check_producer

EXAMPLES = {"control": ("control:CartPole-v1", "control:Pendulum-v1")}
"""Pack → producers of it that are quick to open, one a kind of action."""

NAMES = [name for pack in producer_packs() for name in EXAMPLES.get(pack, ())]


def made(name, **settings) -> Trainable:
    return find_producer(name)[1](name_in_pack(name), {}, seed=1, **settings)


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
