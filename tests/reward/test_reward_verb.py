"""`tacit reward fit` and `tacit reward score`, as a user calls them."""

import json

import numpy as np
import polars as pl
import pytest

from tacit.cli.main import main
from tacit.judging import Item, ItemKind, Question, QuestionKind, judgments_table, questions_table
from tacit.reward import load_reward
from tacit.store import Store


@pytest.fixture
def files(world, tmp_path):
    made = world(80, precision=4, signs=(1.0, 1.0))
    names = [f"clip {i}" for i in range(len(made.features))]
    np.savez(tmp_path / "features.npz", features=made.features, item_id=np.array(names))
    table = {
        "first": [names[i] for i in made.comparisons.first],
        "second": [names[i] for i in made.comparisons.second],
        "answer": np.where(made.comparisons.target == 1, "first", "second"),
        "rater": np.array(["ann", "bob"])[made.comparisons.rater],
    }
    pl.DataFrame(table).write_csv(tmp_path / "comparisons.csv")
    return tmp_path


def call(capsys, *words):
    code = main(["reward", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_file_of_comparisons_becomes_a_reward_that_scores(files, capsys):
    code, out, _ = call(
        capsys,
        "fit",
        files / "comparisons.csv",
        "--features",
        files / "features.npz",
        "--out",
        files / "r",
        "--epochs",
        15,
        "--json",
    )
    assert code == 0
    result = json.loads(out)
    assert result["comparisons"] == 80
    assert result["heldout_agreement"]["mean"] > 0.6
    assert set(result["p_agree"]) == {"ann", "bob"}
    assert load_reward(files / "r").comparisons_hash == result["comparisons_hash"]
    code, out, _ = call(capsys, "score", files / "r", files / "features.npz", "--out", files / "s.csv", "--json")
    assert code == 0
    written = pl.read_csv(files / "s.csv")
    assert written.height == len(json.loads(out)["scores"]) == 1_160
    assert written["item"][0] == "clip 0"
    code, out, _ = call(capsys, "score", files / "r", files / "features.npz")
    assert "… and 1150 more" in out


def test_a_project_becomes_a_reward(tmp_path, capsys):
    items = [Item(ItemKind.TEXT, bytes([i]), "text/plain") for i in range(20)]
    questions = [Question(QuestionKind.COMPARISON, (items[i].item_id, items[i + 1].item_id)) for i in range(19)]
    judgments = judgments_table(
        {
            "judgment_id": [str(i) for i in range(19)],
            "question_id": [q.question_id for q in questions],
            "labeler_id": ["ann"] * 19,
            "outcome": ["answered"] * 18 + ["skipped"],
            "comparison": [1] * 18 + [None],
            "answered_at_s": [0.0] * 19,
        }
    )
    with Store.open(tmp_path / "project") as store:
        store.add_items(items)
        store.add_questions(questions_table(questions))
        store.add_judgments(judgments)
    values = np.arange(20, dtype=np.float32)[:, None]
    np.savez(tmp_path / "features.npz", features=values, item_id=np.array([i.item_id for i in items]))
    code, out, err = call(
        capsys,
        "fit",
        tmp_path / "project",
        "--features",
        tmp_path / "features.npz",
        "--out",
        tmp_path / "r",
        "--epochs",
        20,
    )
    assert (code, err) == (0, "")
    assert "18 comparisons fitted, 1 judgments left out" in out
    score = load_reward(tmp_path / "r").score(values)
    assert score[19] > score[10] > score[0]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["fit", "none.csv", "--features", "features.npz", "--out", "r"], "none.csv: got no such file"),
        (["fit", "comparisons.csv", "--features", "none.npz", "--out", "r"], "none.npz: got no such file"),
        (["fit", "comparisons.csv", "--features", "features.npz", "--out", "."], "expected a new or empty folder"),
        (["fit", "comparisons.csv", "--features", "features.npz", "--out", "r", "--members", "0"], "members: got 0"),
        (["fit", "empty", "--features", "features.npz", "--out", "r"], "expected the folder of a project"),
        (["score", "empty", "features.npz"], "reward.safetensors: got no such file"),
        (["guess"], "got 'guess', expected one of fit, score"),
    ],
)
def test_a_wrong_call_is_one_message_and_exit_code_2(files, capsys, monkeypatch, words, text):
    monkeypatch.chdir(files)
    (files / "empty").mkdir()
    code, out, err = call(capsys, *words)
    assert (code, out) == (2, "")
    assert text in err
    assert "Traceback" not in err
    assert not (files / "r").exists()


def test_features_of_another_width_are_refused(files, capsys, monkeypatch):
    monkeypatch.chdir(files)
    call(capsys, "fit", "comparisons.csv", "--features", "features.npz", "--out", "r", "--epochs", 1)
    np.savez("wide.npz", features=np.zeros((2, 3, 7)))
    code, _, err = call(capsys, "score", "r", "wide.npz")
    assert code == 2
    assert "expected (…, 3), as was fitted" in err
