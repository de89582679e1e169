"""``tacit aggregate --method transcripts``: labels that are texts, combined word by word."""

from __future__ import annotations

import argparse
import json
from typing import Any

import polars as pl

from tacit.cli.label_files import existing, headers_of
from tacit.cli.terminal import table
from tacit.crowd.choices.names import Numbered
from tacit.crowd.choices.reading import read_columns
from tacit.crowd.choices.table import ROW
from tacit.crowd.transcripts import CombinedTranscripts, combine_transcripts, read_transcribed
from tacit.errors import BadValue
from tacit.measure.word_errors import Utterances, word_errors
from tacit.store.run_folder import write_text

TRANSCRIPTS = "transcripts"
SHOWN_LABELERS = 12


def aggregate_transcripts(arguments: argparse.Namespace) -> dict[str, object]:
    """Combine the transcripts of each item and say how reliable each labeler is.

    Raises:
        InputError: what is wrong, and in which row of the file; or an option that texts have no use for.
    """
    for option in ("known", "history", "save_history", "options", "report"):
        if getattr(arguments, option) is not None:
            name = "--" + option.replace("_", "-")
            got = f"it beside --method {TRANSCRIPTS}"
            raise BadValue(name, got=got, expected="another method", do=f"Leave {name} out")
    path = existing(arguments.labels_path)
    given = read_transcribed(path, headers=headers_of(arguments.map), labeler_id=arguments.labeler)
    found = combine_transcripts(given)
    result: dict[str, object] = {
        "file": str(path),
        "method": TRANSCRIPTS,
        "items": len(given.items),
        "transcripts": len(given),
        "words": len(given.word),
        "n_labelers": len(given.labelers),
        "labelers": [
            {
                "labeler": row["labeler"],
                "transcripts": row["transcripts"],
                "votes": row["votes"],
                "reliability": {"estimate": row["reliability"], "low": row["low"], "high": row["high"]},
            }
            for row in found.labelers.iter_rows(named=True)
        ],
        "n_confusable": found.n_confusable,
        "iterations": found.iterations,
        "converged": found.converged,
        "warnings": list(found.warnings),
        "seed": arguments.seed,
    }
    if arguments.gold is not None:
        result["word_error_rate"] = _against_gold(arguments, found)
    if arguments.out is not None:
        write_text(arguments.out, _written(found).write_csv())
        result["out"] = str(arguments.out)
    if arguments.labelers_out is not None:
        write_text(arguments.labelers_out, found.labelers.write_csv())
        result["labelers_out"] = str(arguments.labelers_out)
    return result


def show_transcripts(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    ended = "converged" if result["converged"] else "NOT converged"
    lines = [
        f"{result['transcripts']:,} transcripts by {result['n_labelers']:,} labelers of {result['items']:,} items, "
        f"{result['words']:,} words",
        f"{TRANSCRIPTS}: {result['iterations']} iterations, {ended}",
    ]
    if error := result.get("word_error_rate"):
        lines.append(f"word error rate on {error['n']:,} items with a true text: {_words(error)}")
    worst = sorted(result["labelers"], key=lambda one: one["reliability"]["estimate"])[:SHOWN_LABELERS]
    rows = [[one["labeler"], _words(one["reliability"]), f"{one['transcripts']:,}"] for one in worst]
    lines += ["", table(rows, header=["least reliable labelers", "votes that are right", "transcripts"])]
    lines += [f"note: {text}" for text in result["warnings"]]
    lines += [str(result[name]) for name in ("out", "labelers_out") if name in result]
    return "\n".join(lines)


def _written(found: CombinedTranscripts) -> pl.DataFrame:
    """Return the table as CSV holds it: words with their probabilities as JSON."""
    pairs = zip(found.table["words"].to_list(), found.table["p"].to_list(), strict=True)
    cells = [
        json.dumps([[w, round(p, 4)] for w, p in zip(words, ps, strict=True)], ensure_ascii=False)
        for words, ps in pairs
    ]
    return found.table.select("item", "text", "probability").with_columns(words=pl.Series(cells, dtype=pl.String))


def _against_gold(arguments: argparse.Namespace, found: CombinedTranscripts) -> dict[str, float | int]:
    """Return the word error rate against true texts, each row of which must be about a known item."""
    where = arguments.gold.name
    headers = {ours: theirs for ours, theirs in headers_of(arguments.map).items() if ours == "gold"}
    rows = read_columns(existing(arguments.gold), ("item", "gold"), headers=headers)
    joined = rows.with_columns(pl.col("item").cast(pl.String), pl.col("gold").cast(pl.String).fill_null("")).join(
        found.table.select("item", "text"), on="item", how="left", maintain_order="left"
    )
    if (unknown := joined["text"].is_null()).any():
        at = int(unknown.arg_true()[0])
        place = f"{where}, row {Numbered(where, rows[ROW]).row(at)}, column 'item'"
        raise BadValue(place, got=repr(joined["item"][at]), expected="an item that has transcripts")
    pairs = Utterances.of(joined["gold"].to_list(), joined["text"].to_list())
    wer = word_errors(pairs, seed=arguments.seed).rates["wer"]
    return {"estimate": wer.mean, "low": wer.low, "high": wer.high, "n": len(pairs)}


def _words(one: dict[str, Any]) -> str:
    return f"{100 * one['estimate']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
