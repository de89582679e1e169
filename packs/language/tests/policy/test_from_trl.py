"""What the page for those who come from TRL shows is run from its first line to its last, in one session."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tacit_language import models, policy, preference, training
from tacit_language.models import GPT, CharacterTokenizer, GPTConfig, load_model, save_model

PAGE = Path(__file__).parents[4] / "docs" / "from_trl.md"


@pytest.fixture
def at_work(tmp_path):
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
    return tmp_path


CHECKS = """
import numpy as np
assert len(preferences) == 24
assert np.array_equal(same.score(texts), fit.score(texts))
"""


def test_every_example_runs_and_leaves_what_it_says(at_work):
    examples = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) == 4
    (at_work / "session.py").write_text("\n".join([*examples, CHECKS]), encoding="utf-8")
    ran = subprocess.run([sys.executable, "session.py"], capture_output=True, text=True, check=False, cwd=at_work)
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^1 -\d", ran.stdout, re.MULTILINE)  # step, score, divergence, coefficient
    assert load_model(at_work / "better-model").model.config.width == 16
    assert (at_work / "checkpoints").is_dir()


def test_what_the_table_names_exists():

    packages = (models, policy, preference, training)
    rows = re.findall(r"^\| .* \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\b([A-Za-z_]\w*)\(", row)} - {"reward"}
    assert len(named) > 10
    for name in named - {"step"}:
        assert any(hasattr(package, name) for package in packages), name
