"""What the pages say is true: their links lead somewhere, their commands parse, their examples name what exists."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tacit.cli.main import all_verbs, load_verb

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("packs/*/README.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def pages(values=PAGES):
    return pytest.mark.parametrize("page", values, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page, *languages):
    return [text for language, text in FENCE.findall(page.read_text()) if language in languages]


def commands(page):
    """Return the commands of a page: lines of shell blocks that begin with tacit or make, continuation lines joined."""
    text = "\n".join(blocks(page, "", "sh", "bash", "console")).replace("\\\n", " ")
    lines = [line.strip().removeprefix("$ ").partition("  #")[0] for line in text.splitlines()]
    return [line for line in lines if line.startswith(("tacit ", "make "))]


# ---- commands


@pages()
def test_every_command_of_a_page_can_be_run(page):
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(page):
        program, *words = shlex.split(command, comments=True)
        if program == "make":
            assert [w for w in words if "=" not in w and w not in targets] == [], command
        elif not words[0].startswith("-"):
            assert words[0] in all_verbs(), command
            if "--help" not in words:
                load_verb(words[0])[1].parse_all([word for word in words[1:] if word != "--json"])


def test_the_readme_names_the_two_commands():
    assert {"make demo", "make test"} <= set(commands(ROOT / "README.md"))


def test_make_demo_runs_the_command_that_the_readme_shows():
    planned = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ran = next(line for line in planned.splitlines() if "tacit learn" in line).partition("tacit learn")
    command = "tacit learn CartPole-v1 --judge simulated --labels 200 --seed 0 --out runs/demo"
    assert (ran[1] + ran[2]).strip() == command
    assert command in commands(ROOT / "README.md")


# ---- pages


@pages()
def test_every_link_leads_to_a_file(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_pages_made_from_the_code_are_current():
    checked = subprocess.run(
        [sys.executable, ROOT / "docs" / "build.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pages()
def test_python_examples_import_what_exists(page):
    for text in blocks(page, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = import_module(node.module)
                assert [a.name for a in node.names if not hasattr(module, a.name)] == []


def test_the_readmes_tree_shows_what_exists_and_every_package():
    tree = next(text for text in blocks(ROOT / "README.md", "") if "src/tacit/" in text)
    shown, folder = set(), ""
    for line in tree.splitlines():
        if found := re.match(r"^([│ ]*)(?:├── |└── )(\S+)", line):
            above = folder if found[1] else ""
            path = above + found[2]
            assert (ROOT / path).exists(), path
            shown.add(path.rstrip("/"))
            if not found[1]:
                folder = found[2] if found[2].endswith("/") else ""
    packages = {f"src/tacit/{path.parent.name}" for path in (ROOT / "src" / "tacit").glob("*/__init__.py")}
    assert packages <= shown


# ---- settings


def test_what_the_pages_install_is_what_the_distributions_offer():
    offered = {}
    for settings in [ROOT / "pyproject.toml", *ROOT.glob("packs/*/pyproject.toml")]:
        project = tomllib.loads(settings.read_text())["project"]
        offered[project["name"]] = set(project.get("optional-dependencies", {}))
    for page in PAGES:
        for name, extra in re.findall(r"\b(tacit(?:-\w+)?)\[(\w+)\]", page.read_text()):
            assert extra in offered[name], f"{page.name}: {name}[{extra}]"
