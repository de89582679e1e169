"""A model on this machine that answers in words, and the names by which any such model is opened."""

from __future__ import annotations

from pathlib import Path

from tacit.errors import BadValue, InputError
from tacit_language.data import Dialogue, Message
from tacit_language.models import CausalModel, Sampling, Tokenizer, generate, load_model
from tacit_language.remote.chat import PROVIDERS, ChatModel, RemoteModel


class LocalChat:
    """A causal model on this machine.

    Args:
        model: the model.
        tokenizer: its own. Its chat template forms the prompt; without one, the form of HH-RLHF does.
        name: what it is called in results.
    """

    def __init__(self, model: CausalModel, tokenizer: Tokenizer, name: str) -> None:
        self._model, self._tokenizer, self.name = model, tokenizer, name

    def reply(
        self, dialogue: Dialogue, *, max_tokens: int, temperature: float | None = None, seed: int | None = None
    ) -> str:
        """Return what the model says next; see `ChatModel.reply`.

        Raises:
            InputError: it says nothing. BadValue: the dialogue holds a character that the tokenizer lacks.
        """
        sampling = Sampling(
            max_tokens,
            temperature=1.0 if temperature is None else temperature,
            stop=((self._tokenizer.end_id,),),
            min_new_tokens=2,
            cut_prompts=True,
        )
        done = generate(self._model, [chat_tokens(self._tokenizer, dialogue)], sampling, seed=seed or 0)
        text = self._tokenizer.decode(done.texts()[0]).strip()
        if not text:
            raise InputError(self.name, got="an empty answer", expected="words", do="Try another seed or temperature")
        return text


def chat_tokens(tokenizer: Tokenizer, dialogue: Dialogue) -> list[int]:
    """Return the tokens after which a reply of the assistant is due, by the tokenizer's chat template if it has one."""
    templated = getattr(tokenizer, "chat_tokens", None)
    if templated is not None and (tokens := templated(dialogue.as_json())) is not None:
        return list(tokens)
    open_reply = Dialogue((*dialogue.messages, Message("assistant", "")))
    return tokenizer.encode(open_reply.split()[0])


def open_chat(name: str) -> ChatModel:
    """Return the model of a name.

    Args:
        name: ``openai:MODEL`` or ``anthropic:MODEL``, whose keys and addresses are in the environment variables that
            their clients read (OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL); or what
            `load_model` takes: a folder or an id.

    Raises:
        BadValue: no name. InputError: the model cannot be opened; the message says why.
    """
    provider, colon, model = name.partition(":")
    if colon and provider in PROVIDERS:
        if not model:
            raise BadValue("model", got=repr(name), expected=f"{provider}:NAME")
        return RemoteModel("openai" if provider == "openai" else "anthropic", model)
    loaded = load_model(Path(name).expanduser() if name.startswith("~") else name)
    return LocalChat(loaded.model, loaded.tokenizer, Path(name).name or name)
