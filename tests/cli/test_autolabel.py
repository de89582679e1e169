import csv
import json

import numpy as np
import pytest

from tacit.cli.main import main


@pytest.fixture
def folder(tmp_path):
    """Write 1,500 points in two clouds, and labels of 500 by four people, one of whom knows both classes."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 1_500)
    features = rng.normal(size=(1_500, 3)) + 1.7 * truth[:, None]
    np.savez(tmp_path / "items.npz", features=features.astype(np.float32))
    rows = ["item,worker,label"]
    for item in range(500):
        for worker, skill in (("Ann", 0.98), ("Bo", 0.8), ("Cy", 0.8), ("Di", 0.8)):
            rows.append(f"{item},{worker},{('cat', 'dog')[truth[item] ^ int(rng.random() > skill)]}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    np.save(tmp_path / "truth.npy", truth)
    return tmp_path


def called(capsys, folder, *words):
    place = [str(folder / "items.npz"), "--labels", str(folder / "labels.csv")]
    code = main(["autolabel", *place, *words, "--json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out) if printed.out else printed.err


def test_the_rest_is_labeled_at_the_promised_precision(folder, capsys):
    out = folder / "out.csv"
    code, result = called(capsys, folder, "--precision", "0.9", "--out", str(out))
    assert code == 0
    assert result["promised"] == {"precision": 0.9, "risk": 0.05, "holds": True}
    assert result["precision"]["low"] <= result["precision"]["mean"] <= result["precision"]["high"]
    assert result["automatic"] + result["left_to_people"] == 1_000
    assert [one["labels"] for one in result["cost_curve"]][-1] == 500
    with out.open() as stream:
        rows = list(csv.DictReader(stream))
    truth = np.load(folder / "truth.npy")
    given = [row for row in rows if row["source"] == "automatic"]
    assert len(rows) == 1_500
    assert len(given) == result["automatic"] > 300
    assert np.mean([row["label"] == ("cat", "dog")[truth[int(row["item"])]] for row in given]) >= 0.9
    left = [row for row in rows if row["source"] == "people"]
    assert all(row["label"] == "" and int(row["labels_to_ask"]) >= 1 for row in left)


def test_what_is_left_goes_to_whoever_is_cheaper(folder, capsys):
    code, result = called(capsys, folder, "--experts", "Ann", "--expert-price", "2")
    assert code == 0
    by_name = {row["group"]: row for row in result["routing"]}
    assert by_name["experts"]["skill"]["cat"] > by_name["people"]["skill"]["cat"]
    assert by_name["experts"]["items"] == result["left_to_people"]  # one at 2 is cheaper than seven at 1
    code, dear = called(capsys, folder, "--experts", "Ann", "--expert-price", "50")
    assert {row["group"]: row["items"] for row in dear["routing"]}["people"] == dear["left_to_people"]


def test_a_person_reads_what_is_promised_and_what_it_costs(folder, capsys):
    page = folder / "page.html"
    words = ["autolabel", str(folder / "items.npz"), "--labels", str(folder / "labels.csv"), "--report", str(page)]
    assert main([*words, "--precision", "0.9"]) == 0
    printed = capsys.readouterr().out
    assert "right in 90% or more of cases, with a risk of 0.05" in printed
    assert "cost of all" in printed
    assert "Who labels the rest" in page.read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--precision", "95"], "--precision: got 95.0"),
        (["--risk", "0"], "--risk"),
        (["--expert-price", "-1"], "--expert-price"),
        (["--experts", "Anne"], "Did you mean 'Ann'"),
        (["--options", "cat"], "row"),
    ],
)
def test_what_is_wrong_is_one_message(folder, capsys, words, complaint):
    code, complained = called(capsys, folder, *words)
    assert code == 2
    assert complaint in complained
    assert "Traceback" not in complained


def test_labels_of_items_that_are_not_there_are_refused(folder, capsys):
    with (folder / "labels.csv").open("a") as stream:
        stream.write("elsewhere,Ann,cat\n")
    code, complained = called(capsys, folder)
    assert code == 2
    assert "labels.csv, item: got 'elsewhere'" in complained
