"""The ways to make one label an item of many labelers' choices."""

from tacit.crowd.choices.methods.dawid_skene import DawidSkene as DawidSkene
from tacit.crowd.choices.methods.hierarchical import Hierarchical as Hierarchical
from tacit.crowd.choices.methods.mace import Mace as Mace
from tacit.crowd.choices.methods.majority import Majority as Majority
from tacit.crowd.choices.methods.named import METHODS as METHODS
from tacit.crowd.choices.methods.one_coin import OneCoin as OneCoin
