"""``tacit learn PRODUCER``: learn a policy from comparisons alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from math import inf
from pathlib import Path
from typing import Any

from tacit.catalogue import find_labeler, find_producer, name_in_pack
from tacit.catalogue.labelers import OWN
from tacit.cli.beside import PeopleBeside
from tacit.cli.terminal import ProgressBar, table
from tacit.errors import BadValue
from tacit.judging import Irrationality, Labeler, Trainable
from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule, Selection
from tacit.learn.diagnostics import Watch
from tacit.learn.loop import QUESTION
from tacit.learn.pace import Pace
from tacit.report import write_report
from tacit.reward import SegmentEnsemble
from tacit.store import Store
from tacit.store.run_folder import RunFolder

STEPS_AN_ITERATION = 5_000
FINAL_PAIRS = {"simulated": 50, "people": 10}
FEWEST_ITERATIONS, MOST_ITERATIONS = 8, 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("producer", metavar="PRODUCER", help="what learns, such as CartPole-v1 or control:Hopper-v5")
    parser.add_argument(
        "--judge", default="simulated", metavar="WHO", help="who compares: simulated, people, or model:NAME"
    )
    parser.add_argument("--labels", type=int, help="comparisons to ask for (default: 200, or what the pack suggests)")
    parser.add_argument("--steps", type=int, help="environment steps or tokens to spend (default: the pack's)")
    parser.add_argument("--prompts", type=Path, metavar="FILE", help="what a language model answers: JSONL or text")
    parser.add_argument(
        "--reward",
        metavar="NAME",
        help="what learns from the answers, of those that the pack has: ensemble, or its own",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the pack's; more than once for more",
    )
    parser.add_argument("--iterations", type=int, help="how often reward and policy are improved in turn")
    parser.add_argument("--seed", type=int, default=0, help="of everything (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="folder of the run; the same command again goes on with it")
    parser.add_argument(
        "--selection", default="disagreement", choices=[str(s) for s in Selection], help="which pairs to ask about"
    )
    parser.add_argument("--offline", action="store_true", help="ask for all labels at once, about the untrained policy")
    parser.add_argument("--horizon", type=int, help="steps of a training episode (default: the pack's)")
    parser.add_argument("--segment-steps", type=int, help="steps of a clip (default: the pack's)")
    parser.add_argument(
        "--termination",
        choices=("absorbed", "ignored", "own"),
        help="what becomes of an episode that ends before the horizon: its last state is held, it goes on, or it ends",
    )
    parser.add_argument("--episodes", type=int, help="episodes or replies to measure a policy by (default: 100)")
    parser.add_argument("--watch", type=int, metavar="N", help="items of each policy on the way to look at for alarms")
    parser.add_argument(
        "--test-share", type=float, metavar="SHARE", help="answers kept apart for a second reward that tests the first"
    )
    parser.add_argument(
        "--controls",
        action=argparse.BooleanOptionalAction,
        help="also train on the true reward and with coin flips, and act at random (default: unless people judge)",
    )
    parser.add_argument(
        "--final-pairs", type=int, help="comparisons of the final policy with the first (default: 50, people 10)"
    )
    people = parser.add_argument_group("when people judge")
    people.add_argument("--question", help=f"the words put to them (default: {QUESTION} or the pack's)")
    people.add_argument("--port", type=int, help="where the judging server listens on this machine (default: any free)")
    people.add_argument("--open-at-most", type=int, default=4, help="unanswered questions with which training goes on")
    judge = parser.add_argument_group("how the simulated judge errs")
    judge.add_argument("--mistake", type=float, default=0.0, help="probability that an answer is reversed")
    judge.add_argument("--precision", type=float, default=inf, help="inverse temperature of its choice")
    judge.add_argument("--equal-within", type=float, default=0.0, help="difference of utility that it calls a draw")
    judge.add_argument("--skip-below", type=float, default=-inf, help="utility below which it skips a question")
    judge.add_argument("--discount", type=float, default=1.0, help="weight of a step relative to the next one")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Learn, measure and write the page.

    Raises:
        InputError: a wrong argument, or a folder that holds another run.
    """
    _, open_producer = find_producer(arguments.producer)
    settings = _settings(arguments)
    out = arguments.out or Path("runs") / f"{settings.producer.replace('/', '-')}-{arguments.seed}"
    folder = RunFolder(out)
    with ProgressBar(settings.producer, total=1.0) as bar:
        stages = _Stages(bar, controls=settings.controls)
        judged = _by_people(arguments, folder, settings, stages) if settings.judge == "people" else None
        by_model = _by_model(settings) if settings.judge not in OWN else None
        with judged or nullcontext():
            learning = LearningRun(
                folder,
                settings,
                open_producer,
                command=arguments.command,
                stage=stages.update,
                open_labeler=judged.open_labeler if judged else by_model,
                pace=Pace(open_at_most=arguments.open_at_most, told=stages.waiting) if judged else None,
            )
            results = learning.run()
        bar.update(1.0, "writing the page")
        write_report(folder)
    return results


