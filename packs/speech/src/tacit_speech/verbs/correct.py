"""``tacit speech correct MANIFEST --out RUN``: transcribe, correct by ear what is unsure, learn from it, and again.

People correct in a browser, on the judging server that runs beside; or, to see the loop, a simulated person knows the
manifest's transcripts. At the end the recogniser transcribes the rest, where it is sure enough for the promise.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.terminal import table
from tacit.errors import BadFile, BadValue

if TYPE_CHECKING:
    import numpy as np

    from tacit.store import Store
    from tacit.store.run_folder import RunFolder
    from tacit_speech.audio import Recording
    from tacit_speech.labeler import CorrectionLoop, Plan, Recognizer, Round

LONGEST_S = 60.0
FEWEST_TO_CHECK = 40
QUESTION = "What is said? Mend what the recogniser heard."
INSTRUCTIONS = (
    "You will hear short recordings, one at a time. What the recogniser heard stands in the box.",
    "Mend it until it is what is said, word for word, and hand it in. If it is right already, hand it in as it is.",
    "If nothing is said, empty the box. If you cannot tell, say so: it is an answer too.",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add("manifest", metavar="MANIFEST", type=Path, help="recordings, some or none of them with what was said")
    add("--out", metavar="RUN", type=Path, required=True, help="the run's folder; one that was stopped goes on")
    add("--judge", choices=["people", "simulated"], default="people", help="who corrects (default: %(default)s)")
    add("--labels", metavar="N", type=int, default=200, help="corrections in all (default: %(default)s)")
    add("--first", metavar="N", type=int, default=20, help="takes at random to begin with (default: %(default)s)")
    add(
        "--round", metavar="N", type=int, default=20, help="takes between two rounds of learning (default: %(default)s)"
    )
    add("--growth", metavar="SHARE", type=float, default=0.5, help="or this share of what is known, if that is more")
    add("--pick", choices=["uncertainty", "random"], default="uncertainty", help="which takes (default: %(default)s)")
    add(
        "--model", metavar="MODEL", type=Path, help="a recogniser to begin with (default: none, it learns from nothing)"
    )
    add("--symbols", choices=["characters", "words"], default="characters", help="what a new one writes with")
    add("--rate", metavar="HZ", type=int, default=8000, help="sample rate of a new one (default: %(default)s)")
    add(
        "--seen", metavar="N", type=int, default=2000, help="takes that a round of learning sees (default: %(default)s)"
    )
    add("--check", metavar="N", type=int, default=120, help="takes with transcripts, kept out, to measure with")
    add("--precision", type=float, default=0.95, help="promised of what the recogniser transcribes alone")
    add("--port", type=int, help="of the judging server (default: any that is free)")
    add("--seed", type=int, default=0, help="of everything that is drawn (default: %(default)s)")


@dataclass(frozen=True)
class _Data:
    """The manifest as items: name → item, item → samples, item → text where it is known; and those kept out."""

    item_of: dict[str, str]
    sounds: dict[str, np.ndarray]
    texts: dict[str, str]
    check: list[str]
    left_out: list[str]


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Correct and learn.

    Raises:
        InputError: no recordings, or settings that make no sense.
    """
    from tacit.store import Store  # noqa: PLC0415 (kept out of start-up)
    from tacit.store.run_folder import RunFolder  # noqa: PLC0415
    from tacit_speech.labeler import CorrectionLoop, Plan, Recognizer, Retraining, Takes  # noqa: PLC0415 (torch)

    how = Retraining(takes=arguments.seen, symbols=arguments.symbols)
    folder = RunFolder(arguments.out)
    start = folder.path / "model" if (folder.path / "model" / "model.json").is_file() else arguments.model
    recognizer = None if start is None else Recognizer.load(start)
    rate_hz = arguments.rate if recognizer is None else recognizer.model.sample_rate_hz
    rows = folder.progress()
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(folder.project_path))
        data = _read(arguments, store, rate_hz)
        takes = Takes({item: sound for item, sound in data.sounds.items() if item not in data.check}, rate_hz)
        n_given = 0 if arguments.judge == "simulated" else len(data.texts) - len(data.check)
        first = arguments.first if recognizer is None and not n_given else 1  # else there is one to begin with
        asked = (first, arguments.round, arguments.growth, arguments.pick)
        plan = Plan(arguments.labels + n_given, *asked, question=QUESTION)
        labeler = _labeler(arguments, stack, store, data, folder)
        loop = CorrectionLoop(store, takes, labeler, plan, how, seed=arguments.seed, recognizer=recognizer)

        def after_round(done: Round) -> None:
            done.recognizer.save(folder.path / "model")
            rows.append(_row(done, data))
            folder.write_progress(rows)
            print(_told(rows[-1]), file=sys.stderr, flush=True)

        final = loop.run(after_round)
        return _finished(arguments, folder, store, data, loop, final, plan)


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    cells = [
        [f"{one['labels']:,}", _percent(one["error"]), _percent(one["mended"]), f"{one['cpu_s']:.1f}"]
        for one in result["rounds"]
    ]
    lines = [table(cells, header=["corrections", "takes with an error", "drafts mended", "CPU seconds"])]
    if result["promise"] is not None:
        promise = result["promise"]
        lines.append(
            f"promised precision {100 * promise['precision']:g} %: "
            + (f"where it is more than {100 * promise['threshold']:.0f} % sure" if promise["holds"] else "nowhere yet")
        )
    written = ", ".join(f"{n:,} by {who}" for who, n in result["transcribed"].items())
    return "\n".join([*lines, f"{result['transcripts']}: {written}", *(f"note: {text}" for text in result["notes"])])


