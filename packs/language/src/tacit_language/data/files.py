"""Dialogues and examples in files: one record at a time, so that a file of any size needs the same memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from tacit.errors import BadFile, BadValue, CannotWrite
from tacit.store.exchange.formats.records import read_records, write_records
from tacit_language.data.dialogue import Dialogue, Message

Form = Literal["messages", "sharegpt", "prompt"]
_REPLIES = ("completion", "response", "reply", "output", "answer")


def read_dialogues(path: Path) -> Iterator[Dialogue]:
    """Give the dialogues of a file: JSON lines, a JSON list, Parquet or CSV, also compressed by gzip.

    Each record has ``messages`` (role and content), ``conversations`` (from and value), ``prompt`` and ``completion``
    (or response, reply, output, answer), ``text`` or ``chosen`` (paragraphs that begin with Human: and Assistant:).

    Raises:
        BadFile: the file cannot be read, or a record holds no dialogue; names the row.
    """
    for number, record, _ in read_records(path):
        try:
            yield _dialogue(record)
        except BadValue as error:
            raise BadFile(f"{path.name}, row {number}, {error.where}", got=error.got, expected=error.expected) from None


def write_dialogues(dialogues: Iterable[Dialogue], path: Path, form: Form = "messages") -> int:
    """Write dialogues to a new file of JSON lines and return how many; the file appears when it is whole.

    Args:
        dialogues: what to write.
        path: the file.
        form: ``messages`` as chat interfaces take them, ``sharegpt``, or ``prompt`` with prompt and completion.

    Raises:
        BadValue: in the form ``prompt``, a dialogue that does not end with the assistant.
        CannotWrite: the disk is full or read-only.
    """
    n = 0

    def records() -> Iterator[Mapping[str, Any]]:
        nonlocal n
        for dialogue in dialogues:
            n += 1
            yield _record(dialogue, form)

    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_records(records(), unfinished, "jsonl")
        unfinished.replace(path)
    except OSError as error:
        raise CannotWrite(str(path), got=error.strerror or str(error), expected="a disk with room to write") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return n


def answered(prompt: object, reply: object) -> Dialogue:
    """Return the dialogue of a prompt and a reply that stand apart: texts, texts as HH-RLHF has them, or messages.

    Raises:
        BadValue: one is neither a text nor a list of messages.
    """
    for name, value in (("prompt", prompt), ("reply", reply)):
        if not isinstance(value, str | list):
            raise BadValue(name, got=f"a {type(value).__name__}", expected="a text or a list of messages")
    if isinstance(prompt, str) and prompt.lstrip().startswith("Human:"):
        opened = prompt.rstrip().removesuffix("Assistant:").rstrip()
        before = Dialogue.of_text(f"\n\n{opened.lstrip()}").messages
    else:
        before = (Message("user", prompt),) if isinstance(prompt, str) else Dialogue.of(prompt).messages  # type: ignore[arg-type]
    after = (Message("assistant", reply),) if isinstance(reply, str) else Dialogue.of(reply).messages  # type: ignore[arg-type]
    return Dialogue((*before, *after))


def _dialogue(record: Mapping[str, Any]) -> Dialogue:
    for field in ("messages", "conversations", "conversation"):
        if isinstance(record.get(field), list):
            return Dialogue.of(record[field])
    if "prompt" in record and "chosen" in record:
        return answered(record["prompt"], record["chosen"])
    for field in ("chosen", "text"):
        if isinstance(record.get(field), list):
            return Dialogue.of(record[field])
        if isinstance(record.get(field), str):
            return Dialogue.of_text(record[field])
    reply = next((record[name] for name in _REPLIES if isinstance(record.get(name), str | list)), None)
    prompt = record.get("prompt", record.get("instruction"))
    if prompt is not None and reply is not None:
        return answered(prompt, reply)
    fields = ", ".join(record) or "nothing"
    raise BadValue("fields", got=fields, expected="messages, conversations, prompt and completion, text, or chosen")


def _record(dialogue: Dialogue, form: Form) -> dict[str, Any]:
    if form == "messages":
        return {"messages": dialogue.as_json()}
    if form == "sharegpt":
        names = {"user": "human", "assistant": "gpt", "system": "system"}
        return {"conversations": [{"from": names[m.role], "value": m.content} for m in dialogue.messages]}
    prompt, reply = dialogue.split()
    if len(dialogue.messages) == 2 and dialogue.messages[0].role == "user":
        return {"prompt": dialogue.messages[0].content, "completion": dialogue.messages[1].content}
    return {"prompt": prompt, "completion": reply}
