import json

import polars as pl
import pytest

from tacit.cli.main import main

LABELS = """task,annotator,answer
a,u,cat
a,v,cat
a,w,dog
b,u,dog
b,v,dog
b,w,dog
c,u,cat
c,v,cat
c,w,cat
d,u,dog
d,v,dog
d,w,cat
"""


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(LABELS)
    return path


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text("item,gold\na,cat\nb,dog\nd,cat\n")
    return path


def called(capsys, *words):
    code = main(["aggregate", *map(str, words), "--json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out) if printed.out else printed.err


# ---- what it prints and writes


@pytest.mark.parametrize("method", ["hierarchical", "majority", "dawid_skene", "dawid_skene_ml", "one_coin", "mace"])
def test_the_file_and_the_fields_are_those_that_other_programs_use(labels, gold, tmp_path, capsys, method):
    out = tmp_path / "out.csv"
    code, result = called(capsys, labels, "--gold", gold, "--method", method, "--out", out)
    assert code == 0
    table = pl.read_csv(out)
    assert table.columns == ["item", "label", "probability", "p_cat", "p_dog"]
    assert table.select("item", "label").rows() == [("a", "cat"), ("b", "dog"), ("c", "cat"), ("d", "dog")]
    assert (table["p_cat"] + table["p_dog"]).to_list() == pytest.approx([1] * 4)
    assert table["probability"].to_list() == pytest.approx(
        table.select(pl.max_horizontal("p_cat", "p_dog")).to_series()
    )
    # Two of the three true labels are met; Wilson's interval of 2/3 of 3 at 95 % is 0.2077 to 0.9385.
    assert result["accuracy"] == pytest.approx({"estimate": 2 / 3, "low": 0.2077, "high": 0.9385, "n": 3}, abs=1e-4)
    assert (result["method"], result["converged"], type(result["iterations"])) == (method, True, int)
    assert [one["labeler"] for one in result["labelers"]] == ["u", "v", "w"]
    of_u, of_w = result["labelers"][0]["reliability"], result["labelers"][2]["reliability"]
    assert 0 < of_w["low"] < of_w["estimate"] < of_u["estimate"] < of_u["high"] < 1


def test_without_gold_there_is_no_accuracy_and_the_text_names_the_least_reliable_first(labels, capsys):
    _, result = called(capsys, labels)
    assert "accuracy" not in result
    assert main(["aggregate", str(labels)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "12 labels by 3 labelers on 4 items, 2 classes"
    assert lines[1].startswith("hierarchical: ")
    assert next(line for line in lines if "%" in line).split()[0] == "w"


def test_known_labels_stay_and_are_said_where_they_flatter_the_accuracy(labels, gold, tmp_path, capsys):
    out = tmp_path / "out.csv"
    _, result = called(capsys, labels, "--known", gold, "--gold", gold, "--out", out)
    assert pl.read_csv(out)["label"].to_list() == ["cat", "dog", "cat", "cat"]
    assert result["warnings"] == ["3 of the 3 items that the accuracy is measured on were known to the fit."]


def test_what_is_known_of_labelers_is_carried_to_the_next_batch(labels, tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text(
        "labeler,true,said,votes\n"
        + "".join(
            f"w,{k},{k},500\nu,{k},{j},250\nv,{k},{j},250\nu,{k},{k},250\nv,{k},{k},250\n"
            for k, j in (("cat", "dog"), ("dog", "cat"))
        )
    )
    saved, out = tmp_path / "saved.csv", tmp_path / "out.csv"
    code, _ = called(capsys, labels, "--history", history, "--save-history", saved, "--out", out)
    assert code == 0
    assert pl.read_csv(out)["label"].to_list() == ["dog", "dog", "cat", "cat"]  # w is right, the others flip coins
    total = pl.read_csv(saved).group_by("labeler").agg(pl.col("votes").sum()).sort("labeler")
    assert dict(total.iter_rows()) == pytest.approx({"u": 1_004, "v": 1_004, "w": 1_004})


def test_numbers_on_a_scale_get_values_and_labelers_a_bias(tmp_path, capsys):
    path, out = tmp_path / "ratings.csv", tmp_path / "out.csv"
    path.write_text(
        "item,rater,rating\n" + "".join(f"i{i},r{j},{i + j + (i * j) % 2}\n" for i in range(12) for j in range(3))
    )
    gold = tmp_path / "gold.csv"
    gold.write_text("item,gold\n" + "".join(f"i{i},{i + 1.3}\n" for i in range(12)))
    page = tmp_path / "page.html"
    code, result = called(capsys, path, "--method", "numeric", "--out", out, "--gold", gold, "--report", page)
    assert (code, result["report"]) == (0, str(page))
    text = page.read_text()
    assert "Against 12 true values they are off by" in text
    assert all(title in text for title in ("Who is noisy", "Who rates high or low", "Where it is unsure", "r2"))
    table = pl.read_csv(out)
    assert table.columns == ["item", "label", "low", "high"]
    assert table["label"].is_sorted()
    assert result["root_mean_square_error"]["estimate"] < 0.5
    bias = [one["bias"]["estimate"] for one in result["labelers"]]
    assert bias[0] < bias[1] < bias[2]


def test_a_page_is_written_on_request(labels, gold, tmp_path, capsys):
    page = tmp_path / "page.html"
    code, result = called(capsys, labels, "--gold", gold, "--report", page)
    assert (code, result["report"]) == (0, str(page))
    text = page.read_text()
    assert "Of 3 items with a true label, 66.7 % were labeled right" in text
    assert all(title in text for title in ("What the labels are", "Who can be trusted", "What is taken for what"))
    assert "http" not in text.replace("http-equiv", "")


def test_every_labelers_reliability_is_written_on_request(labels, tmp_path, capsys):
    out = tmp_path / "labelers.csv"
    assert called(capsys, labels, "--labelers-out", out)[0] == 0
    assert pl.read_csv(out).columns == ["labeler", "votes", "reliability", "low", "high", "p_spammer"]


def test_a_tie_goes_to_no_class_by_its_order(tmp_path, capsys):
    path = tmp_path / "labels.csv"
    path.write_text("item,worker,label\n" + "".join(f"{i},u,cat\n{i},v,dog\n" for i in range(200)))
    out = tmp_path / "out.csv"
    called(capsys, path, "--method", "majority", "--seed", 3, "--out", out)
    assert 70 < (pl.read_csv(out)["label"] == "cat").sum() < 130


# ---- what is wrong


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("item,worker,label\na,u,cat\nb,v,\n", (), "labels.csv, row 3, column 'label' (item 'b'): got an empty cell"),
        ("item,worker,label\na,u,cat\nb,u,dog\n", (), "got one labeler, 'u', expected two or more"),
        ("item,worker,label\na,u,cat\nb,v,catt\n", ("--options", "cat,dog"), "row 3, column 'label': got 'catt'"),
        ("item,worker,label\na,u,1\nb,v,nan\n", (), "row 3, column 'label' (item 'b'): got nan"),
        ("item,worker,label\na,u,1\nb,v,two\n", ("--method", "numeric"), "row 3, column 'label': got 'two'"),
        ("item,worker,label\na,u,1\nb,u,2\n", ("--method", "numeric"), "got one labeler"),
        ("item,worker,label\n", (), "labels.csv: got no votes"),
        ("item,worker,label\na,u,1\na,v,2\n", ("--method", "numeric", "--known", "x.csv"), "--known: got it beside"),
        ("item,worker,label\na,u,1\na,v,2\n", ("--history", "absent.csv"), "absent.csv: got no such file"),
    ],
)
def test_what_is_wrong_is_one_message_and_exit_code_2(tmp_path, capsys, text, words, message):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    code, said = called(capsys, path, *words)
    assert code == 2
    assert message in said
    assert said.count("\n") == 1


def test_gold_for_an_item_that_nobody_labeled_is_named_with_its_row(labels, tmp_path, capsys):
    gold = tmp_path / "gold.csv"
    gold.write_text("item,gold\na,cat\nzz,dog\n")
    code, said = called(capsys, labels, "--gold", gold)
    assert code == 2
    assert "gold.csv, row 3, column 'item': got 'zz', expected an item that has labels" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labeler,true,said\nu,cat,cat\n", "history.csv: got no column 'votes'"),
        ("labeler,true,said,votes\nu,cat,cow,1\n", "row 2, column 'said': got 'cow'"),
        ("labeler,true,said,votes\nu,cat,cat,-1\n", "row 2, column 'votes': got '-1', expected a number from 0"),
    ],
)
def test_a_history_that_is_none_is_named_with_its_row(labels, tmp_path, capsys, text, message):
    history = tmp_path / "history.csv"
    history.write_text(text)
    code, said = called(capsys, labels, "--history", history)
    assert code == 2
    assert message in said


def test_votes_that_are_repeated_are_said(labels, capsys):
    labels.write_text(LABELS + "a,w,cat\n")
    _, result = called(capsys, labels)
    assert result["repeated_votes"] == 1
    assert "1 vote (row 4) was replaced by a later vote" in result["warnings"][0]