def _read(arguments: argparse.Namespace, store: Store, rate_hz: int) -> _Data:
    """Return the manifest's recordings as items of the store; what cannot be heard is named and left out."""
    import numpy as np  # noqa: PLC0415

    from tacit_speech.audio import LeftOut, inspect, read_manifest, read_recording  # noqa: PLC0415
    from tacit_speech.labeler.takes import item_of  # noqa: PLC0415

    manifest = read_manifest(arguments.manifest)
    left_out = [str(one) for one in manifest.left_out]
    items, texts, sounds = {}, {}, {}
    known: dict[str, Recording] = {}
    for found in inspect(manifest.recordings, rate_hz, longest_s=LONGEST_S):
        if isinstance(found, LeftOut):
            left_out.append(str(found))
            continue
        one = found.recording
        sound = read_recording(one, rate_hz)
        item = item_of(one, sound, rate_hz)
        if item.item_id in known:
            left_out.append(f"{one.where}: {one.name}: the same sound as {known[item.item_id].name}")
            continue
        store.add_items([item])
        known[item.item_id], items[one.name], sounds[item.item_id] = one, item.item_id, sound
        if one.text is not None:
            texts[item.item_id] = " ".join(one.text.split())
    if not items:
        raise BadFile(
            str(arguments.manifest), got=(left_out or ["nothing"])[0], expected="recordings that can be heard"
        )
    if arguments.judge == "simulated" and len(texts) < len(items):
        got = f"{len(items) - len(texts)} recordings without what was said"
        raise BadValue("--judge simulated", got=got, expected="a transcript of each, which the simulated person knows")
    written = sorted(texts)
    most = len(written) if arguments.judge == "simulated" else len(written) // 2
    order = np.random.default_rng([arguments.seed, 1]).permutation(len(written))
    check = [written[k] for k in order[: min(arguments.check, most)].tolist()]
    return _Data(items, sounds, texts, check, left_out)


