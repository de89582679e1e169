"""``tacit language convert FOLDER OUT``: pickled weights anew as safetensors, without running what they may hide."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from tacit.errors import BadFile, RunExists


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="with config.json and pickled weights (.bin, .pt)")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder of the model with safetensors; must not exist")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Convert the weights and copy what else there is.

    Raises:
        BadFile: no pickled weights, or some that hold more than tensors. RunExists: the output exists.
    """
    from tacit_language.models.pickled import read_pickled, write_safetensors  # noqa: PLC0415 (torch)

    if arguments.out.exists():
        raise RunExists(str(arguments.out), got="a folder that exists", expected="a new one", do="Choose another name")
    if not (arguments.folder / "config.json").exists():
        raise BadFile(str(arguments.folder), got="no config.json", expected="a model in the Hugging Face layout")
    weights = read_pickled(arguments.folder)
    write_safetensors(arguments.out, weights)
    copied = [path for path in sorted(arguments.folder.iterdir()) if path.suffix in (".json", ".txt", ".model")]
    for path in copied:
        if not path.name.endswith(".index.json"):
            shutil.copyfile(path, arguments.out / path.name)
    return {"model": arguments.out, "tensors": len(weights), "copied": [path.name for path in copied]}


def show(result: dict[str, Any]) -> str:
    """Return what was done."""
    return f"{result['tensors']} tensors written to {result['model']}, with {', '.join(result['copied'])}"
