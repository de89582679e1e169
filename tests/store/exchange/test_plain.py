"""Plain files of labels become questions and judgments about items that say what the file's names say."""

import pytest

from tacit.errors import BadFile, BadJudgment, BadQuestion, UnknownName
from tacit.judging import Item, ItemKind, content_hash
from tacit.store import ImportOptions, Store


@pytest.fixture
def store():
    with Store.in_memory() as opened:
        yield opened


def imported(store, tmp_path, text, *, name="file.csv", **options):
    (tmp_path / name).write_text(text)
    return store.import_judgments(tmp_path / name, ImportOptions(**options))


CHOICES = "item,labeler,label\nx,ann,cat\ny,ann,dog\nx,bob,dog\n"
COMPARISONS = "left,right,winner,judge\nx,y,left,ann\ny,x,x,ann\nx,z,TIE,bob\nx,z,skipped,ann\ny,z,B,ann\n"


def test_choices_become_questions_with_all_labels_as_options(store, tmp_path):
    count = imported(store, tmp_path, CHOICES)
    assert (count.judgments_added, count.questions_added, count.items_added) == (3, 2, 2)
    assert store.judgments()["choice"].to_list() == ["cat", "dog", "dog"]
    assert store.judgments()["labeler_id"].to_list() == ["ann", "ann", "bob"]
    assert store.questions()["settings"].unique().to_list() == ['{"options":["cat","dog"]}']
    assert store.questions()["item_ids"].to_list() == [[content_hash(b"x")], [content_hash(b"y")]]
    assert store.item(content_hash(b"x")) == Item(ItemKind.TEXT, b"x", "text/plain")


def test_comparisons_name_the_winner_or_its_side_or_a_draw(store, tmp_path):
    count = imported(store, tmp_path, COMPARISONS)
    assert (count.judgments_added, count.questions_added, count.items_added) == (5, 4, 3)
    judgments = store.judgments()
    assert judgments["comparison"].to_list() == [0, 1, None, None, 1]
    assert judgments["outcome"].to_list() == ["answered", "answered", "tie", "skipped", "answered"]
    assert judgments["shown_left"].to_list() == [0] * 5  # the header says which was on the left


def test_importing_again_adds_nothing(store, tmp_path):
    for text in (CHOICES, COMPARISONS):
        imported(store, tmp_path, text)
        assert imported(store, tmp_path, text).judgments_added == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("file.csv", "Task;Worker;Answer\nx;ann;cat\ny;ann;dog\nx;bob;dog\n"),
        ("file.tsv", "\ufeffitem\tannotator\tclass\nx\tann\tcat\ny\tann\tdog\nx\tbob\tdog\n"),
        ("file.csv", " item , labeler ,label,note\nx,ann,cat,\ny,ann,dog,\n\nx,bob,dog,hm\n"),
        ("file.csv", 'item,labeler,label\r\nx,ann,"cat"\r\ny,ann,dog\r\nx,bob,dog'),
        ("file.jsonl", '{"item":"x","labeler":"ann","label":"cat"}\n{"item":"y","labeler":"ann","label":"dog"}\n'
         '{"item":"x","labeler":"bob","label":"dog"}\n'),
    ],
)  # fmt: skip
def test_common_headers_separators_and_formats_mean_the_same(store, tmp_path, name, text):
    imported(store, tmp_path, CHOICES)
    assert imported(store, tmp_path, text, name=name).judgments_added == 0


def test_headers_can_be_mapped(store, tmp_path):
    text = "url,best,other,who,score\na,first,b,7,x\n"
    headers = {"first": "url", "second": "other", "winner": "best", "labeler": "who"}
    count = imported(store, tmp_path, text, headers=headers)
    assert (count.judgments_added, count.columns_ignored) == (1, ("score",))
    assert store.judgments()["labeler_id"].to_list() == ["7"]


def test_a_labeler_can_be_named_for_the_whole_file(store, tmp_path):
    imported(store, tmp_path, "first,second,winner\nx,y,second\n", labeler_id="me")
    assert store.judgments().select("labeler_id", "comparison").row(0) == ("me", 1)


def test_times_and_occasions_are_kept(store, tmp_path):
    text = "item,labeler,label,duration_s,occasion,text\nx,ann,a,2.5,one,hello\nx,ann,b,,two,\n"
    imported(store, tmp_path, text)
    assert store.judgments()["duration_s"].to_list() == [2.5, None]
    assert store.questions()["occasion"].to_list() == ["one", "two"]


def test_the_id_of_an_item_stands_for_the_item(store, tmp_path):
    picture = Item(ItemKind.IMAGE, b"...", "image/x-test")
    store.add_items([picture])
    count = imported(store, tmp_path, f"first,second,winner,labeler\n{picture.item_id},cat,first,ann\n")
    assert count.items_added == 1
    assert store.questions()["item_ids"][0].to_list() == [picture.item_id, content_hash(b"cat")]


@pytest.mark.parametrize(
    ("text", "options", "error", "match"),
    [
        (CHOICES + "z,ann,catt\n", {"options": ["cat", "dog"]}, BadJudgment, "row 5, .*'catt'.*Did you mean 'cat'"),
        ("item,labeler,label\nx,ann,cat\n", {}, BadFile, r"the labels \['cat'\].*--options"),
        ("item,labeler,label\nx,,cat\ny,ann,dog\n", {}, BadFile, "row 2, column 'labeler': got an empty cell"),
        ("first,second,winner,labeler\nx,y,x,ann\nx,y,z,ann\n", {}, BadFile, "row 3, .*'z', expected 'x', 'y', or one"),
        ("first,second,winner,labeler\nx,y,1,ann\n", {}, BadFile, "row 2, column 'winner': got '1'"),
        ("first,second,winner,labeler\nx,x,x,ann\n", {}, BadQuestion, "row 2: got the same item twice"),
        ("first,second,winner\nx,y,x\n", {}, BadFile, "no column for who answered.*--labeler"),
        ("a,b,c\n1,2,3\n", {}, BadFile, "got the columns a, b, c.*--map item=URL"),
        ("a,b,c\n1,2,3\n", {"headers": {"item": "d"}}, UnknownName, "'d'"),
        ("a,b,c\n1,2,3\n", {"headers": {"itme": "a"}}, UnknownName, "Did you mean 'item'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_row_and_nothing_is_added(store, tmp_path, text, options, error, match):
    with pytest.raises(error, match=match):
        imported(store, tmp_path, text, **options)
    assert store.n_judgments() == 0
    assert store.questions().height == 0


def test_free_text_is_not_taken_for_classes(store, tmp_path):
    text = "item,labeler,answer\n" + "".join(f"x,ann,{i}\n" for i in range(1_001))
    with pytest.raises(BadFile, match="over 1,000 different labels"):
        imported(store, tmp_path, text)
