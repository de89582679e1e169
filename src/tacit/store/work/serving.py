"""Many visits in one transaction: who comes, what they hand in, what they get next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import Connection

from tacit.errors import InputError
from tacit.store.people.actor import Actor
from tacit.store.work.admission import actors_of, admit, judging, projects_named
from tacit.store.work.answering import Answering, judgment_id_of
from tacit.store.work.leases import end_leases, leases_named, leases_of_judgments, leases_out, renew
from tacit.store.work.leasing import Leasing
from tacit.store.work.ledger import Ledger, MemberNow, ProjectNow
from tacit.store.work.orders import order_of
from tacit.store.work.showing import Showing
from tacit.store.work.standing import Standing
from tacit.store.work.visit import Leased, Progress, Reply, Turned, Visit

MOST_OUT = 50
"""Questions that one judge may hold at a time."""

Result = Reply | InputError
Row = dict[str, Any]


def serve(
    connection: Connection, now: float, visits: Sequence[Visit], showing: Showing, random: Random
) -> list[Result]:
    """Serve visits, all in the transaction of `connection`, and return what each gets, or why it was turned away.

    What one visit did wrong is told to it alone; an error of the database leaves all of them undone.
    """
    ledger = Ledger(connection, now)
    actors = actors_of(connection, now, [visit.credential for visit in visits])
    end_leases(ledger)
    ledger.flush()  # what follows reads leases as they are now
    answers = [(actors.get(visit.credential), given) for visit in visits for given in visit.answers]
    handed_in = leases_named(connection, [given.lease for _, given in answers])
    earlier = leases_of_judgments(connection, {judgment_id_of(who, given.key) for who, given in answers if who})
    handed_in = {**earlier, **handed_in}
    out = leases_out(connection, [actor.sequence for actor in actors.values()])
    ledger.load_members(actors.values())
    named = projects_named(connection, [visit.project_id for visit in visits if visit.project_id is not None])
    of_leases = {lease["project"] for lease in handed_in.values()}
    ledger.load_projects({*named.values(), *of_leases, *(project for project, _ in ledger.members)})
    ledger.load_tasks({lease["task"] for lease in (*handed_in.values(), *out.values())})
    answering = Answering(ledger, handed_in, _keys(handed_in), _questions(ledger, showing, handed_in.values()))
    serving = _Serving(ledger, answering, Leasing(ledger, showing, random), showing, _by_judge(out.values()))
    results: list[Result] = []
    admitted: list[_Admitted] = []
    for visit in visits:
        reply = Reply()
        try:
            actor = judging(actors.get(visit.credential))
            serving.take(actor, visit, reply)
            member = serving.member_of_answers(actor, visit) or admit(ledger, actor, visit.project_id, named)
        except InputError as error:
            # What was taken is kept, and so is said, though the judge may have been taken out of the project meanwhile.
            results.append(reply if reply.accepted else error)
            continue
        results.append(reply)
        admitted.append(_Admitted(visit, reply, member))
    answering.close_strata()
    serving.hand_out(admitted)
    ledger.flush()
    return results


@dataclass
class _Admitted:
    """A visit that was let in, and the questions that it takes along: the rows of their leases."""

    visit: Visit
    reply: Reply
    member: MemberNow
    taken: list[Row] = field(default_factory=list)


@dataclass
class _Serving:
    ledger: Ledger
    answering: Answering
    leasing: Leasing
    showing: Showing
    out: dict[tuple[int, int], dict[str, Row]]  # (project, account) → lease_id → row of what is out

    def take(self, actor: Actor, visit: Visit, reply: Reply) -> None:
        """Take the answers of one visit."""
        for given in visit.answers:
            try:
                accepted = self.answering.take(actor, given)
            except InputError as error:
                reply.refused.append(Turned(given.key, error))
                continue
            reply.accepted.append(accepted)
            lease = self.answering.leases[self.answering.keys[accepted.judgment_id]]
            self.out.get((lease["project"], actor.sequence), {}).pop(lease["lease_id"], None)

    def member_of_answers(self, actor: Actor, visit: Visit) -> MemberNow | None:
        """Return the judge in the project of the answers, where a visit names no project itself."""
        if visit.project_id is None:
            for given in visit.answers:
                lease = self.answering.leases.get(given.lease)
                if lease is not None and lease["account"] == actor.sequence:
                    return self.ledger.members[lease["project"], actor.sequence]
        return None

    def hand_out(self, admitted: Sequence[_Admitted]) -> None:
        """Give each visit its questions: all answers have been taken, so that nothing is asked that is known by now."""
        for one in admitted:
            project = one.member.columns["project"]
            self.leasing.wanted[project] = self.leasing.wanted.get(project, 0) + one.visit.n
        for one in admitted:
            self._give(one)
        showable = _questions(self.ledger, self.showing, [row for one in admitted for row in one.taken])
        for one in admitted:
            one.reply.questions = [self._leased(row, showable) for row in one.taken]
            self._sum_up(one)

    def _give(self, one: _Admitted) -> None:
        """Decide which questions a visit takes along."""
        visit, member, reply = one.visit, one.member, one.reply
        project = self.ledger.projects[member.columns["project"]]
        mine = self.out.setdefault((member.columns["project"], member.columns["account"]), {})
        if visit.answers or visit.again:
            renew(self.ledger, mine.values())
        standing = Standing(self.ledger, self.leasing, project, member)
        if visit.read_instructions is not None:
            standing.read(visit.read_instructions)
        reply.state = standing.state()
        if visit.again and reply.state in ("work", "training"):
            one.taken = list(mine.values())[: visit.n]
        while reply.state in ("work", "training"):
            wanted = min(visit.n - len(one.taken), MOST_OUT - len(mine), standing.quota_left(len(mine)))
            more = self.leasing.hand_out(project, member, wanted, training=reply.state == "training")
            one.taken += more
            mine |= {row["lease_id"]: row for row in more}
            if reply.state == "work" or mine or not standing.end_attempt():
                break
            reply.state = standing.state()
        if reply.state == "work" and visit.n > 0 and not mine:
            reply.state = "waiting" if project.held.rules.more_to_come and standing.quota_left(0) > 0 else "done"

    def _leased(self, row: Row, showable: Any) -> Leased:  # noqa: ANN401  question → how it is shown
        one = self.ledger.tasks[row["task"]]
        return showable[one.question].leased(  # type: ignore[no-any-return]
            row["lease_id"],
            order_of(row["shown"]),
            expires_at_s=row["expires_at_s"],
            sensitive=bool(one.sensitive),
            again=row["purpose"] == "repeat",
        )

    def _sum_up(self, one: _Admitted) -> None:
        project = self.ledger.projects[one.member.columns["project"]]
        one.reply.project, one.reply.progress = project.held, _progress(project, one.member)
        if one.reply.state == "training":
            tried = one.member.columns["training_attempts"]
            one.reply.attempts_left = project.held.rules.training_attempts - tried


def _keys(leases: dict[str, Row]) -> dict[str, str]:
    return {lease["judgment_id"]: key for key, lease in leases.items() if lease["judgment_id"] is not None}


def _by_judge(leases: Iterable[Row]) -> dict[tuple[int, int], dict[str, Row]]:
    out: dict[tuple[int, int], dict[str, Row]] = {}
    for lease in leases:
        out.setdefault((lease["project"], lease["account"]), {})[lease["lease_id"]] = lease
    return out


def _questions(ledger: Ledger, showing: Showing, leases: Iterable[Row]) -> Any:  # noqa: ANN401  question → showable
    return showing.get(ledger.connection, {ledger.tasks[lease["task"]].question for lease in leases})


def _progress(project: ProjectNow, member: MemberNow) -> Progress:
    """Return how far a judge has come; what is left is no more than what is open and not theirs yet."""
    columns, held = member.columns, project.held
    answered = columns["n_valid"] + columns["n_surplus"] + columns["n_check"]
    left = min(held.n_tasks - project.counts["n_done"], held.n_tasks - columns["n_valid"])
    if held.rules.quota:
        left = min(left, held.rules.quota - columns["n_valid"] - columns["n_surplus"])
    return Progress(answered, max(left, 0), columns["active_s"])
