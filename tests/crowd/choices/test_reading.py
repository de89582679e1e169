import gzip
import json

import polars as pl
import pytest

from tacit.crowd.choices import choices_from_codes, choices_from_table, read_choices
from tacit.crowd.choices.reading import read_columns
from tacit.errors import BadFile, BadValue, NotAStore, NotFinite, NotIdentified, UnknownName
from tacit.judging import Item, ItemKind, Question, QuestionKind, judgments_table, questions_table
from tacit.store import Store

VOTES = "item,worker,label\na,w1,cat\na,w2,dog\nb,w1,dog\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="labels.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def read(choices):
    names = (choices.items[choices.item], choices.labelers[choices.labeler], [choices.labels[k] for k in choices.label])
    return list(zip(*(list(column) for column in names), strict=True))


EXPECTED = [("a", "w1", "cat"), ("a", "w2", "dog"), ("b", "w1", "dog")]


# Worked by hand


@pytest.mark.parametrize(
    "header", ["item,worker,label", "task,annotator,answer", "TASK_ID,Labeler,Class", "unit,user,label"]
)
def test_common_headers_are_recognised(write, header):
    assert read(read_choices(write(VOTES.replace("item,worker,label", header)))) == EXPECTED


@pytest.mark.parametrize(
    "name", ["labels.csv", "labels.csv.gz", "labels.tsv", "labels.tsv.gz", "labels.jsonl", "labels.jsonl.gz"]
)
def test_every_format_gives_the_same_votes_compressed_or_not(write, name):
    rows = [line.split(",") for line in VOTES.split()]
    text = VOTES
    if "tsv" in name:
        text = VOTES.replace(",", "\t")
    if "jsonl" in name:
        text = "\n".join(json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:])
    assert read(read_choices(write(text, name))) == EXPECTED


@pytest.mark.parametrize("compressed", [False, True])
def test_parquet_with_numbers_for_names_is_read(tmp_path, compressed):
    path = tmp_path / "labels.parquet"
    pl.DataFrame({"task": [7, 7, 9], "worker": [1, 2, 1], "label": [1, 0, 1]}).write_parquet(path)
    if compressed:
        path = path.rename(tmp_path / "labels.parquet.gz")
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert read(read_choices(path)) == [("7", "1", "1"), ("7", "2", "0"), ("9", "1", "1")]


def test_quoted_cells_and_the_byte_order_mark_are_no_part_of_a_name(write):
    assert read(read_choices(write('\ufeffitem,worker,label\n"a, b",w1,"c ""x"""\nb,w2,d\n'))) == [
        ("a, b", "w1", 'c "x"'),
        ("b", "w2", "d"),
    ]


def test_classes_are_ordered_by_number_if_all_are_numbers_and_by_letter_else(write):
    assert read_choices(write("item,worker,label\na,w,10\nb,w,9\nc,w,-1\n")).labels == ("-1", "9", "10")
    assert read_choices(write("item,worker,label\na,w,b\nb,w,10\nc,w,9\n")).labels == ("10", "9", "b")
    assert read_choices(write(VOTES), options=["dog", "cat", "emu"]).labels == ("dog", "cat", "emu")


def test_codes_are_no_wider_than_they_need_to_be():
    wide = choices_from_codes([0, 70_000], [0, 300], [0, 1])
    assert [str(codes.dtype) for codes in (wide.item, wide.labeler, wide.label)] == ["int32", "uint16", "uint8"]


def test_the_last_of_repeated_votes_is_kept_and_the_others_are_counted(write):
    path = write(VOTES + "a,w1,emu\na,w1,dog\n")
    last = read_choices(path)
    assert sorted(read(last)) == [("a", "w1", "dog"), ("a", "w2", "dog"), ("b", "w1", "dog")]
    assert last.n_repeated == 2
    assert last.notes == (
        "2 votes (rows 2, 5) were replaced by a later vote of the same labeler on the same item; the last was kept.",
    )
    assert len(read_choices(path, repeats="all")) == 5


def test_a_column_of_weights_lets_a_labeler_be_torn_between_classes(write):
    torn = read_choices(write("item,worker,label,weight\na,w1,cat,0.75\na,w1,dog,0.25\n"))
    assert torn.weight.tolist() == [0.75, 0.25]
    assert torn.n_repeated == 0


def test_labels_that_look_alike_or_are_mixed_are_said(write):
    assert read_choices(write("item,worker,label\na,w1,cat\nb,w1,Cat \n")).notes == (
        "The labels 'Cat ' and 'cat' differ only in capitals or spaces.",
    )
    mixed = read_choices(write("item,worker,label\na,w1,1\nb,w1,2\nc,w1,cat\n"))
    assert mixed.notes == ("Some labels are numbers and others are not, such as 'cat' in row 4.",)


def test_a_projects_choices_in_force_are_votes(tmp_path):
    items = [Item(ItemKind.TEXT, text.encode(), "text/plain") for text in ("one", "two")]
    settings = {"options": ["cat", "dog"]}
    asked = questions_table(
        [Question(QuestionKind.CHOICE, (i.item_id,), text="Which?", settings=settings) for i in items]
    )
    rows = [("j1", 0, "cat", None), ("j2", 1, "dog", None), ("j3", 0, "dog", "j1")]
    judged = judgments_table(
        {
            "judgment_id": [row[0] for row in rows],
            "question_id": [asked["question_id"][row[1]] for row in rows],
            "labeler_id": ["w"] * 3,
            "outcome": ["answered"] * 3,
            "choice": [row[2] for row in rows],
            "follows": [row[3] for row in rows],
        }
    )
    with Store.open(tmp_path / "project") as store:
        store.add_items(items)
        store.add_questions(asked)
        store.add_judgments(judged)
    votes = read_choices(tmp_path / "project")
    assert sorted(read(votes)) == sorted([(items[0].item_id, "w", "dog"), (items[1].item_id, "w", "dog")])
    assert votes.labels == ("cat", "dog")