def _by_people(
    arguments: argparse.Namespace, folder: RunFolder, settings: RunSettings, stages: _Stages
) -> PeopleBeside:
    """Return what brings people to the run."""
    if settings.irrationality != Irrationality():
        do = "Leave the options of the simulated judge out"
        raise BadValue(
            "--judge people", got="a way for the judge to err", expected="people, who err by themselves", do=do
        )
    return PeopleBeside(
        folder, name=settings.producer, question=settings.loop.question, port=arguments.port, say=stages.say
    )


def _by_model(settings: RunSettings) -> Callable[[Store, Trainable], Labeler]:
    """Return what brings a model to the run as its judge."""
    open_labeler, name = find_labeler(settings.judge), settings.judge.partition(":")[2]
    return lambda store, _: open_labeler(name, item=store.item, question=settings.loop.question, seed=settings.seed)


class _Stages:
    """Turns stages of a run into one bar: learning is half of it when there are controls to train as well."""

    def __init__(self, bar: ProgressBar, *, controls: bool) -> None:
        self._bar, self._done = bar, 0.0
        ends = (0.45, 0.5, 0.7, 1.0) if controls else (0.95, 1.0, 1.0, 1.0)
        names = ("learning", "measuring", "control: true reward", "control: coin flips")
        self._span = {name: (begin, end) for name, begin, end in zip(names, (0.0, *ends), ends, strict=False)}

    def update(self, what: str, share: float) -> None:
        begin, end = self._span[what]
        self._done = begin + share * (end - begin)
        self._bar.update(self._done, what)

    def waiting(self, asked: int, judged: int, usable: int) -> None:
        """Show how many of the questions put to people have been judged."""
        del usable
        self._bar.update(self._done, f"judged {judged} of {asked}")

    def say(self, words: str) -> None:
        """Say something in a line of its own."""
        self._bar.say(words)


def show(result: dict[str, object]) -> str:
    """Return the results as a short table and the path of the page."""
    rows = [[label, *_with_interval(result.get(key))] for label, key in ROWS if result.get(key) is not None]
    lines = [
        table(rows, header=("", "mean", "95 % interval", "n")),
        "",
        f"labels asked {result['labels']}; {_unit(result)} {result['env_steps']:,}; "
        f"CPU {result['cpu_s']} s ({result['learning_cpu_s']} s of it learning)",
        f"report: {result['report']}",
    ]
    return "\n".join(lines)


def _unit(result: Mapping[str, Any]) -> str:
    return "tokens" if "gold_reward" in result or "kl" in result else "environment steps"


ROWS = (
    ("gold reward of the final policy", "gold_reward"),
    ("true return, taught by comparisons", "true_return"),
    ("the same optimiser on the true reward", "baseline_true_reward"),
    ("a policy taught by a coin-flipping judge", "coin_flip"),
    ("a random policy", "random"),
    ("reward model agrees with held-out judgments", "heldout_agreement"),
    ("judge prefers the final policy to the first", "win_rate"),
    ("the same at equal length", "win_rate_at_equal_length"),
)


def _with_interval(value: Any) -> list[str]:  # noqa: ANN401  an object of the result
    value = {"mean": value.get("final"), **value}
    n = value.get("episodes", value.get("n"))
    digits = 3 if abs(value["mean"]) <= 1 else 1
    return [f"{value['mean']:.{digits}f}", f"{value['low']:.{digits}f} to {value['high']:.{digits}f}", str(n)]


