"""``tacit speech lm build|evaluate|prune|convert|tune``: n-gram language models from one's own text."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.terminal import table
from tacit.errors import BadFile, BadValue
from tacit_speech.verbs.lm_options import words_of

if TYPE_CHECKING:
    from tacit_speech.decode.ngram import NGram

ENDINGS = (".arpa", ".npz")
LONGEST_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    verbs = parser.add_subparsers(dest="lm_verb", metavar="build|evaluate|prune|convert|tune", required=True)
    _add_build(verbs.add_parser("build", help="count text and smooth the counts (modified Kneser-Ney)"))
    evaluate = verbs.add_parser("evaluate", help="perplexity of a model on text")
    evaluate.add_argument("model", metavar="LM", type=Path, help=".arpa, .arpa.gz or .npz")
    evaluate.add_argument("text", metavar="TEXT", type=Path, nargs="+", help="a sentence a line, plain or gzipped")
    prune = verbs.add_parser("prune", help="leave out n-grams whose loss matters least")
    prune.add_argument("model", metavar="LM", type=Path, help=".arpa, .arpa.gz or .npz")
    prune.add_argument(
        "--threshold", type=float, default=1e-7, help="relative rise of perplexity (default: %(default)s)"
    )
    prune.add_argument("--out", metavar="FILE", type=Path, required=True, help=".arpa or .npz")
    convert = verbs.add_parser("convert", help="from ARPA to tacit's .npz, which loads at once, or back")
    convert.add_argument("model", metavar="LM", type=Path, help=".arpa, .arpa.gz or .npz")
    convert.add_argument("--out", metavar="FILE", type=Path, required=True, help=".arpa or .npz")
    _add_tune(verbs.add_parser("tune", help="choose alpha and beta on held-out recordings"))


def _add_build(build: argparse.ArgumentParser) -> None:
    build.add_argument("text", metavar="TEXT", type=Path, nargs="+", help="a sentence a line, plain or gzipped")
    build.add_argument(
        "--order", type=int, help="tokens of the longest n-gram (default: 3 for words, 8 for characters)"
    )
    build.add_argument(
        "--unit", choices=("word", "character"), default="word", help="of the model (default: %(default)s)"
    )
    build.add_argument("--vocabulary", metavar="FILE", type=Path, help="the words to know, one a line (default: all)")
    build.add_argument(
        "--min-count", metavar="N", type=int, default=1, help="a rarer word is <unk> (default: %(default)s)"
    )
    build.add_argument(
        "--cutoffs",
        metavar="N",
        type=int,
        nargs="+",
        default=[],
        help="leave out n-grams seen so often or less, an order",
    )
    build.add_argument("--out", metavar="FILE", type=Path, required=True, help=".arpa or .npz")


def _add_tune(tune: argparse.ArgumentParser) -> None:
    tune.add_argument("recogniser", metavar="RECOGNISER", type=Path, help="folder of a trained acoustic model")
    tune.add_argument("manifest", metavar="MANIFEST", type=Path, help="held-out recordings with transcripts")
    tune.add_argument("--lm", metavar="FILE", type=Path, required=True, help=".arpa, .arpa.gz or .npz")
    tune.add_argument(
        "--words", metavar="FILE", type=Path, help="a lexicon, a word a line (default: the model's words)"
    )
    tune.add_argument("--closed", action="store_true", help="write words of the lexicon alone")
    tune.add_argument("--alphas", metavar="A", type=float, nargs="+", help="weights of the model to try")
    tune.add_argument("--betas", metavar="B", type=float, nargs="+", help="bonuses of a word to try")
    tune.add_argument("--out", metavar="FILE", type=Path, help="write the weights here, for --weights of transcribe")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Do what the sub-verb's own sub-verb says.

    Raises:
        BadFile: a file that cannot be read. BadValue: a setting outside its range.
    """
    if (
        (out := getattr(arguments, "out", None)) is not None
        and arguments.lm_verb != "tune"
        and out.suffix not in ENDINGS
    ):
        raise BadValue("--out", got=out.name, expected=f"a name that ends in {' or '.join(ENDINGS)}")
    done = {"build": _build, "evaluate": _evaluate, "prune": _prune, "convert": _convert, "tune": _tune}
    return {"lm_verb": arguments.lm_verb, **done[arguments.lm_verb](arguments)}


def _lines(paths: list[Path]) -> Iterator[str]:
    from tacit_speech.decode.ngram.text import read_lines  # noqa: PLC0415 (kept out of start-up)

    return chain.from_iterable(map(read_lines, paths))


def _build(arguments: argparse.Namespace) -> dict[str, object]:
    from tacit_speech.decode.ngram import Unit, count_ngrams, save_model, smooth  # noqa: PLC0415

    unit = Unit(arguments.unit)
    order = arguments.order if arguments.order is not None else (3 if unit is Unit.WORD else 8)
    vocabulary = None if arguments.vocabulary is None else words_of(arguments.vocabulary)
    where = ", ".join(map(str, arguments.text))
    counts = count_ngrams(
        *(_lines(arguments.text), order),
        unit=unit, vocabulary=vocabulary, min_count=arguments.min_count, where=where,
    )  # fmt: skip
    model, report = smooth(counts, cutoffs=arguments.cutoffs)
    save_model(model, arguments.out)
    return {
        **_size(model),
        "sentences": counts.n_sentences,
        "tokens": counts.n_tokens,
        "discounts": [list(three) for three in report.discounts],
        "estimated": list(report.estimated),
        "left_out": list(report.left_out),
        "out": arguments.out,
    }


