"""Judgments → reward models: ensembles over segments, how far each rater can be trusted, files of both."""

from tacit.reward.comparisons import Comparisons as Comparisons
from tacit.reward.comparisons import compare as compare
from tacit.reward.ensemble import SegmentEnsemble as SegmentEnsemble
from tacit.reward.ensemble import constant_reward as constant_reward
from tacit.reward.fit import HeldOut as HeldOut
from tacit.reward.fit import RewardFit as RewardFit
from tacit.reward.fit import load_reward as load_reward
from tacit.reward.fit_with_raters import fit_reward as fit_reward
from tacit.reward.from_judgments import comparisons_from_judgments as comparisons_from_judgments
from tacit.reward.model import BringsReward as BringsReward
from tacit.reward.model import EnsembleWithRaters as EnsembleWithRaters
from tacit.reward.model import Represents as Represents
from tacit.reward.model import Reward as Reward
from tacit.reward.model import RewardModel as RewardModel
from tacit.reward.model import reward_model_for as reward_model_for
