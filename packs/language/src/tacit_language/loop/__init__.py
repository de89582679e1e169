"""A language model behind the loop that agents learn by: prompts, replies, a gold reward, and what is measured."""

from tacit_language.loop.grammar import gold_reward as gold_reward
from tacit_language.loop.producer import LanguageProducer as LanguageProducer
