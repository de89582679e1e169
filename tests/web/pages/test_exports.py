"""What a lead exports: this project's answers alone, in every format of the page."""

from __future__ import annotations

import pytest

from tacit.judging import QuestionKind
from tacit.store.exchange.formats.known import WRITTEN
from tacit.store.people import Role, Rules
from tacit.store.work import Given, Visit
from tacit.web.pages.project.exporting import FORMATS


def test_every_tool_whose_files_can_be_written_is_on_the_export_page():
    assert set(WRITTEN) <= set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_export_page_is_a_file(workspace, seeds, visit, name):
    rules = Rules(gold_share=0, repeat_share=0, gate=False)
    kind = QuestionKind.COMPARISON if name in ("hh-rlhf", "arena") else QuestionKind.CHOICE
    project = seeds.project(workspace, kind, n=2, rules=rules)
    other = seeds.project(workspace, kind, n=1, rules=rules)
    for one in (project, other):
        judge = seeds.person(workspace, project=one)
        leased = workspace.people.desk.visit(Visit(judge.credential, one.project_id, n=2)).questions
        value = "left" if kind is QuestionKind.COMPARISON else "cat"
        given = tuple(Given(f"key {lease.lease}"[:60], lease.lease, "answered", value) for lease in leased)
        workspace.people.desk.visit(Visit(judge.credential, one.project_id, given))
    client = visit(seeds.person(workspace, Role.OWNER))
    assert f'value="{name}"' in client.get(f"/projects/{project.project_id}/export").text
    answer = client.get(f"/projects/{project.project_id}/export/file", params={"format": name})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'.{FORMATS[name].ending}"')
    assert len(answer.content) > 50
    # the other project asks the same question, and its answer is not in this file
    if FORMATS[name].ending in ("jsonl", "csv"):
        assert len(answer.text.splitlines()) == 2 + (FORMATS[name].ending == "csv")
