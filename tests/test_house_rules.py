"""What holds in every file: documented public names, nothing pickled, no paths of one machine, layers as drawn."""

import ast
import doctest
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import tacit
import tacit_control
import tacit_language
import tacit_speech

ROOT = Path(__file__).parents[1]
MODULES = [
    module.name
    for package in (tacit, tacit_control, tacit_language, tacit_speech)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
]


def tracked(*patterns):
    """Return the files under version control; a source tree without git has the same files and some more."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split() if listed.returncode == 0 else [p for g in patterns for p in ROOT.rglob(g)]
    return [path for name in names if (path := ROOT / name).is_file()]


PYTHON = tracked("*.py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("module", [name for name in MODULES if import_module(name).__file__.endswith("__init__.py")])
def test_every_public_name_is_documented(module):
    package = import_module(module)
    assert package.__doc__
    bare = [
        name
        for name, thing in vars(package).items()
        if not name.startswith("_") and (inspect.isclass(thing) or inspect.isfunction(thing)) and not thing.__doc__
    ]
    assert bare == []


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_are_true(module):
    assert doctest.testmod(import_module(module)).failed == 0


def test_nothing_is_pickled_or_evaluated():
    banned = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    for path in PYTHON:
        assert banned.isdisjoint(name.partition(".")[0] for name in imported(path)), path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), f"{path}:{node.lineno}"


def test_weights_are_loaded_as_weights_alone():
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert given.get("weights_only") == "True", f"{path}:{node.lineno}"


def test_no_file_names_a_path_of_one_machine():
    folder = re.compile(r"/(wor" + r"k|ro" + r"ot|home/\w+|Users/\w+|tm" + r"p)/[a-z.]")
    for path in tracked():
        if path.suffix in (".py", ".md", ".toml", ".txt", ".sh", ".html", ".css", ".js", ".j2", "") and path.exists():
            assert not folder.search(path.read_text(encoding="utf-8")), path


def test_nothing_is_left_unfinished():
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented" + "Error")
    for path in PYTHON:
        assert [mark for mark in marks if mark in path.read_text()] == [], path


def test_files_are_short_and_none_is_a_drawer_without_a_label():
    for path in PYTHON:
        assert path.stem not in ("utils", "helpers", "common", "base", "misc"), path
        if "tests" not in path.parts:
            assert len(path.read_text().splitlines()) <= 400, path


def test_judging_imports_the_standard_library_numpy_and_polars_alone():
    allowed = {*sys.stdlib_module_names, "numpy", "polars", "tacit"}
    for path in [ROOT / "src/tacit/errors.py", *(ROOT / "src/tacit/judging").glob("*.py")]:
        for name in imported(path):
            assert name.partition(".")[0] in allowed, path
            if name.startswith("tacit."):
                assert name.startswith(("tacit.errors", "tacit.judging")), path


def test_the_contract_on_torch_covers_every_package_that_must_do_without():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    covered = next(c["source_modules"] for c in contracts if c.get("forbidden_modules") == ["torch"])
    packages = {f"tacit.{path.parent.name}" for path in (ROOT / "src" / "tacit").glob("*/__init__.py")}
    assert packages - {"tacit.reward", "tacit.learn", "tacit.oversight", "tacit.cli"} <= set(covered)
