"""Models that answer in words, here or behind the interfaces of OpenAI and Anthropic: as judges and as producers."""

from tacit_language.remote.chat import ChatModel as ChatModel
from tacit_language.remote.chat import RemoteModel as RemoteModel
from tacit_language.remote.judge import ModelJudge as ModelJudge
from tacit_language.remote.local import LocalChat as LocalChat
from tacit_language.remote.local import open_chat as open_chat
from tacit_language.remote.producer import ChatProducer as ChatProducer
