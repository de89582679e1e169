"""``tacit language train FILE … --out DIR``: a language model from text, or a better one from replies.

The same command again goes on from the newest checkpoint, to the same losses.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.terminal import ProgressBar
from tacit.errors import BadFile, BadValue

if TYPE_CHECKING:
    from tacit_language.models import CausalModel, Loaded, Tokenizer
    from tacit_language.training import Batches

TEXT = (".txt", ".md", ".text")
TOKENIZERS = "of a new model: bytes know every text, characters are those of its training alone (default: %(default)s)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add(
        "files", metavar="FILE", nargs="+", type=Path, help="text (.txt, .md), or dialogues whose last reply is learned"
    )
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the run; the same command goes on with it")
    add("--model", metavar="MODEL", help="go on from this one, a folder or an id; without it a new one is made")
    add("--lora", metavar="RANK", type=int, help="learn a low-rank change of the model's weights alone")
    add("--tokenizer", choices=("bytes", "characters"), default="bytes", help=TOKENIZERS)
    add("--width", type=int, default=96, help="of a new model (default: %(default)s)")
    add("--layers", type=int, default=3, help="of a new model (default: %(default)s)")
    add("--heads", type=int, default=6, help="of a new model (default: %(default)s)")
    add("--context", metavar="TOKENS", type=int, default=128, help="most tokens it sees at once (default: %(default)s)")
    add("--steps", type=int, default=1_000, help="batches to learn from (default: %(default)s)")
    add("--batch-tokens", metavar="N", type=int, default=4_096, help="tokens of a batch (default: %(default)s)")
    add("--accumulate", metavar="N", type=int, default=1, help="compute a batch in so many parts, to save memory")
    add("--learning-rate", metavar="RATE", type=float, default=3e-3, help="at the top (default: %(default)s)")
    add("--held-out", metavar="SHARE", type=float, default=0.05, help="to measure the loss on (default: %(default)s)")
    add("--checkpoint-steps", metavar="N", type=int, default=200, help="between checkpoints (default: %(default)s)")
    add("--device", default="auto", help="cpu, cuda, mps, or the best there is (default: %(default)s)")
    add("--seed", type=int, default=0, help="of everything (default: %(default)s)")


@dataclass(frozen=True)
class _Material:
    """What is learned and what is held out."""

    train: Batches
    held_out: Batches
    n_held_out: int


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Train, measure on what was held out, and write the model.

    Raises:
        InputError: files that cannot be read, a model that cannot be loaded, or a setting out of range.
    """
    from tacit_language.models import check_round_trip, save_model  # noqa: PLC0415 (torch)
    from tacit_language.training import TrainingSettings, held_out_loss, train_language_model  # noqa: PLC0415

    if not 0 < arguments.held_out < 1:
        raise BadValue("--held-out", got=arguments.held_out, expected="a share above 0 and below 1")
    texts, examples = _read(arguments.files)
    model, tokenizer = _model(arguments, [*texts, *(part for example in examples for part in example)])
    check_round_trip(tokenizer, [*texts, *(part for example in examples for part in example)][:200])
    taught = _fitting(examples, model, tokenizer, arguments.files)
    material = _material(texts, taught, model, tokenizer, arguments)
    before = held_out_loss(model, material.held_out, material.n_held_out)
    settings = TrainingSettings(
        arguments.steps,
        learning_rate=arguments.learning_rate,
        warm_up_steps=max(1, min(50, arguments.steps // 10)),
        accumulate=arguments.accumulate,
        checkpoint_steps=arguments.checkpoint_steps,
    )
    with ProgressBar("training", total=arguments.steps) as bar:
        done = train_language_model(
            model,
            material.train,
            settings,
            folder=arguments.out / "checkpoint",
            after_step=lambda step, loss: bar.update(step, note=f"loss {loss:.3f} nats a token"),
        )
    after = held_out_loss(model, material.held_out, material.n_held_out)
    save_model(arguments.out / "model", model, tokenizer)
    return {
        "model": arguments.out / "model",
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "steps": len(done.losses),
        "tokens": done.tokens,
        "left_out": len(examples) - len(taught),
        "first_loss": before.as_dict(),
        "held_out_loss": after.as_dict(),
        "cpu_s": done.cpu_s,
    }


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    first, last = result["first_loss"], result["held_out_loss"]
    return "\n".join(
        [
            f"{result['parameters']:,} parameters, {result['tokens']:,} tokens learned from in {result['steps']:,} "
            f"steps, {result['cpu_s']:.0f} CPU-s",
            f"held-out loss {last['mean']:.3f} [{last['low']:.3f}, {last['high']:.3f}] nats a token, "
            f"before {first['mean']:.3f}",
            *(_LEFT_OUT.format(result["left_out"]) for _ in range(bool(result["left_out"]))),
            f"the model, as transformers reads it: {result['model']}",
            f"to let it write: tacit language sample {result['model']} --prompt '…'",
        ]
    )


_LEFT_OUT = "{:,} dialogues were left out: their last reply is empty, or longer than the context"


def _fitting(
    examples: Sequence[tuple[str, str]], model: CausalModel, tokenizer: Tokenizer, files: Sequence[Path]
) -> list[tuple[str, str]]:
    """Return the examples whose reply has tokens and leaves room for a prompt."""
    most = model.config.context_length - 2  # one for the end, one for the prompt
    taught = [one for one in examples if one[1].strip() and len(tokenizer.encode(one[1])) <= most]
    if examples and not taught:
        got = f"{len(examples)} dialogues, all with an empty or too long reply"
        raise BadFile(str(files[0]), got=got, expected=f"replies of at most {most} tokens", do="Raise --context")
    return taught


def _read(files: Sequence[Path]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return texts, and prompt and reply of each dialogue; all files are of one sort."""
    from tacit_language.data import read_dialogues  # noqa: PLC0415 (Polars)

    plain = [path.suffix.lower() in TEXT for path in files]
    if any(plain) and not all(plain):
        odd = files[plain.index(False)]
        raise BadFile(str(odd), got="dialogues beside text", expected="files of one sort", do="Train on each in turn")
    if not all(plain):
        return [], [dialogue.split() for path in files for dialogue in read_dialogues(path)]
    texts = []
    for path in files:
        try:
            texts.append(path.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError as error:
            raise BadFile(str(path), got=str(error), expected="UTF-8") from None
        except OSError as error:
            raise BadFile(str(path), got=error.strerror or str(error), expected="a file of text") from None
    return texts, []


def _model(arguments: argparse.Namespace, texts: Sequence[str]) -> Loaded:
    """Return the model to begin with."""
    from tacit_language.models import (  # noqa: PLC0415 (torch)
        GPT,
        ByteTokenizer,
        CharacterTokenizer,
        GPTConfig,
        Loaded,
        add_lora,
        load_model,
    )
    from tacit_language.training import best_device  # noqa: PLC0415

    device = best_device() if arguments.device == "auto" else arguments.device
    if arguments.model:
        loaded = load_model(arguments.model, device=device, own=arguments.lora is None)
        if arguments.lora is not None:
            add_lora(loaded.model, rank=arguments.lora, seed=arguments.seed)
        return loaded
    if arguments.lora is not None:
        raise BadValue("--lora", got="no model to change", expected="one", do="Name it by --model")
    tokenizer = ByteTokenizer() if arguments.tokenizer == "bytes" else CharacterTokenizer.of(texts)
    config = GPTConfig(
        context_length=arguments.context,
        width=arguments.width,
        n_layers=arguments.layers,
        n_heads=arguments.heads,
        vocabulary_size=tokenizer.vocabulary_size,
    )
    return Loaded(GPT(config, seed=arguments.seed).to(device), tokenizer)


def _material(
    texts: Sequence[str],
    examples: Sequence[tuple[str, str]],
    model: CausalModel,
    tokenizer: Tokenizer,
    arguments: argparse.Namespace,
) -> _Material:
    """Return what is learned: the first part of each text, or most of the conversations."""
    from tacit_language.data import split_by_conversation  # noqa: PLC0415
    from tacit_language.training import RowBatches, TextBatches, supervised_rows  # noqa: PLC0415

    seed, per_batch = arguments.seed, arguments.batch_tokens
    if texts:
        kept: list[int] = []
        held: list[int] = []
        for text in texts:
            cut = round(len(text) * (1 - arguments.held_out))
            kept += [*tokenizer.encode(text[:cut]), tokenizer.end_id]
            held += [*tokenizer.encode(text[cut:]), tokenizer.end_id]
        length = min(model.config.context_length, arguments.context)
        windows = TextBatches(kept, length=length, rows=max(1, per_batch // length), seed=seed)
        return _Material(windows, TextBatches(held, length=min(length, len(held) - 1), rows=8, seed=1), 8)
    rows_, learned = supervised_rows(examples, tokenizer, model.config.context_length)
    tested = split_by_conversation([prompt for prompt, _ in examples], arguments.held_out, seed=seed)
    if tested.all() or not tested.any():
        got = f"{len(examples)} dialogues, of which {int(tested.sum())} would be held out"
        raise BadValue("--held-out", got=got, expected="some on both sides", do="Bring more, or change the share")
    parts = [
        RowBatches(
            [row for row, side in zip(rows_, tested, strict=True) if side == wanted],
            [flags for flags, side in zip(learned, tested, strict=True) if side == wanted],
            tokens_per_batch=per_batch,
            seed=seed,
        )
        for wanted in (False, True)
    ]
    return _Material(parts[0], parts[1], parts[1].n_batches(0))
