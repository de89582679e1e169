"""Policies improved by a reward: what divergence costs and buys, and any Python function as the reward."""

from tacit_language.policy.kl import KLControl as KLControl
from tacit_language.policy.kl import Tilt as Tilt
from tacit_language.policy.kl import best_of_n_divergence as best_of_n_divergence
from tacit_language.policy.kl import tilt as tilt
from tacit_language.policy.kl import tilt_at as tilt_at
from tacit_language.policy.rewards import Codec as Codec
from tacit_language.policy.rewards import PreferenceReward as PreferenceReward
from tacit_language.policy.rewards import RewardFunction as RewardFunction
from tacit_language.policy.rewards import ask_reward as ask_reward
