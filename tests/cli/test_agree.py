import json

import pytest

from tacit.cli.main import main

LABELS = """item,worker,label
a,Ann,cat
a,Bo,cat
b,Ann,cat
b,Bo,dog
c,Ann,dog
c,Bo,dog
"""


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(LABELS)
    return path


def called(capsys, *words):
    code = main(["agree", *map(str, words), "--json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out) if printed.out else printed.err


# ---- what it prints


def test_three_items_of_two_labels_are_measured(labels, capsys):
    code, result = called(capsys, labels)
    assert code == 0
    assert result["measures"]["alpha (nominal)"]["mean"] == pytest.approx(4 / 9)
    assert result["measures"]["agreement"]["mean"] == pytest.approx(2 / 3)
    assert {"Cohen's kappa", "Scott's pi", "Fleiss' kappa"} <= set(result["measures"])
    # a = 2/3: (1 + √(4/3 − 1))/2 = 0.788675
    assert result["ceiling"]["equally_hard"]["mean"] == pytest.approx(0.788675, abs=1e-6)
    assert result["classes"] == ["cat", "dog"]
    assert [one["labeler"] for one in result["agreement_of_labelers"]] == ["Ann", "Bo"]


def test_a_scale_is_measured_as_one(tmp_path, capsys):
    path = tmp_path / "ratings.csv"
    rows = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    path.write_text(
        "item,rater,rating\n" + "".join(f"{i},{j},{x}\n" for i, r in enumerate(rows) for j, x in enumerate(r))
    )
    code, result = called(capsys, path, "--metric", "interval", "--map", "labeler=rater")
    assert code == 0
    assert result["measures"]["ICC(A,1)"]["mean"] == pytest.approx(0.29, abs=5e-3)
    assert result["ceiling"] is None
    assert result["judges_for_reliability"] > 1


def test_classes_in_order_are_named_in_order(labels, capsys):
    code, result = called(capsys, labels, "--metric", "ordinal", "--options", "cat,dog")
    assert code == 0
    assert result["measures"]["Kendall's tau-b"]["mean"] == pytest.approx(0.5)


def test_a_person_reads_sentences(labels, capsys):
    assert main(["agree", str(labels)]) == 0
    printed = capsys.readouterr().out
    assert "no model can agree with single labels more often than 78.9 %" in printed
    assert "6 labels by 2 labelers on 3 items" in printed


def test_the_page_holds_the_findings_and_loads_nothing(labels, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["agree", str(labels), "--report", str(page)]) == 0
    text = page.read_text()
    assert "an alpha of 0.44" in text
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert f"tacit agree {labels}" in text


def test_real_crowds_are_measured(real_data, capsys):
    code, result = called(capsys, real_data / "bbq" / "crowd_answers.csv.gz", "--map", "label=answer")
    assert code == 0
    alpha = result["measures"]["alpha (nominal)"]
    assert alpha["low"] < 0.864 < alpha["high"]
    assert "445 votes" in result["notes"][0]


# ---- bad input


@pytest.mark.parametrize(
    ("content", "words", "complaint"),
    [
        ("item,worker,label\na,Ann,cat\nb,Ann,dog\n", [], "no item with two labels"),
        ("item,worker,label\na,Ann,cat\na,Bo,cat\n", [], "at least two different values"),
        ("item,worker,label\na,Ann,3\na,Bo,three\n", ["--metric", "interval"], "row 3, column 'label': got 'three'"),
        ("item,worker,label\na,Ann,3\na,Bo,nan\n", ["--metric", "interval"], "row 3, column 'label': got 'nan'"),
        ("item,worker,label\na,Ann,\na,Bo,cat\n", [], "row 2, column 'label'"),
        ("item,worker\na,Ann\n", [], "one for the label"),
        (LABELS, ["--options", "cat,cow"], "row 5, column 'label'"),
        (LABELS, ["--wanted", "1.5"], "--wanted"),
        (LABELS, ["--half-width", "0"], "--half-width"),
        (LABELS, ["--map", "label"], "OURS=THEIRS"),
        (LABELS, ["--metric", "ordnal"], "Did you mean 'ordinal'"),
    ],
)
def test_what_is_wrong_is_one_message(tmp_path, capsys, content, words, complaint):
    path = tmp_path / "labels.csv"
    path.write_text(content)
    assert main(["agree", str(path), *words]) == 2
    printed = capsys.readouterr()
    assert complaint in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


def test_a_file_that_is_not_there_is_said(tmp_path, capsys):
    assert main(["agree", str(tmp_path / "none.csv")]) == 2
    assert "no such file" in capsys.readouterr().err
