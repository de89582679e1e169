import gzip

import numpy as np
import polars as pl
import pytest

from tacit.crowd.comparisons import read_comparison_file
from tacit.errors import BadFile, NotAStore, NotFinite, UnknownName
from tacit.judging import Item, ItemKind, Question, QuestionKind, SimulatedLabeler, questions_table
from tacit.store import Store

PAIRS = "left,right,winner\na,b,left\nb,c,right\nc,a,tie\n"
RANKINGS = "ranking,item,rank\nx,a,1\nx,b,2\nx,c,2\ny,c,1\ny,a,\n"


@pytest.fixture
def file(tmp_path):
    def make(text, name="comparisons.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def told(path, **settings):
    read = read_comparison_file(path, **settings).comparisons
    words = ("left", "right", "tie")
    return [
        (read.items[x], read.items[y], words[w]) for x, y, w in zip(read.left, read.right, read.winner, strict=True)
    ]


# Worked by hand


def test_a_row_a_comparison(file):
    assert told(file(PAIRS)) == [("a", "b", "left"), ("b", "c", "right"), ("c", "a", "tie")]


@pytest.mark.parametrize(
    ("header", "winners"),
    [
        ("left,right,winner", "a,c,draw"),
        ("item_a,item_b,preferred", "LEFT, right ,Tie"),
        ("model_a,model_b,winner", "model_a,model_b,tie (bothbad)"),
        ("first,second,choice", "first,second,both_bad"),
        ("A,B,better", "a,b,equal"),
    ],
)
def test_other_headers_and_words_mean_the_same(file, header, winners):
    rows = zip(("a,b", "b,c", "c,a"), winners.split(","), strict=True)
    text = header + "\n" + "\n".join(f"{pair},{winner}" for pair, winner in rows)
    expected = [("a", "b", "left"), ("b", "c", "right"), ("c", "a", "tie")]
    assert told(file(text)) == expected if header != "A,B,better" else told(file(text))


def test_a_name_goes_before_a_word(file):
    # Between items called "right" and "left", the winner "right" is the item of that name, which stands left.
    assert told(file("left,right,winner\nright,left,right\n")) == [("right", "left", "left")]


def test_every_format_holds_the_same(file, tmp_path):
    expected = told(file(PAIRS))
    table = pl.read_csv(PAIRS.encode())
    table.write_parquet(tmp_path / "c.parquet")
    table.write_ndjson(tmp_path / "c.jsonl")
    file(PAIRS.replace(",", "\t"), "c.tsv")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(PAIRS.encode()))
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress((tmp_path / "c.jsonl").read_bytes()))
    for name in ("c.parquet", "c.jsonl", "c.tsv", "c.csv.gz", "c.jsonl.gz"):
        assert told(tmp_path / name) == expected, name


def test_judgments_that_prefer_neither_are_counted_and_left_out(file):
    read = read_comparison_file(file(PAIRS + "a,c,cant_tell\nb,a,skipped\nb,a,skipped\n"))
    assert dict(read.left_out) == {"cant_tell": 1, "skipped": 2}
    assert len(read.comparisons) == 3
    assert read.notes == ("3 judgments that prefer neither were left out",)


def test_rankings_with_ties_and_an_item_without_a_place(file):
    read = read_comparison_file(file(RANKINGS))
    assert len(read.rankings) == 2
    assert read.rankings.n_tied == 2
    assert len(read.comparisons) == 4  # three pairs of x, one of y
    assert read.comparisons.n_ties == 1


def test_raters_of_comparisons_and_of_rankings(file):
    pairs = read_comparison_file(file("left,right,winner,judge\na,b,a,kim\nb,a,a,lee\n")).comparisons
    assert (pairs.raters, pairs.rater.tolist()) == (["kim", "lee"], [0, 1])
    ranked = read_comparison_file(file("task,judge,system,rank\n1,kim,a,1\n1,kim,b,2\n2,lee,b,1\n2,lee,a,2\n"))
    assert ranked.rankings.rater.tolist() == [0, 1]
    assert ranked.comparisons.rater.tolist() == [0, 1]


def test_columns_can_be_mapped(file):
    path = file("one,two,who won\na,b,a\n")
    headers = {"left": "one", "right": "two", "winner": "who won"}
    assert told(path, headers=headers) == [("a", "b", "left")]


def test_covariates_are_differences_or_made_of_two_columns(file):
    path = file("left,right,winner,left_length,right_length,style\na,b,a,10,4,0.5\nb,a,tie,3,9,-1\n")
    read = read_comparison_file(path, covariates=["length", "style"]).comparisons
    assert read.covariates.tolist() == [[6, 0.5], [-6, -1]]
    assert read.covariate_names == ("length", "style")