def _settings(arguments: argparse.Namespace) -> RunSettings:
    name = name_in_pack(arguments.producer)
    if arguments.final_pairs is not None and arguments.final_pairs < 0:
        raise BadValue("--final-pairs", got=arguments.final_pairs, expected="a whole number, 0 or more")
    if arguments.judge not in OWN:
        find_labeler(arguments.judge)
    for option in ("labels", "steps", "iterations", "episodes", "horizon", "segment_steps"):
        value = getattr(arguments, option)
        if value is not None and value < 1:
            raise BadValue(f"--{option.replace('_', '-')}", got=value, expected="a whole number, 1 or more")
    if arguments.seed < 0:
        raise BadValue("--seed", got=arguments.seed, expected="a whole number, 0 or more")
    suggested = _suggestions(arguments.producer, name)
    steps = arguments.steps or suggested["steps"]
    usual = min(MOST_ITERATIONS, max(FEWEST_ITERATIONS, round(steps / STEPS_AN_ITERATION)))
    iterations = arguments.iterations or suggested.get("iterations", usual)
    options = {"horizon": arguments.horizon, "segment_steps": arguments.segment_steps}
    options["termination"] = arguments.termination
    irrationality = Irrationality(
        mistake=arguments.mistake,
        precision=arguments.precision,
        equal_within=arguments.equal_within,
        skip_below=arguments.skip_below,
        discount=arguments.discount,
    )
    labels = suggested["labels"] if arguments.labels is None else arguments.labels
    schedule = Schedule(labels=labels, budget=steps, iterations=min(iterations, steps))
    watch = Watch(
        items=suggested.get("watch", 0) if arguments.watch is None else arguments.watch,
        test_share=suggested.get("test_share", 0.0) if arguments.test_share is None else arguments.test_share,
        kl_limit=suggested.get("kl_limit"),
    )
    controls = suggested["controls"] and arguments.judge == "simulated"
    return RunSettings(
        producer=name,
        producer_settings={"total_steps": steps}
        | {k: v for k, v in options.items() if v is not None}
        | _settings_of_pack(arguments),
        loop=LoopSettings(
            schedule,
            selection=Selection(arguments.selection),
            offline=arguments.offline,
            question=arguments.question or suggested["question"],
            watch=watch,
        ),
        reward=SegmentEnsemble(),
        irrationality=irrationality,
        seed=arguments.seed,
        episodes=arguments.episodes or suggested["episodes"],
        controls=controls if arguments.controls is None else arguments.controls,
        judge=arguments.judge,
        final_pairs=_final_pairs(arguments, suggested),
    )


def _final_pairs(arguments: argparse.Namespace, suggested: Mapping[str, Any]) -> int:
    if arguments.final_pairs is not None:
        return int(arguments.final_pairs)
    usual = FINAL_PAIRS.get(arguments.judge, FINAL_PAIRS["simulated"])
    return usual if arguments.judge == "people" else int(suggested.get("final_pairs", usual))


def _suggestions(producer: str, name: str) -> dict[str, Any]:
    """Return what a run is unless the user says otherwise: the pack's suggestions, else the usual."""
    module = sys.modules[find_producer(producer)[1].__module__]
    usual = {"steps": 1_000_000, "labels": 200, "episodes": 100, "controls": True, "question": QUESTION}
    if (suggest := getattr(module, "suggestions", None)) is not None:
        return usual | dict(suggest(name))
    suggest_steps = getattr(module, "suggested_steps", None)
    return usual if suggest_steps is None else usual | {"steps": int(suggest_steps(name))}


def _settings_of_pack(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the pack makes of the options that it alone understands, and settings by their name."""
    given = {name: value for name in ("prompts", "reward") if (value := getattr(arguments, name)) is not None}
    settings = dict(_setting(text) for text in arguments.set)
    if not given:
        return settings
    module = sys.modules[find_producer(arguments.producer)[1].__module__]
    understand = getattr(module, "settings_from", None)
    if understand is None:
        option, words = OF_TEXT[next(iter(given))]
        got = f"{words} for {arguments.producer!r}"
        raise BadValue(option, got=got, expected="a producer that answers prompts, such as language:small")
    return dict(understand(given)) | settings


OF_TEXT = {"prompts": ("--prompts", "a file of prompts"), "reward": ("--reward", "a reward model of its own")}
"""Options that only some packs understand: how they are written, and what they bring."""


def _setting(text: str) -> tuple[str, Any]:
    """Return name and value of ``NAME=VALUE``: a number, true or false where it reads as one, else a text."""
    name, equals, value = text.partition("=")
    if not (equals and name and value):
        raise BadValue("--set", got=repr(text), expected="NAME=VALUE, such as --set kl_target=3")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
