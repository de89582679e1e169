import json

import numpy as np
import pytest

from tacit.cli.main import main


@pytest.fixture
def faces(tmp_path):
    """Write labels of 500 faces, most of them lighter, on which darker ones are mislabeled more; and who should be."""
    rng = np.random.default_rng(0)
    labels, items = ["item,worker,label,at,took"], ["item,skin"]
    for face in range(500):
        skin = "lighter" if face < 398 else "darker"
        items.append(f"f{face},{skin}")
        for worker in rng.choice(12, 3, replace=False):
            wrong = rng.random() < (0.02 if skin == "lighter" else 0.3)
            label = ("male", "female")[(face + wrong) % 2]
            labels.append(f"f{face},w{worker},{label},{len(labels)},{rng.integers(5, 15)}")
    (tmp_path / "labels.csv").write_text("\n".join(labels) + "\n")
    (tmp_path / "items.csv").write_text("\n".join(items) + "\n")
    (tmp_path / "population.csv").write_text("group,share\nlighter,50 %\ndarker,50 %\n")
    return tmp_path


def called(capsys, folder, *words):
    code = main(["audit", str(folder / "labels.csv"), *(w.replace("DIR", str(folder)) for w in words), "--json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out) if printed.out else printed.err


# ---- what it finds


def test_who_is_in_the_data_and_where_labels_are_wrong(faces, capsys):
    words = ["--items", "DIR/items.csv", "--by", "skin", "--population", "DIR/population.csv"]
    code, result = called(capsys, faces, *words, "--time", "at", "--seconds", "took")
    assert code == 0
    lighter = next(row for row in result["composition"]["skin"]["groups"] if row["group"] == "lighter")
    assert lighter["share"]["mean"] == pytest.approx(0.796)
    sentences = {one["kind"]: one["sentence"] for one in result["findings"]}
    assert "lighter: 79.6 % [75.8, 82.9] of the items, 50.0 % of the population" in " ".join(
        one["sentence"] for one in result["findings"]
    )
    assert sentences["errors"].startswith("Where skin is darker")
    assert result["over_time"]["n"] == 500
    assert all(row["median_s"] >= 5 for row in result["labelers_compared"])
    assert "collusion" not in sentences


def test_true_labels_that_the_crowd_contradicts_are_named(faces, capsys):
    gold = ["item,gold"] + [f"f{i},{('male', 'female')[(i + (i in (7, 8))) % 2]}" for i in range(0, 300)]
    (faces / "gold.csv").write_text("\n".join(gold) + "\n")
    code, result = called(capsys, faces, "--gold", "DIR/gold.csv")
    assert code == 0
    assert {row["item"] for row in result["label_errors"]["suspected"]} == {"f7", "f8"}


def test_labels_that_a_model_contradicts_are_named(faces, capsys):
    rows = ["item,p_female,p_male"]
    for i in range(500):
        p_female = 0.95 if (i % 2 == 1) != (i in (7, 8)) else 0.05
        rows.append(f"f{i},{p_female},{1 - p_female:.2f}")
    (faces / "p.csv").write_text("\n".join(rows) + "\n")
    code, result = called(capsys, faces, "--probabilities", "DIR/p.csv")
    assert code == 0
    assert {"f7", "f8"} <= {row["item"] for row in result["label_errors"]["suspected"]}


def test_a_person_reads_findings_and_what_was_not_looked_at(faces, capsys):
    assert main(["audit", str(faces / "labels.csv")]) == 0
    printed = capsys.readouterr().out
    assert "1,500 labels by 12 labelers on 500 items" in printed
    assert "Not looked at" in printed
    assert "--time" in printed


def test_the_page_begins_with_the_findings(faces, capsys):
    page = faces / "page.html"
    words = ["--items", str(faces / "items.csv"), "--by", "skin", "--population", str(faces / "population.csv")]
    assert main(["audit", str(faces / "labels.csv"), *words, "--report", str(page)]) == 0
    text = page.read_text()
    assert "Who is in the data" in text
    assert "under-represented by a factor of 2.45" in text
    assert "<script" not in text


def test_a_file_that_holds_one_result_several_times_is_recognised(real_data, capsys):
    assert main(["audit", str(real_data / "gal_crowd" / "hitspam_cf_labels.csv.gz")]) == 0
    assert "No two labels of one item ever differ: 38,593 labels" in capsys.readouterr().out


def test_pairs_who_agree_too_well_in_a_real_crowd(real_data, capsys):
    assert main(["audit", str(real_data / "gal_crowd" / "adult2_labels.csv.gz"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    first = result["collusion"][0]
    assert (first["first"], first["second"]) == ("w1", "w2")
    assert first["agreed"] > first["expected"] + 400


# ---- bad input


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--by", "skn", "--items", "DIR/items.csv"], "Did you mean 'skin'"),
        (["--population", "DIR/population.csv"], "--by COLUMN"),
        (["--by", "skin", "--items", "DIR/items.csv", "--population", "DIR/items.csv"], "no column 'group'"),
        (["--by", "skin", "--items", "DIR/items.csv", "--population", "DIR/bad.csv"], "row 3, column 'share': got 'x'"),
        (["--by", "skin", "--items", "DIR/items.csv", "--population", "DIR/short.csv"], "the group 'darker'"),
        (["--time", "when"], "column of labels.csv: got 'when'"),
        (["--time", "worker"], "row 2, column 'worker'"),
        (["--gold", "DIR/none.csv"], "none.csv"),
        (["--probabilities", "DIR/items.csv"], "no column 'p_female'"),
        (["--level", "2"], "--level"),
        (["--by", "worker", "--items", "DIR/population.csv"], "one for the item"),
    ],
)
def test_what_is_wrong_is_one_message(faces, capsys, words, complaint):
    (faces / "bad.csv").write_text("group,share\nlighter,50\ndarker,x\n")
    (faces / "short.csv").write_text("group,share\nlighter,100\n")
    code, complained = called(capsys, faces, *words)
    assert code == 2
    assert complaint in complained
    assert "Traceback" not in complained
