"""Policies improved by a reward: what divergence costs and buys, and any Python function as the reward."""

from tacit.measure.best_of_n import best_of_n_divergence as best_of_n_divergence
from tacit.measure.best_of_n import expected_best as expected_best
from tacit_language.policy.best_of_n import BestOfN as BestOfN
from tacit_language.policy.best_of_n import best_of_n as best_of_n
from tacit_language.policy.distillation import DistillationSettings as DistillationSettings
from tacit_language.policy.distillation import Distilled as Distilled
from tacit_language.policy.distillation import distil_context as distil_context
from tacit_language.policy.dpo import DirectFit as DirectFit
from tacit_language.policy.dpo import ImplicitReward as ImplicitReward
from tacit_language.policy.dpo import optimise_directly as optimise_directly
from tacit_language.policy.group import Group as Group
from tacit_language.policy.group import grpo as grpo
from tacit_language.policy.group import rloo as rloo
from tacit_language.policy.kl import KLControl as KLControl
from tacit_language.policy.kl import Tilt as Tilt
from tacit_language.policy.kl import tilt as tilt
from tacit_language.policy.kl import tilt_at as tilt_at
from tacit_language.policy.optimiser import PolicyOptimiser as PolicyOptimiser
from tacit_language.policy.optimiser import PolicySettings as PolicySettings
from tacit_language.policy.ppo import PPO as PPO
from tacit_language.policy.rewards import Codec as Codec
from tacit_language.policy.rewards import PreferenceReward as PreferenceReward
from tacit_language.policy.rewards import RewardFunction as RewardFunction
from tacit_language.policy.rewards import ask_reward as ask_reward
