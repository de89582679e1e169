"""The settings of a project: the question's words and classes, the rules by which it is handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import BadValue, Conflict, InputError
from tacit.judging import Outcome
from tacit.store.people import Project, Rules
from tacit.web.pages.context import apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.kinds import DRAW_KINDS, KINDS, OUTCOME_NAMES, form_of_settings, preview, settings_of_form

REWORDS = ("open", "all", "none")
WHOLE = ("overlap", "quota", "training_attempts")
SHARES = {
    "gold_pct": "gold_share",
    "repeat_pct": "repeat_share",
    "attention_pct": "attention_share",
    "exploration_pct": "exploration_share",
    "training_pass_pct": "training_pass",
}
MINUTES = {"lease_min": "lease_s", "undo_min": "undo_s"}
BREAK_MIN = 25.0


def default_page_rules() -> dict[str, Any]:
    """Return what the judging page reads, for a new project."""
    return {"break_every_s": 60 * BREAK_MIN, "blur": False, "credence": False, "prefetch": 3}


async def show_settings(request: Request) -> Response:
    """GET /projects/ID/settings."""
    _, project = await project_of(request, "project.change")
    return _page(request, project, form_of_project(project))


async def save_settings(request: Request) -> Response:
    """POST /projects/ID/settings."""
    actor, project = await project_of(request, "project.change")
    sent = await form_of(request)
    boxes = {"gate", "blur", "credence", *(f"outcome_{outcome}" for outcome in OUTCOME_NAMES)}
    form: dict[str, Any] = form_of_project(project) | dict(sent) | {box: box in sent for box in boxes}
    try:
        version = int(sent.get("version", "0")) if sent.get("version", "0").isdigit() else 0
        settings, rules = settings_of_form(project.kind, form), rules_of_form(project.rules, form)
        words = {"name": form["name"].strip(), "text": form["text"].strip()}
        changes: dict[str, Any] = {**words, "settings": settings, "rules": rules}
        projects = people_of(request).projects
        changed = await apart(projects.change, project.project_id, version=version, by=actor.account_id, **changes)
        if (changed.text, changed.settings) != (project.text, project.settings) and form["reword"] in ("open", "all"):
            await apart(
                people_of(request).rewording.reword,
                project.project_id,
                before=project.text,
                answered_too=form["reword"] == "all",
                by=actor.account_id,
            )
    except Conflict:
        return _page(request, project, form, conflict=_differences(form_of_project(project), form), status=409)
    except InputError as error:
        return _page(request, project, form, fault=str(error), status=400)
    return see(request.url.path, "saved")


def form_of_project(project: Project) -> dict[str, Any]:
    """Return the fields of the form as the project is now."""
    rules, page = project.rules, project.rules.page
    offered = page.get("outcomes")
    fields: dict[str, Any] = {"name": project.name, "text": project.text, "reword": "open"}
    fields |= {"low": "", "high": "", "step": "", **form_of_settings(project.settings)}
    fields |= {name: str(getattr(rules, name)) for name in WHOLE} | {"shortest_s": f"{rules.shortest_s:g}"}
    fields |= {name: f"{100 * getattr(rules, rule):.6g}" for name, rule in SHARES.items()}
    fields |= {name: f"{getattr(rules, rule) / 60:.6g}" for name, rule in MINUTES.items()}
    fields |= {"break_min": f"{page.get('break_every_s', 60 * BREAK_MIN) / 60:.6g}"}
    fields |= {"prefetch": str(page.get("prefetch", 3)), "gate": rules.gate}
    fields |= {"blur": bool(page.get("blur")), "credence": bool(page.get("credence"))}
    return fields | {f"outcome_{one}": offered is None or one in offered for one in OUTCOME_NAMES}


def rules_of_form(rules: Rules, form: Mapping[str, Any]) -> Rules:
    """Return the rules that a form holds; what it does not speak of stays as it was.

    Raises:
        BadValue: a field that is no number, or a rule outside its range.
    """
    values: dict[str, Any] = {name: int(_number(form, name, whole=True)) for name in WHOLE}
    values |= {rule: _number(form, name) / 100 for name, rule in SHARES.items()}
    values |= {rule: _number(form, name) * 60 for name, rule in MINUTES.items()}
    outcomes = [Outcome.ANSWERED, *(one for one in OUTCOME_NAMES if form[f"outcome_{one}"])]
    page = {
        **rules.page,
        "break_every_s": 60 * _number(form, "break_min"),
        "prefetch": int(_number(form, "prefetch", whole=True)),
        "blur": bool(form["blur"]),
        "credence": bool(form["credence"]),
        "outcomes": [str(outcome) for outcome in outcomes],
    }
    if not 1 <= page["prefetch"] <= 50:
        raise BadValue("questions fetched ahead", got=page["prefetch"], expected="1 to 50")
    return replace(rules, **values, shortest_s=_number(form, "shortest_s"), gate=bool(form["gate"]), page=page)


def _number(form: Mapping[str, Any], name: str, *, whole: bool = False) -> float:
    text = str(form[name]).strip().replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < 1e9 or (whole and not value.is_integer()):
        words = name.replace("_pct", ", %").replace("_min", ", minutes").replace("_", " ")
        raise BadValue(words, got=repr(text), expected="a whole number" if whole else "a number of 0 or more")
    return value


def _page(
    request: Request,
    project: Project,
    form: Mapping[str, Any],
    *,
    fault: str = "",
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> Response:
    names = [(one, words) for one, words in OUTCOME_NAMES.items() if one not in ("tie", "both_bad")]
    if project.kind in DRAW_KINDS:
        names = list(OUTCOME_NAMES.items())
    return draw(
        request,
        "settings.html.j2",
        status=status,
        project=project,
        card=KINDS[project.kind],
        form=form,
        shown=preview(project.kind, form),
        outcomes=names,
        fault=fault,
        conflict=conflict,
    )


def _differences(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name.replace("_", " "), str(value), str(mine.get(name)))
        for name, value in theirs.items()
        if name != "reword" and str(value) != str(mine.get(name))
    ]
