"""A verb that is made of others, as ``tacit language train``: each a file with what a verb's file defines."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from tacit.cli.main import Verb


class SubVerbs:
    """The verbs of a pack.

    Args:
        modules: sub-verb → its module and what the help says of it. Such a file imports nothing heavy at its top, since
            all of them are loaded for their arguments.
    """

    def __init__(self, modules: Mapping[str, tuple[str, str]]) -> None:
        self._modules = modules

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sub-verbs and their arguments."""
        verbs = parser.add_subparsers(dest="sub_verb", metavar="|".join(self._modules), required=True)
        for name, (_, about) in self._modules.items():
            description = about[:1].upper() + about[1:] + "."
            self._module(name).add_arguments(verbs.add_parser(name, help=about, description=description))

    def run(self, arguments: argparse.Namespace) -> dict[str, object]:
        """Run the sub-verb.

        Raises:
            InputError: what the sub-verb was given is wrong.
        """
        return {"sub_verb": arguments.sub_verb, **self._module(arguments.sub_verb).run(arguments)}

    def show(self, result: dict[str, Any]) -> str:
        """Return the result of the sub-verb as a person reads it."""
        return self._module(result["sub_verb"]).show(result)

    def exit_code(self, result: dict[str, Any]) -> int:
        """Return 1 where the sub-verb's check fell short."""
        return int(getattr(self._module(result["sub_verb"]), "exit_code", lambda _: 0)(result))

    def _module(self, name: str) -> Verb:
        return cast(Verb, import_module(self._modules[name][0]))
