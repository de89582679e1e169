"""Causal language models: a small GPT of our own, how they write, and what they write."""

from tacit_language.models.causal import CausalModel as CausalModel
from tacit_language.models.causal import ModelConfig as ModelConfig
from tacit_language.models.completions import Completions as Completions
from tacit_language.models.generation import generate as generate
from tacit_language.models.generation import pad_left as pad_left
from tacit_language.models.generation import pad_right as pad_right
from tacit_language.models.gpt import GPT as GPT
from tacit_language.models.gpt import GPTConfig as GPTConfig
from tacit_language.models.log_probs import token_log_probs as token_log_probs
from tacit_language.models.sampling import Sampling as Sampling
