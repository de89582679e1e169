"""Files as other tools write them, worked by hand from their documentation; what is wrong with one is told by row."""

import json

import polars as pl
import pytest

from tacit.errors import BadFile, BadValue, UnknownName
from tacit.judging import Item, ItemKind
from tacit.store import ImportOptions, Store


@pytest.fixture
def store():
    with Store.in_memory() as opened:
        yield opened


def written(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def lines(path, *records):
    return written(path, "".join(json.dumps(record) + "\n" for record in records))


def answers(store, *names):
    return store.judgments().select("labeler_id", *names).rows()


def contents(store):
    ids = store.questions()["item_ids"].explode().unique(maintain_order=True).to_list()
    return [item.content.decode() for item in store.items(ids)]


# Label Studio: https://labelstud.io/guide/task_format


AT = "2021-03-09T22:16:08.5Z"


def annotation(who, *results, **more):
    return {
        "id": 7,
        "completed_by": who,
        "was_cancelled": False,
        "ground_truth": False,
        "result": list(results),
        **more,
    }


def result(kind, value, control="said", of="text"):
    return {"id": "x", "from_name": control, "to_name": of, "type": kind, "value": value}


ONE_CHOICE = annotation(1, result("choices", {"choices": ["c"]}))


def test_label_studio(store, tmp_path):
    tasks = [
        {
            "id": 1,
            "data": {"text": "Good."},
            "annotations": [
                annotation(10, result("choices", {"choices": ["yes"]}), created_at=AT, lead_time=4.288),
                annotation({"id": 3, "email": "b@x.org"}, result("choices", {"choices": ["no"]})),
                annotation(10, was_cancelled=True),
                annotation(11, result("choices", {"choices": ["yes", "no"]})),
            ],
            "predictions": [],
            "meta": {},
        },
        {
            "id": 2,
            "data": {"text": "Anna lives in Rome"},
            "annotations": [
                annotation(
                    10,
                    result("labels", {"start": 0, "end": 4, "text": "Anna", "labels": ["PER"]}, "where"),
                    result("labels", {"start": 14, "end": 18, "text": "Rome", "labels": ["LOC"]}, "where"),
                    result("textarea", {"text": ["Anna wohnt in Rom"]}, "translation"),
                    result("rating", {"rating": 4}, "stars"),
                    result("rectanglelabels", {"x": 1, "rectanglelabels": ["a"]}, "box"),
                )
            ],
        },
        {
            "id": 3,
            "data": {"a": "one", "b": "two"},
            "annotations": [annotation(10, result("pairwise", {"selected": "right"}, "pw", "pw"))],
        },
    ]
    count = store.import_judgments(written(tmp_path / "export.json", tasks))
    assert (count.rows, count.judgments_added, count.items_added) == (6, 6, 4)
    assert count.left_out == {
        "skipped, without what was asked": 1,
        "several choices at once": 1,
        "results of the type rectanglelabels": 1,
    }
    assert count.columns_ignored == ("predictions", "meta")
    assert answers(store, "choice", "rating", "text", "comparison") == [
        ("10", "yes", None, None, None),
        ("b@x.org", "no", None, None, None),
        ("10", None, None, None, None),
        ("10", None, None, "Anna wohnt in Rom", None),
        ("10", None, 4.0, None, None),
        ("10", None, None, None, 1),
    ]
    judgments, questions = store.judgments(), store.questions()
    assert judgments["spans"][2].to_list() == [
        {"start": 0.0, "end": 4.0, "label": "PER"},
        {"start": 14.0, "end": 18.0, "label": "LOC"},
    ]
    # 2021-03-09T22:16:08.5Z is 1,615,328,168.5 s after 1970-01-01: 18,695 days and 80,168.5 s.
    assert judgments["answered_at_s"][0] == 18_695 * 86_400 + 80_168.5
    assert judgments["duration_s"][0] == 4.288
    assert questions["text"].to_list() == ["said", "where", "translation", "stars", "pw"]
    assert questions["settings"][0] == '{"options":["no","yes"]}'
    assert contents(store) == ["Good.", "Anna lives in Rome", "one", "two"]


# Argilla 2: Dataset.records.to_json and to_datasets


def test_argilla_as_json(store, tmp_path):
    record = {
        "id": "r1",
        "fields": {"text": "Good."},
        "metadata": {"source": "web"},
        "suggestions": {"label": {"value": "no", "score": 0.5, "agent": "m"}},
        "responses": {
            "label": [{"value": "yes", "user_id": "u1"}, {"value": "no", "user_id": "u2"}],
            "quality": [{"value": 7, "user_id": "u1"}],
            "marks": [{"value": [{"label": "A", "start": 0, "end": 4}], "user_id": "u1"}],
        },
        "vectors": {},
        "_server_id": "5f5a",
    }
    ranked = {
        "id": "r2",
        "fields": {"a": "one", "b": "two"},
        "responses": {
            "best": [{"value": "b", "user_id": "u1"}],
            "order": [{"value": [{"value": "b", "rank": 1}, {"value": "a", "rank": 2}], "user_id": "u1"}],
        },
    }
    count = store.import_judgments(written(tmp_path / "records.json", [record, ranked]))
    assert (count.judgments_added, count.columns_ignored) == (6, ("metadata", "suggestions"))
    assert answers(store, "choice", "rating", "comparison") == [
        ("u1", "yes", None, None),
        ("u2", "no", None, None),
        ("u1", None, 7.0, None),
        ("u1", None, None, None),
        ("u1", None, None, 1),
        ("u1", None, None, None),
    ]
    assert store.judgments()["ranking"].to_list()[-1] == [0, 1]  # of the items in the order b, a


def test_argilla_as_a_dataset(store, tmp_path):
    pl.DataFrame(
        {
            "id": ["1", "2"],
            "status": ["completed", "pending"],
            "text": ["Good.", "Bad."],
            "label.responses": [["yes", "no"], ["no"]],
            "label.responses.users": [["u1", "u2"], ["u1"]],
            "label.responses.status": [["submitted", "draft"], ["discarded"]],
            "label.suggestion": ["yes", None],
            "length": [5, 4],
        }
    ).write_parquet(tmp_path / "train.parquet")
    how = ImportOptions(options=["yes", "no"])
    count = store.import_judgments(tmp_path / "train.parquet", how)
    assert (count.judgments_added, count.left_out) == (2, {"a response that is draft": 1})
    assert count.columns_ignored == ("label.suggestion", "length")
    assert answers(store, "outcome", "choice") == [("u1", "answered", "yes"), ("u1", "skipped", None)]


# doccano: its exports of texts with classes, spans, relations and translations


def test_doccano(store, tmp_path):
    classes = lines(
        tmp_path / "admin.jsonl",
        {"id": 1, "text": "Terrible customer service.", "label": ["negative"], "Comments": []},
        {"id": 2, "text": "Great price.", "label": ["positive"], "Comments": []},
        {"id": 3, "text": "Both.", "label": ["negative", "positive"], "Comments": []},
        {"id": 4, "text": "Neither.", "label": [], "Comments": []},
    )
    count = store.import_judgments(classes, ImportOptions(labeler_id="admin"))
    assert count.left_out == {"several classes for one text": 1, "no label": 1}
    assert count.columns_ignored == ("Comments",)
    assert answers(store, "choice") == [("admin", "negative"), ("admin", "positive")]
    spans = lines(tmp_path / "spans.jsonl", {"text": "EU rejects", "label": [[0, 2, "ORG"]]})
    related = lines(
        tmp_path / "related.jsonl",
        {
            "text": "Google was",
            "entities": [{"id": 0, "start_offset": 0, "end_offset": 6, "label": "ORG"}],
            "relations": [],
        },
    )
    translated = lines(tmp_path / "texts.jsonl", {"text": "Hello!", "label": ["こんにちは！"]})
    for path in (spans, related, translated):
        store.import_judgments(path, ImportOptions(labeler_id="admin", kind="text"))
    assert [s.to_list() for s in store.judgments()["spans"].drop_nulls()] == [
        [{"start": 0.0, "end": 2.0, "label": "ORG"}],
        [{"start": 0.0, "end": 6.0, "label": "ORG"}],
    ]
    assert store.judgments()["text"].to_list()[-1] == "こんにちは！"


# Prodigy: https://prodi.gy/docs/api-interfaces


def test_prodigy(store, tmp_path):
    meant = {"_input_hash": 1, "_task_hash": 2, "_session_id": "set-ann", "_view_id": "v"}
    options = [{"id": "pos", "text": "Positive"}, {"id": "neg", "text": "Negative"}]
    path = lines(
        tmp_path / "db.jsonl",
        {"text": "Great.", "label": "POSITIVE", "answer": "reject", "_timestamp": 1600000000, **meant},
        {"text": "Fine.", "options": options, "accept": ["pos"], "answer": "accept", "_annotator_id": "bob", **meant},
        {"text": "Hm.", "options": options, "accept": [], "answer": "ignore", **meant},
        {
            "text": "Rome",
            "tokens": [],
            "spans": [{"start": 0, "end": 4, "token_start": 0, "label": "LOC"}],
            "answer": "accept",
            **meant,
        },
        {"text": "Say", "user_input": "it", "answer": "accept", **meant},
        {"input": {"text": "q"}, "accept": {"text": "x"}, "reject": {"text": "y"}, "answer": "reject", **meant},
        {"text": "Two", "options": options, "accept": ["pos", "neg"], "answer": "accept", **meant},
    )
    count = store.import_judgments(path)
    assert count.judgments_added == 6
    assert count.left_out == {"several options or none accepted": 1}
    assert count.columns_ignored == ("_input_hash", "_task_hash", "_view_id", "tokens")
    assert answers(store, "outcome", "choice", "text", "comparison") == [
        ("set-ann", "answered", "reject", None, None),
        ("bob", "answered", "pos", None, None),
        ("set-ann", "skipped", None, None, None),
        ("set-ann", "answered", None, None, None),
        ("set-ann", "answered", None, "it", None),
        ("set-ann", "answered", None, None, 1),
    ]
    assert store.questions()["text"].to_list() == ["POSITIVE", "", "", "", "", "q"]
    assert store.judgments()["answered_at_s"][0] == 1.6e9


# Chatbot Arena: conversations with votes, votes alone, and the table of the competition


def test_arena(store, tmp_path):
    def said(words):
        return [{"content": "Hi", "role": "user"}, {"content": words, "role": "assistant"}]

    votes = [
        {
            "question_id": f"q{n}",
            "model_a": "m1",
            "model_b": "m2",
            "winner": winner,
            "judge": "arena_user_1",
            "turn": 1,
            "conversation_a": said(f"a{n}"),
            "conversation_b": said(f"b{n}"),
            "tstamp": 1682351000.5 + n,
            "language": "English",
        }
        for n, winner in enumerate(["model_a", "model_b", "tie", "tie (bothbad)"])
    ]
    pl.DataFrame(votes).write_parquet(tmp_path / "votes.parquet")
    count = store.import_judgments(tmp_path / "votes.parquet")
    assert (count.judgments_added, count.items_added, count.columns_ignored) == (4, 8, ("turn", "language"))
    judgments = store.judgments()
    assert judgments["judgment_id"].to_list() == [f"arena q{n}" for n in range(4)]
    assert judgments["outcome"].to_list() == ["answered", "answered", "tie", "both_bad"]
    assert judgments["comparison"].to_list() == [0, 1, None, None]
    assert judgments["answered_at_s"][1] == 1682351001.5
    assert store.questions()["occasion"].unique().to_list() == ['["m1", "m2"]']
    assert json.loads(contents(store)[0]) == said("a0")
    store.export_as(tmp_path / "again.jsonl", "arena")
    again = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    for before, after in zip(votes, again, strict=True):
        assert {name: before[name] for name in after if name in before} == {n: after[n] for n in after if n in before}


def test_arena_votes_without_conversations_and_as_a_table(store, tmp_path):
    names = written(
        tmp_path / "votes.csv",
        "model_a,model_b,winner,judge,tstamp\ngpt-4,koala,model_a,u,1.5\nkoala,gpt-4,tie,u,2.5\n",
    )
    assert store.import_judgments(names).items_added == 2
    assert contents(store) == ["gpt-4", "koala"]
    table = written(
        tmp_path / "train.csv",
        "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n"
        '30192,gpt-4,koala,"[""Hi?""]","[""yes""]","[""no""]",0,1,0\n',
    )
    assert store.import_judgments(table, ImportOptions(labeler_id="crowd")).judgments_added == 1
    assert store.judgments()["comparison"].to_list() == [0, None, 1]


# Pairs of TRL: a prompt and two replies, or messages


def test_pairs_with_a_prompt_or_as_messages(store, tmp_path):
    path = lines(
        tmp_path / "pairs.jsonl",
        {"prompt": "Why?", "chosen": "Because.", "rejected": "No."},
        {"chosen": [{"role": "user", "content": "a"}], "rejected": [{"role": "user", "content": "b"}]},
        {"chosen": "same", "rejected": "same"},
    )
    count = store.import_judgments(path, ImportOptions(labeler_id="me"))
    assert (count.judgments_added, count.left_out) == (2, {"the same text chosen and rejected": 1})
    assert store.questions()["text"].to_list() == ["Why?", ""]


def test_media_are_kept_as_media(store, tmp_path):
    image = Item(ItemKind.IMAGE, b"\x89PNG", "image/png")
    uri = "data:image/png;base64,iVBORw=="  # 89 50 4e 47
    task = {"data": {"image": uri}, "annotations": [annotation(1, result("rating", {"rating": 2}, of="image"))]}
    store.import_judgments(written(tmp_path / "export.json", [task]))
    assert store.items(store.questions()["item_ids"][0].to_list()) == [image]


# Refuses


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[", "row 1: got a list that is cut short"),
        ("a.json", '[{"data": {"text": "x"}, "annotations": []}', "row 2: got a list that is cut short"),
        ("a.json", '[{"data": {"text": "x"}, "annotations": []}, 7]', "row 2: got a JSON int"),
        ("a.json", '[{"unknown": 1}]', "the fields unknown, expected those of label-studio, argilla"),
        ("a.json", '[{"data": {"text": "x"}, "annotations": {}}]', "row 1, field 'annotations'.*a list of annotations"),
        (
            "a.json",
            [{"data": {"a": "x", "b": "y"}, "annotations": [ONE_CHOICE]}],
            "row 1, field 'data'.*--map item=FIELD",
        ),
        (
            "a.json",
            [{"data": {"text": "x"}, "annotations": [ONE_CHOICE]}],
            "the labels .'c'., expected two or more.*--options",
        ),
        ("a.jsonl", '{"text": "x", "label": ["y"]}\n', "nothing that says who answered.*--labeler"),
        (
            "a.jsonl",
            '{"text": "x", "answer": "skip", "_task_hash": 1}\n{"text": 3, "answer": "accept"}\n',
            "row 1, field 'answer'",
        ),
        ("a.jsonl", '{"chosen": "x", "rejected": 3}\n', "row 1, field 'rejected'.*a text or a list of messages"),
        (
            "a.jsonl",
            '{"model_a": "x", "model_b": "y", "winner": "z", "judge": "u"}\n',
            "row 1, field 'winner'.*tie .bothbad.",
        ),
        ("a.jsonl", '{"text": "x", "label": [[5, 2, "L"]], "tacit": {"labeler_id": "u"}}\n', "row 1, column 'spans'"),
    ],
)
def test_what_is_wrong_is_told_with_its_row_and_nothing_is_added(store, tmp_path, name, content, message):
    with pytest.raises(BadValue if "spans" in message else BadFile, match=message):
        store.import_judgments(written(tmp_path / name, content))
    assert store.n_judgments() == 0
    assert store.questions().height == 0


def test_a_format_comes_in_its_own_containers_and_by_its_own_name(store, tmp_path):
    with pytest.raises(BadValue, match=r"expected .json or .jsonl for label-studio"):
        store.export_as(tmp_path / "out.csv", "label-studio")
    with pytest.raises(UnknownName, match="label-studio"):
        store.export_as(tmp_path / "out.json", "labelstudio")
    with pytest.raises(UnknownName, match="prodigy"):
        store.import_judgments(lines(tmp_path / "a.jsonl", {"text": "x"}), ImportOptions(file_format="prodgy"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
