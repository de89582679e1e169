"""A model behind the interface of OpenAI, which many servers speak, or of Anthropic: through their official clients."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Literal, Protocol, Self

from tacit.errors import BadValue, InputError, MissingExtra, NotAllowed, NotSignedIn
from tacit_language.data import Dialogue, Message

Provider = Literal["openai", "anthropic"]
PROVIDERS: tuple[Provider, ...] = ("openai", "anthropic")


class ChatModel(Protocol):
    """Anything that answers a dialogue in words."""

    @property
    def name(self) -> str:
        """What it is called in results, such as ``openai:NAME``."""
        ...

    def reply(
        self, dialogue: Dialogue, *, max_tokens: int, temperature: float | None = None, seed: int | None = None
    ) -> str:
        """Return what it says next; never the empty text.

        Args:
            dialogue: what has been said.
            max_tokens: most tokens of the reply.
            temperature: 0 takes the likeliest token; the model's own if None, since some take none.
            seed: of the draw, where the model takes one.
        """
        ...


class RemoteModel:
    """A model on another machine.

    The client tries again, with growing pauses or as the server says, after a time-out, a lost connection, a limit of
    rate or a fault of the server; an empty answer is asked for again here.

    Args:
        provider: whose interface the server speaks.
        model: the model's name there.
        base_url: where the server is; what the client takes by default, or its environment variable, if None.
        api_key: what it is entered with; the client's environment variable if None.
        timeout_s: most seconds for an answer.
        retries: how often to try again.

    Raises:
        MissingExtra: the client is not installed. BadValue: an unknown provider. NotSignedIn: no key.
    """

    def __init__(
        self,
        provider: Provider,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 4,
    ) -> None:
        if provider not in PROVIDERS:
            raise BadValue("provider", got=repr(provider), expected=" or ".join(PROVIDERS))
        self.provider, self.model, self._timeout_s, self._retries = provider, model, timeout_s, retries
        try:
            self._module: Any = import_module(provider)
        except ModuleNotFoundError as error:
            extra = f"tacit-language[{provider}]"
            raise MissingExtra(self.name, package=error.name or provider, install=extra) from None
        make = self._module.OpenAI if provider == "openai" else self._module.Anthropic
        try:
            self._client: Any = make(base_url=base_url, api_key=api_key, timeout=timeout_s, max_retries=retries)
        except self._fault("Error") as error:
            do = f"Set the environment variable {provider.upper()}_API_KEY, or give api_key"
            raise NotSignedIn(self.name, got=_first_line(error), expected="a key", do=do) from None

    @property
    def name(self) -> str:
        """Provider and model."""
        return f"{self.provider}:{self.model}"

    def reply(
        self, dialogue: Dialogue, *, max_tokens: int, temperature: float | None = None, seed: int | None = None
    ) -> str:
        """Return what the model says next; see `ChatModel.reply`. Anthropic's interface takes no seed.

        Raises:
            NotSignedIn: the key is wrong. NotAllowed: the key does not reach that model.
            InputError: no answer after all retries, an empty one each time, or a request that the server refuses.
        """
        for _ in range(self._retries + 1):
            text = self._asked_once(dialogue, max_tokens, temperature, seed)
            if text.strip():
                return text
        raise InputError(
            self.name,
            got=f"an empty answer, {self._retries + 1} times",
            expected="words",
            do="Raise max_tokens, or ask in other words",
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _asked_once(self, dialogue: Dialogue, max_tokens: int, temperature: float | None, seed: int | None) -> str:
        try:
            if self.provider == "openai":
                return self._ask_openai(dialogue, max_tokens, temperature, seed)
            return self._ask_anthropic(dialogue, max_tokens, temperature)
        except self._fault("APITimeoutError"):
            got, do = f"no answer within {self._timeout_s:g} s, {self._retries + 1} times", "Raise timeout_s"
        except self._fault("RateLimitError") as error:
            got = f"a limit of rate, {self._retries + 1} times: {_first_line(error)}"
            do = "Ask for less at once, raise retries, or wait"
        except self._fault("APIConnectionError"):
            got, do = f"no connection to {self._client.base_url}", "Start the server, or check base_url"
        except self._fault("AuthenticationError") as error:
            raise NotSignedIn(self.name, got=_first_line(error), expected="a key that the server knows") from None
        except self._fault("PermissionDeniedError") as error:
            raise NotAllowed(self.name, got=_first_line(error), expected="a key that reaches this model") from None
        except self._fault("NotFoundError") as error:
            got, do = f"no such model at {self._client.base_url}: {_first_line(error)}", "Check its name and base_url"
        except self._fault("APIError") as error:
            got, do = _first_line(error), "Look at what the server says of it"
        except (IndexError, AttributeError, TypeError, ValueError) as error:
            got, do = f"an answer that is none ({type(error).__name__}: {error})", "Check that base_url is of that kind"
        raise InputError(self.name, got=got, expected="an answer", do=do)

    def _ask_openai(self, dialogue: Dialogue, max_tokens: int, temperature: float | None, seed: int | None) -> str:
        given = {"seed": seed, "temperature": temperature}
        answer = self._client.chat.completions.create(
            model=self.model,
            messages=dialogue.as_json(),
            max_tokens=max_tokens,
            **{name: value for name, value in given.items() if value is not None},
        )
        return answer.choices[0].message.content or ""

    def _ask_anthropic(self, dialogue: Dialogue, max_tokens: int, temperature: float | None) -> str:
        system = "\n\n".join(message.content for message in dialogue.messages if message.role == "system")
        answer = self._client.messages.create(
            model=self.model,
            messages=[message for message in dialogue.as_json() if message["role"] != "system"],
            max_tokens=max_tokens,
            extra_body={} if temperature is None else {"temperature": temperature},  # newer clients have no argument
            **({"system": system} if system else {}),
        )
        return "".join(block.text for block in answer.content if block.type == "text")

    def _fault(self, name: str) -> type[Exception]:
        """Return the client's class of exceptions of that name; ``Error`` is the root of all."""
        roots = {"openai": "OpenAIError", "anthropic": "AnthropicError"}
        fault: type[Exception] = getattr(self._module, roots[self.provider] if name == "Error" else name)
        return fault


def asked(text: str, *, system: str = "") -> Dialogue:
    """Return the dialogue in which a user says `text`."""
    before = (Message("system", system),) if system else ()
    return Dialogue((*before, Message("user", text)))


def _first_line(error: Exception) -> str:
    line = str(error).strip().partition("\n")[0] or type(error).__name__
    return line if len(line) < 200 else line[:200] + " …"


def check_dialogues(dialogues: Sequence[Dialogue], where: str) -> None:
    """Check that there is something to ask.

    Raises:
        BadValue: there is none.
    """
    if not dialogues:
        raise BadValue(where, got="no prompt", expected="at least one")