def _evaluate(arguments: argparse.Namespace) -> dict[str, object]:
    from tacit_speech.decode.ngram import evaluate, load_model  # noqa: PLC0415

    model = load_model(arguments.model)
    found = evaluate(model, _lines(arguments.text), where=", ".join(map(str, arguments.text)))
    return {
        **_size(model),
        "perplexity": found.perplexity.as_dict(),
        "perplexity_of_known": found.perplexity_of_known.as_dict(),
        "sentences": found.n_sentences,
        "tokens": found.n_tokens,
        "unknown": found.n_unknown,
    }


def _prune(arguments: argparse.Namespace) -> dict[str, object]:
    from tacit_speech.decode.ngram import load_model, prune_by_entropy, save_model  # noqa: PLC0415

    model = load_model(arguments.model)
    small = prune_by_entropy(model, arguments.threshold)
    save_model(small, arguments.out)
    return {**_size(small), "ngrams_before": list(model.sizes), "out": arguments.out}


def _convert(arguments: argparse.Namespace) -> dict[str, object]:
    from tacit_speech.decode.ngram import load_model, save_model  # noqa: PLC0415

    model = load_model(arguments.model)
    save_model(model, arguments.out)
    return {**_size(model), "out": arguments.out}


def _tune(arguments: argparse.Namespace) -> dict[str, object]:
    from tacit_speech.acoustic import AcousticModel  # noqa: PLC0415
    from tacit_speech.audio import LeftOut, read_manifest, read_recording  # noqa: PLC0415
    from tacit_speech.decode.ngram import load_model  # noqa: PLC0415
    from tacit_speech.decode.tuning import ALPHAS, BETAS, tune, write_weights  # noqa: PLC0415

    recogniser, manifest = AcousticModel.load(arguments.recogniser), read_manifest(arguments.manifest)
    sounds, said, left_out = [], [], list(manifest.left_out)
    for one in manifest.recordings:
        if not (one.text or "").strip():
            left_out.append(LeftOut(one.where, one.name, "no transcript"))
            continue
        try:
            sounds.append(read_recording(one, recogniser.sample_rate_hz))
            said.append(" ".join(str(one.text).lower().split()) if recogniser.alphabet.lowercase else str(one.text))
        except BadFile as error:
            left_out.append(LeftOut(one.where, one.name, str(error)))
    surface = tune(
        load_model(arguments.lm),
        recogniser.posteriors(sounds),
        said,
        alphas=arguments.alphas or ALPHAS,
        betas=arguments.betas or BETAS,
        words=None if arguments.words is None else words_of(arguments.words),
        closed=arguments.closed,
    )
    if arguments.out is not None:
        write_weights(arguments.out, surface)
    return {
        "alpha": surface.best.alpha,
        "beta": surface.best.beta,
        "wer": surface.at_best.as_dict(),
        "greedy_wer": surface.without.as_dict(),
        "surface": {"alpha": surface.alphas, "beta": surface.betas, "wer": surface.wer},
        "at_the_edge": surface.at_the_edge,
        "recordings": len(sounds),
        "left_out": list(map(str, left_out)),
    }


def _size(model: NGram) -> dict[str, object]:
    return {"unit": str(model.unit), "order": model.order, "ngrams": list(model.sizes)}


def show(result: dict[str, Any]) -> str:
    """Return what was built, measured or chosen, as a person reads it."""
    if result["lm_verb"] == "tune":
        return _surface(result)
    sizes = ", ".join(f"{size:,} {k}-grams" for k, size in enumerate(result["ngrams"], 1))
    lines = [f"a model over {result['unit']}s of order {result['order']}: {sizes}"]
    if "perplexity" in result:
        for name, key in (("perplexity", "perplexity"), ("of known tokens", "perplexity_of_known")):
            value = result[key]
            lines.append(f"{name}: {value['mean']:.4g} [{value['low']:.4g}, {value['high']:.4g}]")
        lines.append(f"{result['sentences']:,} sentences, {result['tokens']:,} tokens, {result['unknown']:,} unknown")
    if "discounts" in result:
        lines.append(f"from {result['sentences']:,} sentences, {result['tokens']:,} tokens")
        rows = [
            [
                str(k),
                *(f"{d:.3f}" for d in three),
                "from the text" if own else "by default: too little text",
                f"{left:,}",
            ]
            for k, (three, own, left) in enumerate(
                zip(result["discounts"], result["estimated"], result["left_out"], strict=True), 1
            )
        ]
        lines.append(table(rows, header=["order", "D1", "D2", "D3+", "discounts", "left out"]))
    if "ngrams_before" in result:
        lines.append(f"before: {', '.join(f'{size:,}' for size in result['ngrams_before'])}")
    return "\n".join([*lines, *([f"written to {result['out']}"] if "out" in result else [])])


def _surface(result: dict[str, Any]) -> str:
    surface = result["surface"]
    rows = [
        [f"{alpha:g}", *(f"{100 * value:.2f}" for value in row)]
        for alpha, row in zip(surface["alpha"], surface["wer"], strict=True)
    ]
    header = ["alpha \\ beta", *(f"{beta:g}" for beta in surface["beta"])]
    wer, greedy = result["wer"], result["greedy_wer"]
    lines = [
        "word error rate, %, of the held-out recordings:",
        table(rows, header=header),
        f"best: alpha {result['alpha']:g}, beta {result['beta']:g}: {100 * wer['mean']:.2f} % "
        f"[{100 * wer['low']:.2f}, {100 * wer['high']:.2f}]; greedy {100 * greedy['mean']:.2f} %",
        "chosen as the lowest of many on these recordings: measure it on others",
    ]
    if result["at_the_edge"]:
        lines.append("the best lies at the rim of what was tried: try further with --alphas and --betas")
    return "\n".join([*lines, *(f"left out: {one}" for one in result["left_out"])])
