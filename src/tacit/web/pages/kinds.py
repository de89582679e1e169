"""The kinds of question as a lead chooses among them: plain words, a form for the settings, a preview for the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tacit.errors import BadQuestion, InputError, UnknownName
from tacit.judging import DATA_SHEETS, DataSheet, Question, QuestionKind


@dataclass(frozen=True)
class KindCard:
    """A kind of question in a lead's words.

    Args:
        kind: the kind.
        title: what it is called.
        use: when to choose it.
        words: the words put to judges, unless the lead writes others.
        things: stand-ins for the items in the preview.
    """

    kind: QuestionKind
    title: str
    use: str
    words: str
    things: tuple[str, ...]

    @property
    def sheet(self) -> DataSheet:
        """What an answer of this kind is, and how it is kept."""
        return DATA_SHEETS[self.kind]


KINDS: dict[QuestionKind, KindCard] = {
    card.kind: card
    for card in (
        KindCard(
            QuestionKind.COMPARISON,
            "Compare two",
            "Which of two is better? The easiest to answer alike, and what rewards are learned from.",
            "Which of the two is better?",
            ("One item", "Another item"),
        ),
        KindCard(
            QuestionKind.CHOICE,
            "Choose a class",
            "Each item belongs to one of a few classes.",
            "Which of these is it?",
            ("The item",),
        ),
        KindCard(
            QuestionKind.RATING,
            "Rate on a scale",
            "How much of something: a number from a lowest to a highest.",
            "How good is it?",
            ("The item",),
        ),
        KindCard(
            QuestionKind.RANKING,
            "Put in order",
            "Several items at once, from best to worst; ties allowed.",
            "Put these in order, the best first.",
            ("First item", "Second item", "Third item"),
        ),
        KindCard(
            QuestionKind.TEXT,
            "Write text",
            "A transcript, a translation, a correction, in the judge's own words.",
            "Write down what you hear or read.",
            ("The item",),
        ),
        KindCard(
            QuestionKind.SPANS,
            "Mark passages",
            "Where in a text or a recording something is, with a label for each passage.",
            "Mark every passage.",
            ("The item, a text or a recording, in which passages are marked",),
        ),
        KindCard(
            QuestionKind.PROBABILITY,
            "Say how likely",
            "How likely a statement is, from 0 to 100 %.",
            "How likely is it that this is right?",
            ("The item",),
        ),
    )
}

OUTCOME_NAMES = {
    "tie": "as good as each other",
    "both_bad": "neither is acceptable",
    "cant_tell": "can't tell",
    "not_shown": "could not be shown",
    "skipped": "skip",
}
DRAW_KINDS = (QuestionKind.COMPARISON, QuestionKind.RANKING)


def card_of(kind: str) -> KindCard:
    """Return the card of a kind.

    Raises:
        UnknownName: no such kind.
    """
    if kind not in set(QuestionKind):
        raise UnknownName("kind of question", kind, [str(one) for one in QuestionKind])
    return KINDS[QuestionKind(kind)]


def settings_of_form(kind: QuestionKind, form: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of a kind's data sheet that a form holds.

    Args:
        form: fields as sent: options one a line, low, high, step, unit.

    Raises:
        BadQuestion: settings that the kind does not allow.
    """
    settings: dict[str, Any] = {}
    options = [line.strip() for line in form.get("options", "").splitlines() if line.strip()]
    if kind is QuestionKind.CHOICE or (kind is QuestionKind.SPANS and options):
        settings["options"] = options
    if kind is QuestionKind.SPANS:
        settings["unit"] = form.get("unit") or "character"
    if kind is QuestionKind.RATING:
        settings["low"] = _number(form, "low", "lowest rating")
        settings["high"] = _number(form, "high", "highest rating")
        settings["step"] = _number(form, "step", "step") if form.get("step", "").strip() else None
    stand_ins = tuple(f"item {n}" for n in range(DATA_SHEETS[kind].n_items[0]))
    return Question(kind, stand_ins, settings=settings).settings


def form_of_settings(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form that hold `settings`."""
    fields = {name: f"{settings[name]:g}" for name in ("low", "high", "step") if settings.get(name) is not None}
    return fields | {
        "options": "\n".join(map(str, settings.get("options", []))),
        "unit": str(settings.get("unit", "character")),
    }


def default_form(kind: QuestionKind) -> dict[str, str]:
    """Return the fields of a form before anything has been written."""
    return {
        "name": "",
        "text": KINDS[kind].words,
        "options": "yes\nno" if kind is QuestionKind.CHOICE else "",
        "low": "1",
        "high": "5",
        "step": "1",
        "unit": "character",
    }


@dataclass(frozen=True)
class Preview:
    """What a judge will see.

    Args:
        text: the words. things: stand-ins for the items. keys: (key, what it answers).
        fault: what is still wrong with the settings, empty if nothing.
    """

    text: str
    things: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]
    fault: str


def preview(kind: QuestionKind, form: Mapping[str, str]) -> Preview:
    """Return what a judge will see, as far as the form goes."""
    card, fault, settings = KINDS[kind], "", dict[str, Any]()
    try:
        settings = settings_of_form(kind, form)
    except InputError as error:
        fault = str(error)
    return Preview(form.get("text", "").strip(), card.things, _keys(kind, settings), fault)


FIXED_KEYS: dict[QuestionKind, tuple[tuple[str, str], ...]] = {
    QuestionKind.COMPARISON: (
        *(("←", "the left one"), ("→", "the right one")),
        *(("↓", "as good as each other"), ("↑", "neither is acceptable")),
    ),
    QuestionKind.PROBABILITY: (("0–9", "0 % to 90 %"), ("← →", "finer")),
    QuestionKind.RANKING: (("↑ ↓", "move an item"), ("Enter", "done")),
    QuestionKind.TEXT: (("Enter", "done"), ("Shift Enter", "a new line")),
    QuestionKind.SPANS: (("← →", "a word or a moment"), ("[ ]", "from and to, in a recording"), ("Enter", "done")),
}


def _keys(kind: QuestionKind, settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return some of the keys with which a judge answers; the judging page shows all with `?`."""
    if kind is QuestionKind.RATING and settings:
        low, high, step = settings["low"], settings["high"], settings["step"]
        if step and (high - low) / step <= 9:
            steps = [low + n * step for n in range(int((high - low) / step + 1e-9) + 1)]
            return tuple((f"{n}", f"{value:g}") for n, value in enumerate(steps, start=1))
        return (("0–9", f"a number from {low:g} to {high:g}"),)
    options = [str(option) for option in settings.get("options", [])]
    if options and kind is QuestionKind.SPANS:
        return (*((str(n), option) for n, option in enumerate(options[:9], start=1)), *FIXED_KEYS[kind])
    if options:
        return tuple((str(n % 10) if n <= 10 else "…", option) for n, option in enumerate(options[:12], start=1))
    return FIXED_KEYS.get(kind, ())


def _number(form: Mapping[str, str], name: str, words: str) -> float:
    text = form.get(name, "").strip().replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        raise BadQuestion(words, got=repr(text), expected="a number") from None
    return int(value) if value.is_integer() else value
