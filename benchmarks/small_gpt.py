"""How fast a small GPT trains and writes beside transformers' GPT-2 of the same size, and what it learns in 300 CPU-s.

Both are trained and sampled by processes of their own, in turn, on the same tokens, with one thread and float32. Tokens
per CPU second and the peak of memory are compared. The peer is transformers' ``GPT2LMHeadModel`` with PyTorch's
AdamW and its ``generate``, dropout off, attention by scaled_dot_product_attention.

    python benchmarks/small_gpt.py [--json] [--cpu-s 300] [--repeats 3]

The loss needs the real data (see `tests`): without it, that table is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from math import log
from pathlib import Path
from statistics import median
from typing import Any

import torch

from tacit_language.models import GPT, CharacterTokenizer, GPTConfig, Sampling, generate
from tacit_language.training import Batch, FlatAdamW, TextBatches, TrainingSettings, held_out_loss, train_language_model
from tacit_language.training.language_modelling import summed_loss

DATA = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[2] / "shared" / "data"))
TEXT = DATA / "tinyshakespeare" / "input.txt.gz"
SIZE = {"context_length": 128, "width": 96, "n_layers": 3, "n_heads": 6, "vocabulary_size": 66}
ROWS, LENGTH = 32, 128
PROMPTS, PROMPT, NEW = 64, 16, 64
STEPS, ROUNDS = 20, 3
SIDES = ("tacit", "transformers")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cpu-s", type=float, default=300.0, help="to learn in; 0 leaves that out")
    parser.add_argument("--repeats", type=int, default=3, help="of each side; 0 leaves that out")
    parser.add_argument("--side", choices=SIDES)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.side:
        print(json.dumps(_tacit() if arguments.side == "tacit" else _transformers()))
        return
    tables: dict[str, Any] = {"tokens per CPU-s": _beside(arguments.repeats)} if arguments.repeats else {}
    if TEXT.exists() and arguments.cpu_s:
        tables["a new model after its CPU seconds"] = [_learned(arguments.cpu_s)]
    print(json.dumps(tables) if arguments.json else json.dumps(tables, indent=1))


def _beside(repeats: int) -> list[dict[str, object]]:
    """Run the sides in turn, each in a process of its own."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(repeats):
        for side in SIDES:
            command = [sys.executable, __file__, "--side", side]
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            found[side].append(json.loads(done.stdout.strip().rpartition("\n")[2]))
    rows: list[dict[str, object]] = []
    for what in found["tacit"][0]:
        ours, theirs = ([run[what] for run in found[side]] for side in SIDES)
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        rows.append(
            {
                "what": what,
                "tacit": median(ours),
                "transformers": median(theirs),
                "ratio": median(ratios),
                "low": min(ratios),
                "high": max(ratios),
                "runs": repeats,
            }
        )
    return rows


def _tokens() -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randint(SIZE["vocabulary_size"], (ROWS, LENGTH + 1), generator=draw)


def _tacit() -> dict[str, float]:
    model = GPT(GPTConfig(**SIZE), seed=0)  # type: ignore[arg-type]
    adam, tokens = FlatAdamW(model.parameters(), weight_decay=0.1), _tokens()

    def step() -> None:
        loss, n = summed_loss(model, Batch(tokens, None, None))
        torch.autograd.backward(loss / n)
        adam.step(1e-3, 1.0)

    prompts = tokens[:, :PROMPT].tolist() * (PROMPTS // ROWS)
    seeds = iter(range(10**6))
    return _measured(step, lambda: generate(model, prompts, Sampling(NEW), seed=next(seeds)))


def _transformers() -> dict[str, float]:
    from transformers import GPT2Config, GPT2LMHeadModel  # noqa: PLC0415 (the peer alone)

    settings = GPT2Config(
        n_positions=SIZE["context_length"],
        n_embd=SIZE["width"],
        n_layer=SIZE["n_layers"],
        n_head=SIZE["n_heads"],
        vocab_size=SIZE["vocabulary_size"],
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=None,
        pad_token_id=0,
    )
    model = GPT2LMHeadModel(settings)
    adam, tokens = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1), _tokens()

    def step() -> None:
        logits = model(tokens[:, :-1]).logits
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        adam.zero_grad()

    prompts = tokens[:, :PROMPT].repeat(PROMPTS // ROWS, 1)
    mask = torch.ones_like(prompts)

    def write() -> object:
        return model.generate(prompts, attention_mask=mask, do_sample=True, max_new_tokens=NEW, top_k=0)

    return _measured(step, write)


def _measured(step: Callable[[], None], write: Callable[[], object]) -> dict[str, float]:
    """Return tokens per CPU second of both, the best of some rounds, since others use the machine too."""
    step()
    training = max(ROWS * LENGTH * STEPS / _cpu_s(step, STEPS) for _ in range(ROUNDS))
    write()
    writing = max(PROMPTS * NEW * 2 / _cpu_s(write, 2) for _ in range(ROUNDS))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"training, tokens per CPU-s": training, "writing, tokens per CPU-s": writing, "peak memory, MB": peak_mb}


def _cpu_s(what: Callable[[], object], times: int) -> float:
    began_s = time.process_time()
    for _ in range(times):
        what()
    return time.process_time() - began_s


def _learned(cpu_s: float) -> dict[str, object]:
    """Train a new model for about so many CPU seconds, after a few steps that say how many steps that is."""
    text = gzip.decompress(TEXT.read_bytes()).decode()
    tokenizer = CharacterTokenizer.of([text])
    tokens = tokenizer.encode(text)
    cut = len(tokens) * 9 // 10
    batches = TextBatches(tokens[:cut], length=LENGTH, rows=ROWS, seed=0)
    config = GPTConfig(**{**SIZE, "vocabulary_size": tokenizer.vocabulary_size})  # type: ignore[arg-type]
    trial = train_language_model(GPT(config, seed=1), batches, TrainingSettings(STEPS))
    model = GPT(config, seed=0)
    settings = TrainingSettings(round(cpu_s / (trial.cpu_s / STEPS)), learning_rate=4e-3)

    def after_step(step: int, training_loss: float) -> None:
        if step % 100 == 0:
            print(f"step {step} of {settings.steps}: {training_loss:.3f} nats", file=sys.stderr, flush=True)

    done = train_language_model(model, batches, settings, after_step=after_step)
    loss = held_out_loss(model, TextBatches(tokens[cut:], length=LENGTH, rows=64, seed=1), 16)
    return {
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "steps": len(done.losses),
        "tokens": done.tokens,
        "cpu_s": done.cpu_s,
        "nats a character": loss.mean,
        "low": loss.low,
        "high": loss.high,
        "bits a character": loss.mean / log(2),
    }


if __name__ == "__main__":
    main()