# Refuses bad input


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item,worker,label\na,w1,cat\nb,,dog\n", "labels.csv, row 3, column 'labeler': got an empty cell"),
        ("item,worker,label\na,w1,cat\nb,w1,\nc,w1,\n", "row 3, column 'label' (item 'b'): got an empty cell"),
        ("item,worker,label\na,w1,cat\nb,w1,\nc,w1,\n", "2 rows share this fault"),
        ("item,worker,label\na,w1,1\nb,w1,NaN\n", "row 3, column 'label' (item 'b'): got NaN"),
        ("item,worker,label\n", "labels.csv: got no votes"),
        ("item,worker,label,weight\na,w,x,0\n", "weight: got 0.0, expected a number above 0"),
        ("item,worker,label,weight\na,w,x,heavy\n", "row 2, column 'weight': got 'heavy', expected a finite number"),
        ("", "labels.csv: got no header"),
        ("item,label\na,cat\n", "no column for who answered"),
        ("worker,label\nw,cat\n", "expected one for the item"),
        ("item,worker,label\na,w1,cat,extra\n", "row 2: got 4 cells, expected 3"),
        ('item,worker,label\na,w1,"cat\n', "a quote that does not close"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_row(write, text, message):
    with pytest.raises((BadValue, BadFile, NotFinite)) as error:
        read_choices(write(text))
    assert message in str(error.value)


def test_a_label_outside_the_stated_set_is_named_with_its_row_and_its_neighbour(write):
    path = write("item,worker,label\na,w1,cat\nb,w1,catt\nc,w1,catt\n")
    with pytest.raises(BadValue, match=r"row 3, column 'label': got 'catt', expected one of cat, dog. 2 rows share"):
        read_choices(path, options=["cat", "dog"])
    with pytest.raises(BadValue, match="Did you mean 'cat'"):
        read_choices(path, options=["cat", "dog"])


def test_labels_of_mixed_types_in_json_lines_are_said_with_their_row(write):
    text = '{"item":"a","worker":"w","label":1}\n{"item":"b","worker":"w","label":"cat"}\n'
    assert "such as '1' in row 1" in read_choices(write(text, "labels.jsonl")).notes[0]


def test_a_million_different_labels_are_refused_with_what_they_may_be():
    n = 1_000_000
    numbers = pl.int_range(n, eager=True)
    table = pl.DataFrame({"item": numbers, "labeler": numbers % 7, "label": numbers})
    with pytest.raises(BadValue, match=r"1,000,000 different labels in 1,000,000 rows.*--map label=COLUMN"):
        choices_from_table(table)


def test_an_unknown_column_or_ending_is_answered_with_the_known_ones(write):
    path = write(VOTES)
    with pytest.raises(UnknownName, match=r"labels\.csv, column: got 'Labl', expected one of label"):
        read_choices(path, headers={"label": "Labl"})
    with pytest.raises(UnknownName, match="--map: got 'lable'"):
        read_choices(path, headers={"lable": "label"})
    with pytest.raises(UnknownName, match=r"ending of labels\.xlsx"):
        read_choices(write(VOTES, "labels.xlsx"))


def test_an_absent_cut_or_foreign_file_is_one_message(tmp_path, write):
    with pytest.raises(BadFile, match="No such file"):
        read_choices(tmp_path / "absent.csv")
    cut = write(VOTES * 50, "labels.csv.gz")
    cut.write_bytes(cut.read_bytes()[:-20])
    with pytest.raises(BadFile, match="whole file compressed with gzip"):
        read_choices(cut)
    with pytest.raises(BadFile, match="Parquet"):
        read_choices(write(VOTES, "labels.parquet"))
    with pytest.raises(NotAStore):
        read_choices(tmp_path)


def test_questions_in_different_words_are_not_thrown_together(tmp_path):
    items = [Item(ItemKind.TEXT, b"one", "text/plain")]
    settings = {"options": ["cat", "dog"]}
    asked = questions_table(
        [Question(QuestionKind.CHOICE, (items[0].item_id,), text=text, settings=settings) for text in ("A?", "B?")]
    )
    judged = judgments_table(
        {
            "judgment_id": ["j1", "j2"],
            "question_id": asked["question_id"].to_list(),
            "labeler_id": ["w", "w"],
            "outcome": ["answered"] * 2,
            "choice": ["cat", "dog"],
        }
    )
    with Store.open(tmp_path / "project") as store:
        store.add_items(items)
        store.add_questions(asked)
        store.add_judgments(judged)
    with pytest.raises(NotIdentified, match="2 different questions"):
        read_choices(tmp_path / "project")


def test_codes_that_do_not_fit_together_are_refused():
    with pytest.raises(BadValue, match="2 items, 1 labelers, 2 labels"):
        choices_from_codes([0, 1], [0], [0, 1])
    with pytest.raises(BadValue, match="label: got 2, expected 0 to 1"):
        choices_from_codes([0], [0], [2], n_labels=2)
    with pytest.raises(BadValue, match="whole numbers from 0"):
        choices_from_codes([0.5], [0], [0])
    with pytest.raises(BadValue, match="every class once"):
        choices_from_table(pl.DataFrame({"item": [1], "labeler": [1], "label": ["a"]}), options=["a", "a"])


def test_columns_are_given_with_the_row_that_a_spreadsheet_shows(write):
    table = read_columns(write("item,gold\n\na,1\nb,2\n", "gold.csv"), ("item", "gold"), headers={})
    assert table.rows() == [(3, "a", "1"), (4, "b", "2")]
