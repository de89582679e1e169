"""Control tasks for tacit: any Gymnasium environment as a producer of clips, and PPO to improve it."""

from tacit_control.policy import Policy as Policy
from tacit_control.policy import load_policy as load_policy