def _labeler(arguments: argparse.Namespace, stack: ExitStack, store: Store, data: _Data, folder: RunFolder) -> Any:  # noqa: ANN401  (a Labeler, whose module is not loaded at start-up)
    from tacit.cli.beside import PeopleBeside  # noqa: PLC0415 (the learning loop's own)
    from tacit.crowd.transcripts.simulated import SimulatedTranscriber  # noqa: PLC0415
    from tacit.judging import QuestionKind  # noqa: PLC0415
    from tacit.learn.people import open_project  # noqa: PLC0415
    from tacit_speech.labeler.takes import add_given  # noqa: PLC0415

    if arguments.judge == "simulated":
        return SimulatedTranscriber(data.texts, seed=arguments.seed)
    given = {item: text for item, text in data.texts.items() if item not in data.check}
    if given:
        add_given(store, given, QUESTION)
    name = f"Correct {arguments.manifest.name}"
    beside = PeopleBeside(
        folder,
        name=name,
        question=QUESTION,
        port=arguments.port,
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
    stack.enter_context(beside)
    project = open_project(store, name, QUESTION, kind=QuestionKind.TEXT, instructions=INSTRUCTIONS)
    return beside.invite(store, project)


def _row(done: Round, data: _Data) -> dict[str, Any]:
    error = None
    if data.check:
        heard = done.recognizer.hear([data.sounds[item] for item in data.check])
        wrong = [one.text != data.texts[item] for one, item in zip(heard, data.check, strict=True)]
        error = sum(wrong) / len(wrong)
    mended = None if done.mended != done.mended else done.mended  # NaN, where there was no draft
    return {"round": done.number, "labels": done.labels, "error": error, "mended": mended, "cpu_s": done.cpu_s}


def _finished(
    arguments: argparse.Namespace,
    folder: RunFolder,
    store: Store,
    data: _Data,
    loop: CorrectionLoop,
    final: Recognizer,
    plan: Plan,
) -> dict[str, object]:
    """Fit credences, promise a precision, let the recogniser answer what it may, and write it all down."""
    from tacit.measure.selective import promise_precision  # noqa: PLC0415
    from tacit.store.run_folder import write_text  # noqa: PLC0415
    from tacit_speech.labeler import SpeechRecognizer  # noqa: PLC0415
    from tacit_speech.labeler.correcting import RECOGNISER  # noqa: PLC0415

    notes, promise = list(data.left_out), None
    threshold = 1.0  # without a promise it writes nothing by itself
    if len(data.check) >= FEWEST_TO_CHECK:
        half = len(data.check) // 2
        fit, held = data.check[:half], data.check[half:]
        final = final.calibrated([data.sounds[item] for item in fit], [data.texts[item] for item in fit])
        heard = final.hear([data.sounds[item] for item in held])
        right = [float(one.text == data.texts[item]) for one, item in zip(heard, held, strict=True)]
        found = promise_precision([one.credence for one in heard], right, precision=arguments.precision)
        threshold = max(-1.0, found.threshold) if found.holds else 1.0
        promise = {"precision": found.precision, "risk": found.risk, "threshold": threshold, "holds": found.holds}
    else:
        notes.append(
            f"{len(data.check)} takes are too few to fit credences and promise anything: give transcripts of 80"
        )
    final.save(folder.path / "model")
    known = loop.known()
    rest = [item for item in data.item_of.values() if item not in known and item not in data.check]
    machine = SpeechRecognizer(final, store.items, threshold=threshold, labeler_id=RECOGNISER)
    if rest:
        _answer(store, machine, rest)
    transcripts = _transcripts(data, known, machine, threshold)
    path = folder.path / "transcripts.csv"
    write_text(path, _as_csv(transcripts))
    counts: dict[str, int] = {}
    for one in transcripts:
        counts[one[2]] = counts.get(one[2], 0) + 1
    result: dict[str, object] = {
        "rounds": folder.progress(),
        "labels": len(known),
        "promise": promise,
        "transcribed": counts,
        "transcripts": str(path),
        "model": str(folder.path / "model"),
        "check": len(data.check),
        "notes": notes,
    }
    settings = {key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()}
    folder.write_record({**result, "settings": settings, "judgments_hash": store.judgments_hash(), "pick": plan.pick})
    return result


def _answer(store: Store, machine: Any, items: list[str]) -> None:  # noqa: ANN401  (its module needs torch)
    """Let the recogniser answer about items, and keep its answers beside those of people."""
    from tacit.judging import Question, QuestionKind, questions_table  # noqa: PLC0415

    questions = questions_table(
        [Question(QuestionKind.TEXT, (item,), QUESTION, occasion="recogniser") for item in items]
    )
    store.add_questions(questions)
    machine.ask(questions)
    store.add_judgments(machine.collect())


def _transcripts(
    data: _Data,
    known: dict[str, str],
    machine: Any,  # noqa: ANN401  (its module needs torch)
    threshold: float,
) -> list[tuple[str, str, str, float | None]]:
    """Return name, text, by whom, and credence of each recording."""
    rows: list[tuple[str, str, str, float | None]] = []
    for name, item in data.item_of.items():
        if item in known:
            rows.append((name, known[item], "people", None))
        elif item in data.check:
            rows.append((name, data.texts[item], "manifest", None))
        else:
            heard = machine.heard(item)
            sure = heard.credence > threshold
            rows.append((name, heard.text, "recogniser" if sure else "recogniser, unsure", heard.credence))
    return rows


def _as_csv(rows: list[tuple[str, str, str, float | None]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name", "text", "by", "credence"])
    writer.writerows([name, text, by, "" if sure is None else f"{sure:.4f}"] for name, text, by, sure in rows)
    return out.getvalue()


def _told(row: dict[str, Any]) -> str:
    return f"round {row['round']}: {row['labels']:,} corrections, takes with an error: {_percent(row['error'])}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
