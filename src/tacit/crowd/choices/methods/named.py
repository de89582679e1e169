"""The methods by name, for whoever lets a user choose."""

from __future__ import annotations

from collections.abc import Callable

from tacit.crowd.choices.contract import Aggregator
from tacit.crowd.choices.methods.dawid_skene import DawidSkene
from tacit.crowd.choices.methods.hierarchical import Hierarchical
from tacit.crowd.choices.methods.mace import Mace
from tacit.crowd.choices.methods.majority import Majority
from tacit.crowd.choices.methods.one_coin import OneCoin

METHODS: dict[str, Callable[[], Aggregator]] = {
    "hierarchical": Hierarchical,
    "majority": Majority,
    "dawid_skene": DawidSkene,
    "dawid_skene_ml": lambda: DawidSkene(prior_votes=0.0),
    "one_coin": OneCoin,
    "mace": Mace,
}
"""Name of a method → what makes it; the first is the default."""