def test_some_rows_can_be_held_out(file):
    read = read_comparison_file(
        file("left,right,winner,split\na,b,a,train\nb,a,a,test\nb,a,b,train\n"), held_out=("split", "test")
    )
    assert (len(read.comparisons), len(read.held_out)) == (2, 1)
    ranked = read_comparison_file(
        file("ranking,item,rank,split\n1,a,1,s\n1,b,2,s\n2,a,1,t\n2,b,2,t\n"), held_out=("split", "t")
    )
    assert (len(ranked.rankings), len(ranked.held_out)) == (1, 1)


def test_an_item_twice_in_a_ranking_is_said_and_its_last_row_counts(file):
    read = read_comparison_file(file("ranking,item,rank\nx,a,1\nx,b,2\nx,a,3\n"))
    assert read.notes == ("1 items stood twice in one ranking; their last row counts",)
    assert told(file("ranking,item,rank\nx,b,2\nx,a,3\n"))[0][0] == "b"
    assert read.comparisons.items[read.comparisons.left[0]] == "b"


def test_the_comparisons_of_a_project(tmp_path):
    items = [Item(ItemKind.TEXT, text.encode(), "text/plain") for text in ("one", "two", "three")]
    ids = [item.item_id for item in items]
    pairs = ((0, 1), (1, 2), (2, 0))
    questions = questions_table([Question(QuestionKind.COMPARISON, (ids[i], ids[j])) for i, j in pairs])
    judge = SimulatedLabeler(lambda asked: np.array([[float(ids.index(i))] for i in asked]), seed=0, labeler_id="sim")
    judge.ask(questions)
    judgments = judge.collect()
    with Store.open(tmp_path / "project") as store:
        store.add_items(items)
        store.add_questions(questions)
        store.add_judgments(judgments)
    read = read_comparison_file(tmp_path / "project").comparisons
    assert list(read.raters) == ["sim"]
    won = {
        (ids.index(read.items[x]), ids.index(read.items[y]), int(w))
        for x, y, w in zip(read.left, read.right, read.winner, strict=True)
    }
    right_ones = sum((x > y) == (w == 0) for x, y, w in won)
    assert right_ones == 3  # the judge prefers three to two to one


# Refuses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left,right,winner\na,b,left\na,b,lefft\n", r"row 3, column 'winner': got 'lefft', expected left, right"),
        ("left,right,winner\na,,left\n", r"row 2, column 'right': got an empty cell"),
        ("left,right,winner\na,a,left\n", r"row 2: got 'a' against itself"),
        ("left,right,winner\nNaN,b,left\n", r"row 2, column 'left': got 'NaN', expected a name"),
        ("left,right\na,b\n", r"got the columns left, right, expected left, right, winner; or ranking, item, rank"),
        ("left,right,winner\n", r"got no row"),
        ("ranking,item,rank\nx,a,first\nx,b,2\n", r"row 2, column 'rank': got 'first'"),
        ("ranking,item,rank\nx,a,inf\nx,b,2\n", r"row 2, column 'rank': got 'inf'"),
        ("ranking,item,rank\nx,a,1\ny,b,2\n", r"rankings of one item alone"),
        ("ranking,item,rank,rater\nx,a,1,k\nx,b,2,l\n", r"expected one rater a ranking"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_row(file, text, message):
    with pytest.raises((BadFile, NotFinite), match=message):
        read_comparison_file(file(text))


def test_faults_that_many_rows_share_are_counted(file):
    with pytest.raises(BadFile, match="2 more rows share this fault"):
        read_comparison_file(file("left,right,winner\na,b,x\na,b,y\na,b,z\n"))


def test_absent_files_columns_and_meanings_are_named(file, tmp_path):
    with pytest.raises(BadFile, match="No such file"):
        read_comparison_file(tmp_path / "absent.csv")
    with pytest.raises(UnknownName, match="Did you mean 'right'"):
        read_comparison_file(file(PAIRS), headers={"left": "rigth"})
    with pytest.raises(UnknownName, match="Did you mean 'winner'"):
        read_comparison_file(file(PAIRS), headers={"winer": "winner"})
    with pytest.raises(UnknownName, match="left_NAME and right_NAME"):
        read_comparison_file(file(PAIRS), covariates=["length"])
    with pytest.raises(UnknownName, match="--held-out"):
        read_comparison_file(file(PAIRS), held_out=("split", "test"))
    with pytest.raises(BadFile, match="no row with winner 'nobody'"):
        read_comparison_file(file(PAIRS), held_out=("winner", "nobody"))
    with pytest.raises(NotFinite, match="row 2, column 'x': got 'nan'"):
        read_comparison_file(file("left,right,winner,x\na,b,a,nan\n"), covariates=["x"])
    with pytest.raises(NotAStore):
        read_comparison_file(tmp_path)
