"""A dialogue: messages in turn, as text, as JSON and as an item that can be judged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tacit.errors import BadValue
from tacit.judging import Item, ItemKind
from tacit.judging.item import content_hash

ROLES = ("system", "user", "assistant")
_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):[ ]?")
_SPOKEN = {"Human": "user", "Assistant": "assistant"}
_OTHER_NAMES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "prompter": "user"}


@dataclass(frozen=True)
class Message:
    """One turn of a dialogue.

    Args:
        role: system, user or assistant; common other names, such as human and gpt, are understood.
        content: its text.

    Raises:
        BadValue: another role.
    """

    role: str
    content: str

    def __post_init__(self) -> None:
        role = _OTHER_NAMES.get(self.role, self.role)
        if role not in ROLES:
            raise BadValue("message", got=f"role {self.role!r}", expected=f"one of {', '.join(ROLES)}")
        object.__setattr__(self, "role", role)


@dataclass(frozen=True)
class Dialogue:
    """Messages in turn.

    Args:
        messages: at least one.

    Raises:
        BadValue: none.
    """

    messages: tuple[Message, ...]

    def __post_init__(self) -> None:
        if not self.messages:
            raise BadValue("dialogue", got="no message", expected="at least one")

    @classmethod
    def of(cls, messages: Sequence[Mapping[str, str]]) -> Dialogue:
        """Return the dialogue of messages as JSON has them: role and content, or from and value.

        Raises:
            BadValue: a field is absent, or no text, or an unknown role.
        """
        found = []
        for number, message in enumerate(messages):
            role = message.get("role", message.get("from"))
            content = message.get("content", message.get("value", message.get("text")))
            if not isinstance(role, str) or not isinstance(content, str):
                got = ", ".join(map(str, message)) or "nothing"
                raise BadValue(f"message {number}", got=got, expected="role and content, or from and value, as texts")
            found.append(Message(role, content))
        return cls(tuple(found))

    @classmethod
    def of_text(cls, text: str) -> Dialogue:
        """Return the dialogue of a text whose paragraphs begin with Human: or Assistant:, as HH-RLHF writes it.

        Raises:
            BadValue: the text begins otherwise.
        """
        parts = _TURN.split(text)
        if parts[0].strip() or len(parts) < 3:
            raise BadValue("dialogue", got=f"{text[:40]!r}", expected="a text that begins with Human: or Assistant:")
        turns = zip(parts[1::2], parts[2::2], strict=True)
        return cls(tuple(Message(_SPOKEN[speaker], content.strip()) for speaker, content in turns))

    def text(self) -> str:
        """Return the dialogue as text, as HH-RLHF writes it; a system message stands first, without a name."""
        names = {"user": "\n\nHuman: ", "assistant": "\n\nAssistant: ", "system": "\n\n"}
        return "".join(names[message.role] + message.content for message in self.messages)

    def as_json(self) -> list[dict[str, str]]:
        """Return the messages as JSON has them: role and content."""
        return [{"role": message.role, "content": message.content} for message in self.messages]

    def split(self) -> tuple[str, str]:
        """Return the text before the last reply, up to its colon, and the reply with the space before it.

        Raises:
            BadValue: the last message is not the assistant's.
        """
        *before, last = self.messages
        if last.role != "assistant":
            raise BadValue("dialogue", got=f"a last message of the {last.role}", expected="one of the assistant")
        opened = Dialogue(tuple(before)).text() if before else ""
        return f"{opened}\n\nAssistant:", f" {last.content}"

    @property
    def conversation(self) -> str:
        """What tells conversations apart: the hash of the first message of the user, which all its branches share."""
        first = next((message for message in self.messages if message.role == "user"), self.messages[0])
        return content_hash(" ".join(first.content.lower().split()).encode())

    def item(self) -> Item:
        """Return the dialogue as an item that the judging page shows."""
        return Item(ItemKind.DIALOGUE, json.dumps(self.as_json(), ensure_ascii=False).encode(), "application/json")

    @classmethod
    def of_item(cls, item: Item) -> Dialogue:
        """Return the dialogue that an item holds, as messages or as text.

        Raises:
            BadValue: it holds none.
        """
        text = item.content.decode()
        return cls.of(json.loads(text)) if item.media_type == "application/json" else cls.of_text(text)
