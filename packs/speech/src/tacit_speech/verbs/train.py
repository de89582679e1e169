"""``tacit speech train SOURCE … --out DIR``: a recogniser from recordings and what was said in them.

The same command again goes on from the last finished epoch, to the same weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import ProgressBar
from tacit.errors import BadFile, BadValue
from tacit.store.run_folder import write_text
from tacit_speech.alphabet import Alphabet
from tacit_speech.audio import LeftOut, Recording, Transcript, read_manifest, write_transcripts
from tacit_speech.verbs.measuring import as_rows, measured, shown_errors, shown_left_out

if TYPE_CHECKING:
    from tacit_speech.acoustic import AcousticModel
    from tacit_speech.acoustic.corpus import Gathered, SoundsOnDisk

TABLE = "a manifest (.csv, .tsv, .jsonl, .stm), a folder of Kaldi's or LibriSpeech's, or a folder of recordings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add("sources", metavar="SOURCE", nargs="+", type=Path, help=TABLE)
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the run; the same command goes on with it")
    add("--held-out", metavar="SHARE", type=float, default=0.1, help="to measure errors on (default: %(default)s)")
    add("--held-out-speakers", metavar="NAME", nargs="+", default=[], help="measure errors on these speakers instead")
    add("--alphabet", metavar="characters|words|english|FILE", default="characters", help=ALPHABETS)
    add("--word-pieces", metavar="N", type=int, help="learn so many symbols of several characters from the transcripts")
    add("--keep-case", action="store_true", help="tell upper from lower case")
    add("--sample-rate", metavar="HZ", type=int, default=16_000, help="resample to this (default: %(default)s)")
    add("--bands", metavar="N", type=int, default=40, help="mel bands; 0 for every frequency (default: %(default)s)")
    add("--normalize", choices=("utterance", "level"), default="utterance", help=NORMALIZATIONS)
    add("--cell", choices=("gru", "rnn"), default="gru", help="of the recurrent layers (default: %(default)s)")
    add("--layers", type=int, default=2, help="recurrent ones (default: %(default)s)")
    add("--width", type=int, default=96, help="units of a recurrent layer (default: %(default)s)")
    add("--streaming", action="store_true", help="one direction and a row convolution: answers while people speak")
    add("--lookahead", metavar="FRAMES", type=int, default=10, help="of the row convolution (default: %(default)s)")
    add("--epochs", type=int, default=20, help="passes over the recordings (default: %(default)s)")
    add("--batch-size", type=int, default=32, help="most utterances a step (default: %(default)s)")
    add("--optimizer", choices=("adam", "sgd"), default="adam", help="sgd is the paper's (default: %(default)s)")
    add("--schedule", choices=("cosine", "anneal"), default="cosine", help="of the learning rate, or the paper's")
    add("--learning-rate", metavar="RATE", type=float, default=3e-3, help="at the top (default: %(default)s)")
    add("--clip-norm", metavar="NORM", type=float, default=400.0, help="of gradients (default: %(default)s)")
    add("--no-sorta-grad", action="store_true", help="do not go from short to long in the first epoch")
    add("--no-augmentation", action="store_true", help="hear every recording as it is")
    add("--noise", metavar="FOLDER", type=Path, help="recordings of noise to lay over speech (default: made noise)")
    add("--longest-s", metavar="SECONDS", type=float, default=35.0, help="of an utterance (default: %(default)s)")
    add("--seed", type=int, default=0, help="of everything (default: %(default)s)")


NORMALIZATIONS = "take off each recording's colour of sound; or its loudness alone, which is best for single words"
ALPHABETS = "what to write with: the transcripts' characters or whole words, English letters, or a JSON list of symbols"


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Train, and measure on what was held out.

    Raises:
        InputError: nothing to train on, a setting out of range, or a folder that holds another run.
    """
    from tacit_speech.acoustic.corpus import fit_to  # noqa: PLC0415 (torch)
    from tacit_speech.acoustic.run import TrainingRun  # noqa: PLC0415 (torch)

    for option in ("sample_rate", "longest_s"):
        if not getattr(arguments, option) > 0:
            name = f"--{option.replace('_', '-')}"
            raise BadValue(name, got=getattr(arguments, option), expected="a positive number")
    recordings, left_out = recordings_of(arguments.sources)
    gathered = _listen(recordings, arguments, "listening")
    train, held_out = _split(gathered, arguments)
    model = _new_model(train, arguments)
    corpus, fitting = fit_to(model, train)
    held_corpus, held_fitting = fit_to(model, held_out)
    left_out += [*fitting.left_out, *(one for one in held_fitting.left_out if one not in held_out.left_out)]
    if not fitting.recordings:
        first = f": {left_out[0]}" if left_out else ""
        raise BadFile(_named(arguments.sources), got=f"nothing to train on{first}", expected="transcribed recordings")
    noises = _noises(arguments)
    run = TrainingRun(arguments.out, model, _settings(arguments), arguments.seed, arguments.command)
    with ProgressBar("training", total=arguments.epochs) as bar:
        record = run.train(
            corpus, fitting, noises, lambda done: bar.update(done.epoch, note=f"loss {done.loss:.3f} nats an utterance")
        )
    heard = _transcripts(model, held_corpus)
    _write_lists(arguments.out, fitting.recordings, heard, left_out)
    return {
        "model": arguments.out,
        "utterances": len(fitting.recordings),
        "hours": fitting.duration_samples / model.sample_rate_hz / 3600,
        "parameters": model.n_parameters,
        "symbols": len(model.alphabet),
        "epochs": arguments.epochs,
        "loss": record["results"]["loss"],
        "cpu_s": record["results"]["cpu_s"],
        "held_out": measured(heard, ignore_case=not arguments.keep_case),
        "left_out": as_rows(left_out),
        "warnings": as_rows(gathered.warnings),
    }


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    lines = [
        f"trained on {result['utterances']:,} utterances, {result['hours']:.2f} hours, "
        f"{result['parameters']:,} parameters, {result['symbols']} symbols",
        *shown_left_out(result),
    ]
    if result["held_out"] is None:
        lines.append("nothing was held out: errors have not been measured")
    else:
        lines += ["errors on what was held out, which training has not heard:", *shown_errors(result["held_out"])]
    return "\n".join([*lines, str(result["model"])])


