"""``tacit speech SUB-VERB``: a recogniser from one's own recordings.

Each sub-verb is a file of this package that defines what a verb of the core defines: ``add_arguments``, ``run``,
``show`` and perhaps ``exit_code``. Such a file imports nothing heavy at its top, since all of them are loaded for their
arguments.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from types import ModuleType
from typing import Any

SUB_VERBS: dict[str, tuple[str, str]] = {
    "train": ("tacit_speech.verbs.train", "make a recogniser from recordings and what was said in them"),
    "transcribe": ("tacit_speech.verbs.transcribe", "write down what is said in recordings, with word times"),
    "align": ("tacit_speech.verbs.align", "find when each word of a transcript was said"),
    "correct": ("tacit_speech.verbs.correct", "correct by ear what is unsure, and let the recogniser learn from it"),
    "serve": ("tacit_speech.verbs.serve", "transcribe for others: recordings in batches, and streams"),
    "score": ("tacit_speech.verbs.score", "say how well a recogniser understands, on a page to listen to"),
    "lm": ("tacit_speech.verbs.lm", "build, measure, prune, convert or weigh a language model"),
}
"""Sub-verb → its module and what `tacit speech --help` says of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs and their arguments."""
    verbs = parser.add_subparsers(dest="sub_verb", metavar="|".join(SUB_VERBS), required=True)
    for name, (module, about) in SUB_VERBS.items():
        description = about[:1].upper() + about[1:] + "."
        _module(module).add_arguments(verbs.add_parser(name, help=about, description=description))


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Run the sub-verb.

    Raises:
        InputError: what the sub-verb was given is wrong.
    """
    result: dict[str, object] = _module(SUB_VERBS[arguments.sub_verb][0]).run(arguments)
    return {"sub_verb": arguments.sub_verb, **result}


def show(result: dict[str, Any]) -> str:
    """Return the result of the sub-verb as a person reads it."""
    shown: str = _module(SUB_VERBS[result["sub_verb"]][0]).show(result)
    return shown


def exit_code(result: dict[str, Any]) -> int:
    """Return 1 where the sub-verb's check fell short."""
    module = _module(SUB_VERBS[result["sub_verb"]][0])
    return int(getattr(module, "exit_code", lambda _: 0)(result))


def _module(name: str) -> ModuleType:
    return import_module(name)
