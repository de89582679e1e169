"""What a judge's page calls, over HTTP, with a real server."""

import pytest

from tacit.judging import QuestionKind, in_force

pytestmark = pytest.mark.parametrize("place", ["folder", "postgres"], indirect=True)

VALUES = {
    QuestionKind.CHOICE: "cat",
    QuestionKind.COMPARISON: "left",
    QuestionKind.RANKING: [2, 0, 1],
    QuestionKind.RATING: 7,
    QuestionKind.TEXT: "it says so",
    QuestionKind.SPANS: [{"start": 0, "end": 4, "label": "person"}],
    QuestionKind.PROBABILITY: 0.25,
}


def answer(leased, key, value="left", outcome="answered"):
    return {"key": key, "lease": leased["lease"], "outcome": outcome, "answer": value, "duration_s": 1.5}


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_a_question_of_every_kind_is_asked_answered_and_kept(kind, workspace, seeds, browser_of):
    project = seeds.project(workspace, kind)
    judge = browser_of(seeds.person(workspace, project=project))
    first = judge.get("/api/next", params={"project": project.project_id, "n": 2}).json()
    assert first["state"] == "work"
    assert len(first["questions"]) == 2
    assert first["project"]["kind"] == kind
    leased = first["questions"][0]
    reply = judge.post("/api/answers", json={"answers": [answer(leased, "k1", VALUES[kind])], "next": 1}).json()
    assert [one["counted"] for one in reply["accepted"]] == ["valid"]
    assert reply["progress"] == {"answered": 1, "left": 9, "seconds": 1.5}
    kept = workspace.judgments()
    assert kept["judgment_id"].to_list() == [reply["accepted"][0]["judgment_id"]]
    value = kept[kind][0]
    order = [
        workspace.questions([leased["question"]["id"]])["item_ids"][0].to_list().index(i["id"]) for i in leased["items"]
    ]
    if kind is QuestionKind.COMPARISON:
        assert value == order[0] == kept["shown_left"][0] == leased["shown_left"]
    elif kind is QuestionKind.RANKING:
        assert [value[i] for i in order] == [2, 0, 1]
    elif kind is QuestionKind.PROBABILITY:
        assert value == 0.25
    elif kind is QuestionKind.SPANS:
        assert value.to_list() == [{"start": 0.0, "end": 4.0, "label": "person"}]
    else:
        assert value == VALUES[kind]


def test_the_same_key_again_adds_nothing_and_says_the_same(workspace, seeds, browser_of):
    project = seeds.project(workspace)
    judge = browser_of(seeds.person(workspace, project=project))
    leased = judge.get("/api/next").json()["questions"][0]
    sent = {"answers": [answer(leased, "k")], "next": 0}
    first, again = (judge.post("/api/answers", json=sent).json() for _ in range(2))
    assert first["accepted"] == again["accepted"]
    assert workspace.n_judgments() == 1
    other = judge.post("/api/answers", json={"answers": [answer(leased, "k2")]}).json()
    assert other["refused"][0]["error"]["got"] == "a change to version 0"
    assert workspace.n_judgments() == 1


def test_an_answer_taken_back_is_followed_not_changed(workspace, seeds, browser_of):
    project = seeds.project(workspace)
    judge = browser_of(seeds.person(workspace, project=project))
    leased = judge.get("/api/next").json()["questions"][0]
    first = judge.post("/api/answers", json={"answers": [answer(leased, "k")]}).json()["accepted"][0]
    undone, again = (
        judge.post("/api/undo", json={"key": "u", "judgment_id": first["judgment_id"]}).json() for _ in range(2)
    )
    assert undone == again
    assert undone["question"]["items"] == leased["items"]
    assert workspace.people.projects.get(project.project_id).n_valid == 0
    second = judge.post("/api/answers", json={"answers": [answer(undone["question"], "k2", "right")]}).json()
    assert second["accepted"][0]["counted"] == "valid"
    kept = workspace.judgments()
    assert kept["outcome"].to_list() == ["answered", "skipped", "answered"]
    assert in_force(kept)["judgment_id"].to_list() == [second["accepted"][0]["judgment_id"]]


def test_the_judging_page_is_there(workspace, seeds, browser_of):
    project = seeds.project(workspace)
    page = browser_of(seeds.person(workspace, project=project)).get(f"/judge/{project.project_id}")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert browser_of().get(f"/judge/{project.project_id}").status_code == 303