def recordings_of(sources: Sequence[Path]) -> tuple[list[Recording], list[LeftOut]]:
    """Return the recordings of several sources, named apart, and the rows that were left out.

    Raises:
        BadFile: a source that cannot be read.
    """
    manifests = [read_manifest(source) for source in sources]
    recordings, left_out = [], [row for manifest in manifests for row in manifest.left_out]
    taken: set[str] = set()
    for manifest in manifests:
        for one in manifest.recordings:
            name = one.name if one.name not in taken else f"{manifest.source.name}/{one.name}"
            taken.add(name)
            recordings.append(replace(one, name=name))
    return recordings, left_out


def _listen(recordings: Sequence[Recording], arguments: argparse.Namespace, what: str) -> Gathered:
    from tacit_speech.acoustic.corpus import gather  # noqa: PLC0415 (torch)

    with ProgressBar(what, total=len(recordings)) as bar:
        return gather(recordings, arguments.sample_rate, longest_s=arguments.longest_s, listened=bar.update)


def _split(gathered: Gathered, arguments: argparse.Namespace) -> tuple[Gathered, Gathered]:
    """Return what is trained on, and what is held out; what could not be used is told with the first."""
    from tacit_speech.acoustic.corpus import Gathered  # noqa: PLC0415 (torch)

    share, names = arguments.held_out, arguments.held_out_speakers
    if not 0 <= share < 1:
        raise BadValue("--held-out", got=share, expected="a share from 0 to below 1, such as 0.1")
    speakers = np.array([one.speaker for one in gathered.recordings])
    if unknown := sorted(set(names) - set(speakers.tolist())):
        known = sorted({name for name in speakers.tolist() if name}) or ["none: the recordings name no speakers"]
        raise BadValue("--held-out-speakers", got=repr(unknown[0]), expected=f"one of {', '.join(known[:12])}")
    n = len(speakers)
    chosen = np.random.default_rng([arguments.seed, 1]).permutation(n)[: round(share * n)]
    held = np.isin(speakers, names) if names else np.isin(np.arange(n), chosen)

    def part(rows: NDArray[np.bool_], left_out: tuple[LeftOut, ...]) -> Gathered:
        kept = tuple(one for one, mine in zip(gathered.recordings, rows.tolist(), strict=True) if mine)
        return Gathered(kept, gathered.n_samples[rows], left_out, (), gathered.cache)

    return part(~held, gathered.left_out), part(held, ())


