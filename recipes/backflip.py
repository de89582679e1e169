"""A person teaches Hopper a backflip: 900 comparisons, less than an hour of their time (Christiano et al. 2017).

As published: nobody writes a reward for a backflip; a person compares short clips of the Hopper robot 900 times, in
less than an hour, and the robot learns to turn over backwards, to land upright and to do it again. That takes a person,
who does it with the command in `COMMAND` and a browser. What is checked here is the harness that the person would use:
the same loop asks through the same project of the same store, and a script answers at the same desk as the judging
page, with the clip in which the torso turns further backwards, and a draw where neither turns visibly further. Unlike
what was published: PPO in place of TRPO, and an environment that does not end when the robot leaves its healthy range,
since no backflip stays in it. A script can answer 900 times; it cannot say that the result looks like a backflip.

Source: Christiano et al. 2017, section 3.2, arXiv:1706.03741.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.catalogue import find_producer
from tacit.catalogue.recipes import Claim, ClaimKind, Finding, Results, Stage
from tacit.judging import Candidates, Item
from tacit.learn import Loop, LoopSettings, Schedule
from tacit.learn.checkpoint import read_checkpoint, remove_checkpoints
from tacit.learn.controls import close
from tacit.learn.pace import Pace
from tacit.learn.people import PeopleLabeler, open_project
from tacit.measure import mean_estimate
from tacit.reward import SegmentEnsemble
from tacit.store import Store
from tacit.store.people import Role
from tacit.store.work import Credential, Given, Leased, Visit
from tacit_control.segment import Segment

ENVIRONMENT = "Hopper-v5"
QUESTION = "Which clip is closer to a backflip?"
COMMAND = (
    f"tacit learn {ENVIRONMENT} --judge people --labels 900 --steps 1000000 --termination ignored "
    f'--question "{QUESTION}"'
)
"""What a person types; the rest they do in the browser."""

TORSO = 2
"""Where the angle of the torso stands in a frame's state, in radians; it grows as the robot leans forward."""

VISIBLY_RAD = 0.05
MEASURED_CLIPS = 200

CLAIMS = {
    "queries": Claim(
        "No more questions are put than were published",
        ClaimKind.PROTOCOL,
        900.0,
        "Christiano et al. 2017, section 3.2, arXiv:1706.03741",
    ),
    "turns": Claim(
        "A judge who prefers to see it turn backwards makes it do so more than untrained (turns in 1,000 steps)",
        ClaimKind.PROTOCOL,
        "performs a backflip, lands upright, and repeats",
        "Christiano et al. 2017, section 3.2, arXiv:1706.03741",
    ),
}
PIECES: dict[str, dict[str, Any]] = {
    f"scripted/{seed}": {"labels": 900, "steps": 1_000_000, "iterations": 60, "seed": seed, "termination": "ignored"}
    for seed in range(5)
}


def run_piece(piece: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Teach with a script at the desk where people sit, or go on with it."""
    checkpoint = read_checkpoint(folder / "checkpoint")
    state = checkpoint.part("producer") if checkpoint else None
    settings = {"total_steps": piece["steps"], "termination": piece["termination"]}
    _, open_producer = find_producer(ENVIRONMENT)
    producer = open_producer(ENVIRONMENT, settings, seed=piece["seed"], state=state)
    schedule = Schedule(labels=piece["labels"], budget=piece["steps"], iterations=piece["iterations"])
    with Store.open(folder / "project") as store:
        project = open_project(store, "backflip", QUESTION)
        judge = ScriptedJudge(store, project.project_id, seed=piece["seed"])
        loop = Loop(
            producer,
            PeopleLabeler(store, project.project_id),
            store,
            reward=SegmentEnsemble(),
            settings=LoopSettings(schedule, question=QUESTION, measured_points=0),
            seed=piece["seed"],
            checkpoints=folder / "checkpoint",
        )
        if checkpoint is not None:
            loop.restore(checkpoint)
        pace = Pace(open_at_most=0, poll_s=0.01, told=lambda *_: judge.answer_what_is_open())
        loop.run(lambda row: stage("learning", (int(row["iteration"] or 0) + 1) / schedule.iterations), pace)
        asked, judged = store.questions().height, store.n_judgments()
        steps = loop.asked.features.shape[1]
        first = [turns(item) * 1_000 / steps for item in store.items(loop.asked.item_ids[:MEASURED_CLIPS])]
    last = turns_of(producer.produce(MEASURED_CLIPS, _seed(piece["seed"], 5)))
    close(producer)
    remove_checkpoints(folder / "checkpoint")
    return {"questions": asked, "judgments": judged, "turns_first": first, "turns_last": last.tolist()}


class ScriptedJudge:
    """Answers at the desk as the judging page does: leases questions, sees which stands left, hands answers in."""

    def __init__(self, store: Store, project_id: str, *, seed: int) -> None:
        self._store, self._project_id = store, project_id
        people = store.people
        account_id = people.accounts.add_program("a script in place of a person", Role.JUDGE).account_id
        people.members.add(project_id, account_id, by="")
        secret, _ = people.credentials.make_token(account_id, ["judge"])
        self._credential = Credential("token", hashlib.sha256(secret.encode()).hexdigest())
        version = people.projects.get(project_id).instructions
        people.desk.visit(Visit(self._credential, project_id, read_instructions=version))
        self._keys = (f"{seed} {store.last_sequence()} {n}" for n in count())

    def answer_what_is_open(self) -> None:
        """Answer until there is no question left."""
        answers: tuple[Given, ...] = ()
        while True:
            visit = Visit(self._credential, self._project_id, answers, n=20, again=not answers)
            questions = self._store.people.desk.visit(visit).questions
            if not questions:
                return
            answers = tuple(self._judged(leased) for leased in questions)

    def _judged(self, leased: Leased) -> Given:
        left, right = (turns(item) for item in self._store.items([item.id for item in leased.items]))
        key = next(self._keys)
        if 2 * np.pi * abs(left - right) < VISIBLY_RAD:
            return Given(key, leased.lease, "tie")
        return Given(key, leased.lease, "answered", "left" if left > right else "right")


def turns(item: Item) -> float:
    """Return how far a clip's torso turns backwards, in whole turns; forwards counts against it."""
    angle = Segment.from_bytes(item.content, where=f"item {item.item_id[:12]}").frame_state[:, TORSO]
    return float(angle[0] - angle[-1]) / (2 * np.pi)


def turns_of(candidates: Candidates) -> NDArray[np.float64]:
    """Return the turns of each candidate, in 1,000 steps."""
    steps = candidates.features.shape[1]
    found = np.array([turns(candidates.item(index)) for index in range(len(candidates))])
    return np.asarray(found * 1_000 / steps, np.float64)


def measure(results: Results) -> dict[str, Finding]:
    """Return what the pieces that are done say of each claim; a script's word is never taken for a person's."""
    needed, done = len(PIECES), [results[name] for name in PIECES if name in results]
    if not done:
        return {name: Finding(needed) for name in CLAIMS}
    asked = max(int(piece["questions"]) for piece in done)
    gain = mean_estimate([float(np.mean(piece["turns_last"]) - np.mean(piece["turns_first"])) for piece in done])
    note = f"a script judged; a person does it with: {COMMAND}"
    return {
        "queries": Finding(needed, len(done), float(asked), holds=asked <= 900),
        "turns": Finding(needed, len(done), gain.mean, gain.low, gain.high, gain.low > 0, note),
    }


def _seed(*parts: int) -> int:
    return int(np.random.default_rng(list(parts)).integers(2**31))
