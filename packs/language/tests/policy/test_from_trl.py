"""What the page for those who come from TRL shows is run from its first line to its last, in one session."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from tacit_language import models, policy, preference, training
from tacit_language.models import GPT, CharacterTokenizer, GPTConfig, load_model, save_model

PAGE = Path(__file__).parents[4] / "docs" / "from_trl.md"


@pytest.fixture
def at_work(tmp_path, monkeypatch):
    """A folder with a model in the Hugging Face layout and rows of preferences as TRL has them."""
    tokenizer = CharacterTokenizer.of(["abcdefgh ?"])
    sizes = {"context_length": 32, "width": 16, "n_layers": 1, "n_heads": 2}
    model = GPT(GPTConfig(vocabulary_size=tokenizer.vocabulary_size, **sizes), seed=0)
    save_model(tmp_path / "my-model", model, tokenizer)
    draw = np.random.default_rng(0)
    rows = [
        {"prompt": f"{''.join(draw.choice(list('abcd'), 3))}?", "chosen": " a" * (1 + i % 3), "rejected": " hh b"}
        for i in range(24)
    ]
    (tmp_path / "preferences.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_example_runs_and_leaves_what_it_says(at_work, capsys):
    examples = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) == 4
    (at_work / "session.py").write_text("\n".join(examples), encoding="utf-8")
    session = runpy.run_path(str(at_work / "session.py"))
    printed = capsys.readouterr().out
    assert re.search(r"^1 -\d", printed, re.MULTILINE)  # step, score, divergence, coefficient
    assert len(session["preferences"]) == 24
    assert np.array_equal(session["same"].score(session["texts"]), session["fit"].score(session["texts"]))
    assert load_model(at_work / "better-model").model.config.width == 16
    assert (at_work / "checkpoints").is_dir()


def test_what_the_table_names_exists():

    packages = (models, policy, preference, training)
    rows = re.findall(r"^\| .* \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\b([A-Za-z_]\w*)\(", row)} - {"reward"}
    assert len(named) > 10
    for name in named - {"step"}:
        assert any(hasattr(package, name) for package in packages), name