def _new_model(train: Gathered, arguments: argparse.Namespace) -> AcousticModel:
    from tacit_speech.acoustic import AcousticModel, ModelSettings, Normalization, Spectrogram  # noqa: PLC0415 (torch)
    from tacit_speech.acoustic.corpus import corpus_normalization  # noqa: PLC0415 (torch)

    spectrogram = Spectrogram(
        arguments.sample_rate, window_s=0.025 if arguments.bands else 0.02, mel_bands=arguments.bands or None
    )
    sounds = (train.cache.get(one.name, partial(_samples, one, arguments)) for one in train.recordings)
    return AcousticModel.new(
        _alphabet([one.text or "" for one in train.recordings], arguments),
        spectrogram,
        corpus_normalization(spectrogram, sounds) if arguments.streaming else Normalization(arguments.normalize),
        ModelSettings(
            cell=arguments.cell,
            layers=arguments.layers,
            width=arguments.width,
            both_ways=not arguments.streaming,
            lookahead=arguments.lookahead,
        ),
        seed=arguments.seed,
    )


def _samples(one: Recording, arguments: argparse.Namespace) -> NDArray[np.float32]:
    from tacit_speech.audio import read_recording  # noqa: PLC0415 (beside what is lazy anyway)

    return read_recording(one, arguments.sample_rate)


def _alphabet(texts: Sequence[str], arguments: argparse.Namespace) -> Alphabet:
    from tacit_speech.acoustic.word_pieces import word_pieces  # noqa: PLC0415 (its package loads torch)

    lowercase = not arguments.keep_case
    if arguments.word_pieces is not None:
        return word_pieces(texts, arguments.word_pieces, lowercase=lowercase)
    if arguments.alphabet == "characters":
        return Alphabet.of_texts(texts, lowercase=lowercase)
    if arguments.alphabet == "words":
        return Alphabet.words_of(texts, lowercase=lowercase)
    if arguments.alphabet == "english":
        return Alphabet.english()
    path = Path(arguments.alphabet)
    try:
        symbols = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        expected = "characters, words, english, or a file with a JSON list of symbols"
        raise BadFile(f"--alphabet {path}", got=str(error), expected=expected) from None
    return Alphabet.from_json({"symbols": symbols, "lowercase": lowercase})


def _settings(arguments: argparse.Namespace) -> Any:  # noqa: ANN401 (TrainingSettings, which loads torch)
    from tacit_speech.acoustic import Augmentation, TrainingSettings  # noqa: PLC0415 (torch)

    change = Augmentation.none() if arguments.no_augmentation else Augmentation()
    if arguments.normalize == "level" and not arguments.no_augmentation:
        change = replace(change, microphone=1.0)  # what is not taken off must be learned not to matter
    return TrainingSettings(
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        optimizer=arguments.optimizer,
        schedule=arguments.schedule,
        learning_rate=arguments.learning_rate,
        clip_norm=arguments.clip_norm,
        sorta_grad=not arguments.no_sorta_grad,
        augmentation=change,
    )


def _noises(arguments: argparse.Namespace) -> list[NDArray[np.float32]]:
    if arguments.noise is None:
        return []
    return [_samples(one, arguments) for one in read_manifest(arguments.noise).recordings]


def _transcripts(model: AcousticModel, corpus: SoundsOnDisk) -> list[Transcript]:
    """Return what the model hears in each recording of a corpus, beside what was said."""
    from tacit_speech.decode import greedy  # noqa: PLC0415 (beside what is lazy anyway)

    found = greedy(model.posteriors([corpus.samples(row) for row in range(len(corpus.recordings))]))
    return [
        Transcript(
            one.name,
            heard.text,
            speaker=one.speaker,
            file=str(one.path.resolve()),
            start_s=one.start_s,
            end_s=one.start_s + len(corpus.samples(row)) / model.sample_rate_hz,
            reference=model.alphabet.text(corpus.ids[row]),
        )
        for row, (one, heard) in enumerate(zip(corpus.recordings, found, strict=True))
    ]


def _write_lists(
    out: Path, trained: Sequence[Recording], heard: Sequence[Transcript], left_out: Sequence[LeftOut]
) -> None:
    """Write which recordings were learned from and held out, as manifests, and what was left out."""
    listed = [
        Transcript(r.name, r.text or "", (), r.speaker, str(r.path.resolve()), r.start_s, r.end_s or 0.0)
        for r in trained
    ]
    write_transcripts(out / "trained_on.csv", listed)
    write_transcripts(out / "held_out.csv", [replace(one, text=one.reference or "") for one in heard])
    write_transcripts(out / "held_out.ref.trn", [replace(one, text=one.reference or "") for one in heard])
    write_transcripts(out / "held_out.hyp.trn", heard)
    write_text(out / "left_out.txt", "".join(f"{one}\n" for one in left_out))


def _named(sources: Sequence[Path]) -> str:
    return ", ".join(map(str, sources))
