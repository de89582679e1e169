"""Causal language models: a small GPT of our own, how they write, and what they write."""

from tacit_language.models.causal import CausalModel as CausalModel
from tacit_language.models.causal import ModelConfig as ModelConfig
from tacit_language.models.completions import Completions as Completions
from tacit_language.models.generation import generate as generate
from tacit_language.models.generation import pad_left as pad_left
from tacit_language.models.generation import pad_right as pad_right
from tacit_language.models.gpt import GPT as GPT
from tacit_language.models.gpt import GPTConfig as GPTConfig
from tacit_language.models.loading import Loaded as Loaded
from tacit_language.models.loading import load_model as load_model
from tacit_language.models.log_probs import token_log_probs as token_log_probs
from tacit_language.models.lora import add_lora as add_lora
from tacit_language.models.sampling import Sampling as Sampling
from tacit_language.models.saving import save_model as save_model
from tacit_language.models.tokenizers import ByteTokenizer as ByteTokenizer
from tacit_language.models.tokenizers import CharacterTokenizer as CharacterTokenizer
from tacit_language.models.tokenizers import Tokenizer as Tokenizer
from tacit_language.models.tokenizers import check_round_trip as check_round_trip
