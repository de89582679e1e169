"""CPU seconds a step of TRL's trainers; run with its own interpreter: ``python trl_trainers.py WHICH STEPS SEED``.

The model is a GPT-2 with random weights, width 256, four layers, four heads, 1,024 tokens: 3.49 million parameters.
Texts are random words, 64 tokens of prompt and 64 of completion, 16 pairs or 16 completions a step, four a prompt. It
prints one JSON object: CPU seconds of each step from the third on, and the largest resident memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRL_EXPERIMENTAL_SILENCE="1")

import numpy as np
import torch

torch.set_num_threads(1)

from datasets import Dataset  # noqa: E402 (threads are set before anything computes)
from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers import (  # noqa: E402
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    TrainerCallback,
    set_seed,
)
from trl import (  # noqa: E402
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    RewardConfig,
    RewardTrainer,
    RLOOConfig,
    RLOOTrainer,
)

WORDS, LENGTH, ROWS, PER_PROMPT = 1_024, 64, 16, 4
FIRST_STEPS = 2
TRAINERS: dict[str, tuple[Any, Any]] = {
    "preference": (RewardConfig, RewardTrainer),
    "dpo": (DPOConfig, DPOTrainer),
    "grpo": (GRPOConfig, GRPOTrainer),
    "rloo": (RLOOConfig, RLOOTrainer),
}


class Clock(TrainerCallback):
    """CPU time at the end of every step."""

    def __init__(self) -> None:
        self.at_s: list[float] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        """Note the time."""
        self.at_s.append(time.process_time())


def main() -> None:
    which, steps, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    set_seed(seed)
    generates = which in ("grpo", "rloo")
    words = _words(left=generates)
    config = GPT2Config(
        vocab_size=WORDS,
        n_positions=256,
        n_embd=256,
        n_layer=4,
        n_head=4,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=0,
        resid_pdrop=0,
        embd_pdrop=0,
        attn_pdrop=0,
    )
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        extra: dict[str, Any] = {"max_length": 2 * LENGTH}
        given: dict[str, Any] = {}
        if which == "preference":
            model: Any = GPT2ForSequenceClassification(GPT2Config(**{**config.to_dict(), "num_labels": 1}))
        else:
            # its trainers with a penalty load the reference again by name: a model in memory alone fails
            path = str(Path(folder) / "model")
            GPT2LMHeadModel(config).save_pretrained(path)
            words.save_pretrained(path)
            model = GPT2LMHeadModel.from_pretrained(path)
        if which == "dpo":
            given["ref_model"] = deepcopy(model)
        if generates:
            extra = {"max_completion_length": LENGTH, "num_generations": PER_PROMPT, "beta": 0.05}
            extra["generation_kwargs"] = {"min_new_tokens": LENGTH}
            given["reward_funcs"] = _different_words
        make_settings, make_trainer = TRAINERS[which]
        settings = make_settings(
            output_dir=folder,
            per_device_train_batch_size=ROWS,
            max_steps=steps,
            report_to="none",
            save_strategy="no",
            logging_steps=1,
            bf16=False,
            fp16=False,
            use_cpu=True,
            gradient_checkpointing=False,
            disable_tqdm=True,
            learning_rate=1e-5,
            **extra,
        )
        data = _data(ROWS * (steps + 8), seed, pairs=not generates)
        trainer = make_trainer(
            model=model, args=settings, train_dataset=data, processing_class=words, callbacks=[clock], **given
        )
        trainer.train()
    each = np.diff(clock.at_s[FIRST_STEPS - 1 :]).tolist()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": each, "peak_mb": peak_mb}))


def _words(*, left: bool) -> PreTrainedTokenizerFast:
    vocabulary = {"<pad>": 0, "<eos>": 1, "<unk>": 2, **{f"w{i}": i for i in range(3, WORDS)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106 (a word)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",  # noqa: S106 (words)
        eos_token="<eos>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
        padding_side="left" if left else "right",
    )


def _data(n: int, seed: int, *, pairs: bool) -> Dataset:
    draw = np.random.default_rng(seed)

    def text(length: int) -> str:
        return " ".join(f"w{i}" for i in draw.integers(3, WORDS, length))

    if not pairs:
        return Dataset.from_list([{"prompt": text(LENGTH)} for _ in range(n)])
    rows = [
        {"prompt": text(LENGTH), "chosen": " " + text(LENGTH - 1), "rejected": " " + text(LENGTH - 1)} for _ in range(n)
    ]
    return Dataset.from_list(rows)


def _different_words(completions: list[str], **_: object) -> list[float]:
    return [len(set(text.split())) / LENGTH for text in completions]


if __name__ == "__main__":
    main()
