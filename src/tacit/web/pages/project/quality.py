"""How good the answers are: what was computed last, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tacit.measure import Estimate, proportion
from tacit.store.people import Member, Project
from tacit.web.pages.context import apart, people_of, project_of
from tacit.web.pages.drawing import Strip, draw, interval, lasting, moment, strip
from tacit.web.pages.kinds import OUTCOME_NAMES
from tacit.web.quality import LiveQuality, Quality

WAIT_S = 0.12
NOT_TWICE = "No question has been answered by two judges yet, so that nothing can be said about agreement."
ONE_ANSWER = "All answers are the same so far, so that agreement cannot be told from chance."


@dataclass(frozen=True)
class ShownQuality:
    """Quality as a page shows it.

    Args:
        quality: what was computed. agreement: its measures with their strips. about: what they rest on.
        why_not: why there are none. as_of: when it was computed, in words.
    """

    quality: Quality
    agreement: list[dict[str, Any]]
    about: str
    why_not: str
    as_of: str
    reliability: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)
    drift_words: str = ""
    pairs: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)


async def quality_of(request: Request, project: Project) -> ShownQuality:
    """Return the quality of a project's answers, as it was computed last."""
    live: LiveQuality = request.app.state.workplace.quality
    found, at_s = await apart(live.get, project.project_id, project.kind, wait_s=WAIT_S)
    return shown_quality(found, at_s, live.fault(project.project_id))


async def show_quality(request: Request) -> Response:
    """GET /projects/ID/quality."""
    _, project = await project_of(request, "judgments.read")
    members = await apart(people_of(request).members.all, project.project_id)
    shown = await quality_of(request, project)
    names = {member.labeler_id: member.name or member.labeler_id for member in members}
    for row in shown.reliability:
        row["name"] = names.get(row["name"], row["name"])
    for row in shown.pairs:
        row |= {"first": names.get(row["first"], row["first"]), "second": names.get(row["second"], row["second"])}
    judges = judge_rows(members, shown)
    return draw(request, "quality.html.j2", project=project, quality=shown, judges=judges, members=members)


def shown_quality(found: Quality | None, at_s: float, fault: str = "") -> ShownQuality:
    """Return quality as a page shows it; None while it is computed for the first time."""
    if found is None:
        return ShownQuality(Quality(), [], "", fault or "It is being computed; this page shows it in a moment.", "")
    agreement = [
        {"name": one.name, "meaning": one.meaning, "estimate": one.estimate, "strip": strip(one.estimate)}
        for one in found.agreement
    ]
    total = sum(found.outcomes.values())
    return ShownQuality(
        quality=found,
        agreement=agreement,
        about=f"From {found.n_units:,} questions with two answers or more; intervals of 95 %",
        why_not=ONE_ANSWER if found.n_units else NOT_TWICE,
        as_of=f"From {found.n_answers:,} answers, as of {moment(at_s)} UTC. {fault}".strip(),
        reliability=[
            {"name": name, "n": one.n, "strip": strip(one, mark=0.5)}
            for name, one in sorted(found.reliability.items(), key=lambda item: item[1].mean)
        ],
        drift=[_part(part) for part in found.parts],
        drift_words=found.drift,
        pairs=[
            {"first": one.first, "second": one.second, "n": one.estimate.n, "strip": strip(one.estimate)}
            for one in found.pairs
        ],
        outcomes=[
            {"name": OUTCOME_NAMES.get(name, name), "n": n, "share": n / total} for name, n in found.outcomes.items()
        ],
    )


def judge_rows(members: Sequence[Member], shown: ShownQuality) -> list[dict[str, Any]]:
    """Return the rows of the table of judges: those who have answered, the busiest first."""
    rows = []
    for member in members:
        counts = member.counts
        n_answers = counts["n_valid"] + counts["n_surplus"] + counts["n_check"]
        with_others = shown.quality.with_others.get(member.labeler_id)
        rows.append(
            {
                "name": member.name,
                "labeler_id": member.labeler_id,
                "n_answers": n_answers,
                "n_hasty": counts["n_hasty"],
                "time_each": lasting(member.active_s / n_answers) if n_answers else "–",
                "gold": _share(counts["n_gold_right"], counts["n_gold"]),
                "same": _share(counts["n_repeat_same"], counts["n_repeat"]),
                "left": _share(counts["n_left"], counts["n_sided"]),
                "strip": None if with_others is None else strip(with_others),
            }
        )
    return sorted(rows, key=lambda row: -int(str(row["n_answers"])))


def _share(part: int, n: int) -> str:
    return "–" if n == 0 else interval(proportion(part, n))


def _part(part: Any) -> dict[str, Any]:  # noqa: ANN401 (a part of the quality)
    with_others: Estimate | None = part.with_others
    drawn: Strip | None = None if with_others is None else strip(with_others)
    return {"until_s": part.until_s, "n": part.n, "median_s": part.median_s, "strip": drawn, "left": part.left}
