"""``tacit language sample MODEL --prompt TEXT``: what a model writes, and how likely it thought it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tacit.errors import BadFile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="a folder in the Hugging Face layout, or an id")
    add("--prompt", metavar="TEXT", action="append", default=[], help="what it goes on from; may be given repeatedly")
    add("--prompts", metavar="FILE", type=Path, help="text with a prompt a line")
    add("--n", type=int, default=1, help="texts after each prompt (default: %(default)s)")
    add("--max-new-tokens", metavar="N", type=int, default=100, help="of a text (default: %(default)s)")
    add("--temperature", type=float, default=1.0, help="0 takes the likeliest token (default: %(default)s)")
    add("--top-k", metavar="K", type=int, help="draw from the K likeliest tokens alone")
    add("--top-p", metavar="P", type=float, default=1.0, help="draw from the likeliest that together have P")
    add("--stop", metavar="TEXT", action="append", default=[], help="end there; may be given repeatedly")
    add("--cut-prompts", action="store_true", help="keep the end of a prompt that leaves no room in the context")
    add("--device", default="auto", help="cpu, cuda, mps, or the best there is (default: %(default)s)")
    add("--seed", type=int, default=0, help="of what is drawn (default: %(default)s)")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Let the model write.

    Raises:
        InputError: a model or prompts that cannot be read, or a setting out of range.
    """
    from tacit_language.models import Sampling, generate, load_model  # noqa: PLC0415 (torch)
    from tacit_language.training import best_device  # noqa: PLC0415

    prompts = [*arguments.prompt, *_lines(arguments.prompts)] or [""]
    device = best_device() if arguments.device == "auto" else arguments.device
    model, tokenizer = load_model(arguments.model, device=device)
    sampling = Sampling(
        arguments.max_new_tokens,
        temperature=arguments.temperature,
        top_k=arguments.top_k,
        top_p=arguments.top_p,
        stop=((tokenizer.end_id,), *(tuple(tokenizer.encode(text)) for text in arguments.stop)),
        cut_prompts=arguments.cut_prompts,
    )
    tokens = [tokenizer.encode(prompt) or [tokenizer.end_id] for prompt in prompts for _ in range(arguments.n)]
    done = generate(model, tokens, sampling, seed=arguments.seed, pad_id=tokenizer.end_id)
    return {
        "texts": [
            {
                "prompt": prompts[row // arguments.n],
                "text": tokenizer.decode(text),
                "tokens": len(text),
                "log_prob": float(done.log_probs[row].sum()),
                "finished": bool(done.finished[row]),
            }
            for row, text in enumerate(done.texts())
        ]
    }


def show(result: dict[str, Any]) -> str:
    """Return the texts as a person reads them."""
    return "\n\n".join(
        f"── {text['tokens']} tokens, {-text['log_prob'] / max(1, text['tokens']):.2f} nats a token"
        f"{'' if text['finished'] else ', cut'}\n{text['prompt']}{text['text']}"
        for text in result["texts"]
    )


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(str(path), got=str(error), expected="text in UTF-8 with a prompt a line") from None
