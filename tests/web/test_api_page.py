"""docs/api.md is true: every request on it is made, in order, and answered as it says; and it names every call."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store.people import Role, Rules, State
from tacit.web.api.catalogue import CALLS
from tacit.web.api.describing import openapi_document
from tacit.web.pages.workplace import create_workplace
from tacit.web.settings import ServerSettings

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
EXAMPLE = re.compile(r"^```http( as lead)?\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
TIMES = ("expires_at_s", "seconds")
"""Numbers that differ from run to run; the page shows some number of the same type."""


def compare(said, got, names, where="answer"):
    """Hold an answer against the page; ``<name>`` stands for whatever was there first."""
    if isinstance(said, str) and (name := re.fullmatch(r"<(\w+)>", said)):
        assert names.setdefault(name[1], got) == got, where
    elif isinstance(said, dict):
        real_keys = {key: names[key.strip("<>")] if key.startswith("<") else key for key in said}
        assert set(real_keys.values()) == set(got), where
        for key, value in said.items():
            real = real_keys[key]
            if real in TIMES or key != real or key == "shown_left":
                assert type(value) is type(got[real]), f"{where}.{key}"
            else:
                compare(value, got[real], names, f"{where}.{key}")
    elif isinstance(said, list):
        assert len(said) == len(got), where
        for number, (one, other) in enumerate(zip(said, got, strict=True)):
            compare(one, other, names, f"{where}[{number}]")
    else:
        assert said == got, where


@pytest.fixture
def project(workspace):
    texts = ["Rain.", "It is raining.", "There is rain.", "Rainfall."]
    items = [Item(ItemKind.TEXT, text.encode(), "text/plain") for text in texts]
    workspace.add_items(items)
    pairs = [(items[i].item_id, items[i + 1].item_id) for i in range(3)]
    asked = questions_table([Question(QuestionKind.COMPARISON, pair, "Which is clearer?") for pair in pairs])
    workspace.add_questions(asked)
    rules = Rules(gold_share=0, repeat_share=0)
    made = workspace.people.projects.create("Clear words", QuestionKind.COMPARISON, "Which is clearer?", rules=rules)
    workspace.people.tasks.add(made.project_id, asked["question_id"])
    return workspace.people.projects.set_state(made.project_id, State.OPEN, by="")


@pytest.fixture
def finishing():
    with ExitStack() as stack:
        yield stack


def token(workspace, project, role, scopes):
    program = workspace.people.accounts.add_program(f"program {role}", role)
    workspace.people.members.add(project.project_id, program.account_id, by="")
    secret, _ = workspace.people.credentials.make_token(program.account_id, scopes)
    return {"Authorization": f"Bearer {secret}"}


def test_every_example_on_the_page_is_answered_as_it_says(workspace, project, serving_app, finishing):
    settings = ServerSettings(port=0)
    app, workplace = create_workplace(workspace, settings)
    finishing.callback(workplace.close)
    judge = token(workspace, project, Role.JUDGE, ["judge"])
    lead = token(workspace, project, Role.LEAD, ["read", "write"])
    names = {"project": project.project_id}
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("```http")
    with serving_app(app, settings) as address, httpx.Client(base_url=address, trust_env=False, timeout=120) as client:
        for as_lead, example, answer in examples:
            request = re.sub(r"<(\w+)>", lambda name: str(names[name[1]]), example)
            line, _, body = request.strip().partition("\n")
            method, path = line.split()
            headers = {**(lead if as_lead else judge), "Content-Type": "application/json"}
            got = client.request(method, path, content=body, headers=headers)
            assert got.headers["content-type"] == "application/json", request
            if answer:
                compare(json.loads(answer), got.json(), names, line)
            else:
                assert got.status_code == 200, got.text


def test_the_page_and_the_description_name_every_call_of_the_router(workspace):
    app, workplace = create_workplace(workspace)
    workplace.close()
    routes = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in route.methods - {"HEAD"}
    }
    assert {(call.method, call.path) for call in CALLS} == routes
    described = json.loads(openapi_document())
    assert {(m.upper(), path) for path, calls in described["paths"].items() for m in calls} == routes
    for _, path in routes:
        assert path.replace("{project_id}", "ID") in PAGE or path.replace("{project_id}", "<project>") in PAGE, path
