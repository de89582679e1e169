"""``tacit wer REF HYP``: the word-error family of a recogniser's transcripts, with intervals.

Rates are ``{"estimate", "low", "high"}`` in JSON and counts are whole numbers. Where the reference holds no word at
all, a rate that is divided by their number is 0 if nothing was recognised either, and infinite otherwise.
"""

from __future__ import annotations

import argparse
import shlex
from math import isfinite
from pathlib import Path
from typing import Any

from tacit.cli.terminal import table
from tacit.cli.wer_page import wer_sheet
from tacit.errors import BadValue
from tacit.measure import Estimate
from tacit.measure.transcripts import Utterances, read_transcripts
from tacit.measure.transcripts.by_time import REDUCTIONS
from tacit.measure.transcripts.reading import FORMATS
from tacit.measure.transcripts.trn import SPEAKER_RULES
from tacit.measure.word_errors import Normalization, Scoring, WordErrors, confusions, drawn, speaker_table, word_errors
from tacit.measure.word_errors.costs import SCHEMES, costs_named
from tacit.measure.word_errors.tokens import FORMS
from tacit.report.sheet import write_sheet
from tacit.store.run_folder import write_text

NAMES = {
    "wer": "word error rate",
    "word_accuracy": "word accuracy",
    "hunt": "Hunt's weighted rate",
    "mer": "match error rate",
    "wil": "word information lost",
    "wip": "word information preserved",
    "cer": "character error rate",
    "ser": "sentence error rate",
    "normalized_edit_distance": "normalised edit distance",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("reference", metavar="REF", type=Path, help="what was said: a line an utterance, or .trn, .stm")
    parser.add_argument(
        "hypothesis", metavar="HYP", type=Path, help="what was recognised: likewise, or .ctm for an .stm"
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="auto", help="of the files (default: by their names and lines)"
    )
    parser.add_argument("--encoding", default="utf-8", help="of the files (default: %(default)s)")
    parser.add_argument("--unicode", choices=FORMS, default="NFC", help="normalisation form (default: %(default)s)")
    parser.add_argument("--ignore-case", action="store_true", help="compare words without regard to case")
    parser.add_argument("--ignore-punctuation", action="store_true", help="drop punctuation, but not within words")
    parser.add_argument(
        "--costs", choices=tuple(SCHEMES), default="unit", help="of the alignment (default: %(default)s)"
    )
    parser.add_argument("--alternatives", action="store_true", help="read { a / b } in lines, as in trn, stm and ctm")
    parser.add_argument("--optional-words", action="store_true", help="a marked-up (uh) may be left out")
    parser.add_argument("--fragments", action="store_true", help="a marked-up fi- is any word that begins so")
    parser.add_argument(
        "--speaker-rule", choices=SPEAKER_RULES, default="spu_id", help="how a trn name tells who spoke"
    )
    parser.add_argument(
        "--reduce", choices=REDUCTIONS, default="none", help="which side is cut to the other one's time"
    )
    parser.add_argument("--by-speaker", action="store_true", help="resample whole speakers instead of utterances")
    parser.add_argument("--level", type=float, default=0.95, help="coverage of the intervals (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: %(default)s)")
    parser.add_argument("--confusions", metavar="N", type=int, default=0, help="show the N most frequent confusions")
    parser.add_argument("--report", metavar="HTML", type=Path, help="write a page of the result to this file")
    parser.add_argument("--alignments", metavar="FILE", type=Path, help="draw every utterance's alignment in this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Compare the two files.

    Raises:
        InputError: a file that cannot be read, utterances that do not pair, or a setting out of its range.
    """
    if not 0 < arguments.level < 1:
        raise BadValue("--level", got=arguments.level, expected="a share between 0 and 1, such as 0.95")
    if arguments.confusions < 0:
        raise BadValue("--confusions", got=arguments.confusions, expected="how many, 0 or more")
    utterances = read_transcripts(
        arguments.reference,
        arguments.hypothesis,
        form=arguments.format,
        encoding=arguments.encoding,
        speaker_rule=arguments.speaker_rule,
        reduce=arguments.reduce,
        marked_up=arguments.alternatives,
    )
    form = Normalization(arguments.unicode, arguments.ignore_case, not arguments.ignore_punctuation)
    scoring = Scoring(form, costs_named(arguments.costs), arguments.optional_words, arguments.fragments)
    measured = word_errors(
        utterances, scoring, seed=arguments.seed, by_speaker=arguments.by_speaker, level=arguments.level
    )
    result = _result(measured, arguments)
    if arguments.alignments:
        write_text(arguments.alignments, _drawn(measured))
        result["alignments"] = str(arguments.alignments)
    if arguments.report:
        notes = _notes(measured, arguments)
        of, command = arguments.hypothesis.name, shlex.join(arguments.command)
        write_sheet(arguments.report, wer_sheet(measured, NAMES, of=of, command=command, notes=notes))
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    rows = [[name, _percent(result[key]["estimate"]), _ends(result[key])] for key, name in NAMES.items()]
    counts = ", ".join(f"{result[name]:,} {name}" for name in ("hits", "substitutions", "deletions", "insertions"))
    lines = [
        table(rows, header=["", "", f"{100 * result['level']:g} % interval"]),
        "",
        f"{result['utterances']:,} utterances, {result['reference_words']:,} words said, "
        f"{result['hypothesis_words']:,} recognised: {counts}",
    ]
    if result["speakers"]:
        cells = [
            [
                s["speaker"],
                f"{s['utterances']:,}",
                f"{s['reference_words']:,}",
                _percent(s["wer"]["estimate"]),
                _ends(s["wer"]),
            ]
            for s in result["speakers"]
        ]
        lines += ["", table(cells, header=["speaker", "utterances", "words", "word error rate", ""])]
    for kind, pairs in result["confusions"].items():
        if pairs:
            cells = [[str(one["count"]), one.get("reference", ""), one.get("hypothesis", "")] for one in pairs]
            lines += ["", table(cells, header=[kind, "said", "recognised"])]
    lines += [f"note: {note}" for note in result["notes"]]
    lines += [result[key] for key in ("alignments", "report") if key in result]
    return "\n".join(lines)


def _result(measured: WordErrors, arguments: argparse.Namespace) -> dict[str, object]:
    counts, pairs = measured.counts, measured.utterances
    most = arguments.confusions
    found = confusions(measured.alignments()) if most else None
    return {
        **{name: _rate(measured.rates[name]) for name in NAMES},
        **counts.total(),
        "utterances": len(pairs),
        "utterances_with_errors": int((counts.errors > 0).sum()),
        "reference_words": int(counts.reference_words.sum()),
        "hypothesis_words": int(counts.hypothesis_words.sum()),
        "reference_characters": int(measured.n_characters.sum()),
        "character_errors": int(measured.character_errors.sum()),
        "empty_references": int((counts.reference_words == 0).sum()),
        "speakers": [
            {
                "speaker": one.speaker,
                "utterances": one.n_utterances,
                "reference_words": sum(one.counts[k] for k in ("hits", "substitutions", "deletions")),
                **one.counts,
                "wer": _rate(one.wer),
                "ser": _rate(one.ser),
            }
            for one in speaker_table(measured, seed=arguments.seed, level=arguments.level)
        ],
        "confusions": {
            "substitutions": [
                {"reference": said, "hypothesis": heard, "count": n} for said, heard, n in found.substitutions[:most]
            ],
            "deletions": [{"reference": said, "count": n} for said, n in found.deletions[:most]],
            "insertions": [{"hypothesis": heard, "count": n} for heard, n in found.insertions[:most]],
        }
        if found
        else {},
        "settings": {
            "unicode": arguments.unicode,
            "ignore_case": arguments.ignore_case,
            "ignore_punctuation": arguments.ignore_punctuation,
            "costs": arguments.costs,
            "optional_words": arguments.optional_words,
            "fragments": arguments.fragments,
            "marked_up": pairs.marked_up,
            "by_speaker": arguments.by_speaker,
        },
        "interval": measured.rates["wer"].method,
        "level": arguments.level,
        "seed": arguments.seed,
        "notes": _notes(measured, arguments),
    }


def _notes(measured: WordErrors, arguments: argparse.Namespace) -> list[str]:
    notes = []
    empty = int((measured.counts.reference_words == 0).sum())
    if empty == len(measured.utterances):
        notes.append(
            "no word was said at all: rates per word are 0 if none was recognised either, and infinite otherwise"
        )
    elif empty:
        notes.append(
            f"{empty} of {len(measured.utterances)} references are empty: what was recognised there is insertions"
        )
    n_speakers = len(set(filter(None, measured.utterances.speakers)))
    if n_speakers > 1 and not arguments.by_speaker:
        notes.append("intervals take utterances as independent; --by-speaker allows for speakers who differ")
    braces = _first_with(measured.utterances, "{")
    if braces and not measured.utterances.marked_up:
        notes.append(f"{braces} has a brace, taken as it stands; --alternatives reads {{ a / b }} as alternatives")
    return notes


def _first_with(utterances: Utterances, sign: str) -> str:
    pairs = zip(utterances.ids, utterances.references, strict=True)
    return next((name for name, text in pairs if sign in text), "")


def _drawn(measured: WordErrors) -> str:
    blocks = []
    speakers, names = measured.utterances.speakers, measured.utterances.ids
    for row, alignment in enumerate(measured.alignments()):
        c = measured.counts
        counted = f"hits {c.hits[row]}, substitutions {c.substitutions[row]}"
        counted += f", deletions {c.deletions[row]}, insertions {c.insertions[row]}"
        name = f"{names[row]} ({speakers[row]})" if speakers[row] else names[row]
        blocks.append(f"{name}: {counted}\n{drawn(alignment)}\n")
    return "\n".join(blocks)


def _rate(estimate: Estimate) -> dict[str, float]:
    return {"estimate": estimate.mean, "low": estimate.low, "high": estimate.high}


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %".replace("-", "−") if isfinite(share) else ("∞" if share > 0 else "−∞")


def _ends(one: dict[str, float]) -> str:
    if not (isfinite(one["low"]) and isfinite(one["high"])):
        return ""
    return f"[{100 * one['low']:.2f}, {100 * one['high']:.2f}]".replace("-", "−")
