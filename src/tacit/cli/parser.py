"""The argument parser: argparse whose complaints are one message, with the nearest known names."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """An argument parser that never guesses an abbreviation and suggests the nearest option or choice.

    Sub-parsers made with `add_subparsers` are of the same kind.
    """

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 (handed on; argparse itself adds to them)
        super().__init__(**{"allow_abbrev": False, **settings})

    def parse_all(self, argv: Sequence[str]) -> argparse.Namespace:
        """Return the arguments in `argv`; exit with code 2 on one that is not known."""
        known = self._all_options()
        for word in argv[: argv.index("--")] if "--" in argv else argv:
            option = word.partition("=")[0]
            if word.startswith("--") and option not in known:  # before argparse takes its value for something else
                self.error(f"unknown argument {option}.{did_you_mean(option, known)}")
        arguments, unknown = self.parse_known_args(list(argv))
        if unknown:
            self.error(f"unknown argument {unknown[0]}.{did_you_mean(unknown[0], known)}")
        return arguments

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to learn more, and exit with code 2."""
        sentence = message if message.endswith((".", "?")) else f"{message}."
        self.exit(2, f"{self.prog}: {sentence} See: {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Name the nearest choice where argparse would list them all."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            hint = did_you_mean(str(value), known)
            raise argparse.ArgumentError(action, f"got {str(value)!r}, expected one of {', '.join(known)}.{hint}")

    def _all_options(self) -> list[str]:
        options = list(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for parser in action.choices.values():
                    options += parser._all_options()
        return options


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest of `known`, or nothing if none is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""
