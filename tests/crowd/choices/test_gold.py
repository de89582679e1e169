import polars as pl
import pytest

from tacit.crowd.choices import choices_from_table, gold_from_table, read_gold
from tacit.errors import BadValue, NotFinite


@pytest.fixture
def votes():
    return choices_from_table(
        pl.DataFrame({"item": ["a", "b", "c"], "labeler": ["w", "w", "v"], "label": ["cat", "dog", "cat"]})
    )


# Worked by hand


@pytest.mark.parametrize("header", ["item,gold", "task,truth", "item,label", "id,item,true_label"])
def test_true_labels_are_found_under_the_votes_own_codes(votes, tmp_path, header):
    row = "x,{},{}" if header.startswith("id") else "{},{}"
    path = tmp_path / "gold.csv"
    path.write_text("\n".join([header, row.format("c", "dog"), row.format("a", "cat"), row.format("a", "cat")]))
    gold = read_gold(path, votes)
    assert (gold.item.tolist(), gold.label.tolist()) == ([0, 2], [0, 1])


# Refuses bad input


@pytest.mark.parametrize(
    ("items", "labels", "message"),
    [
        (["a", "zz"], ["cat", "cat"], "gold, row 2, column 'item': got 'zz', expected an item that has labels"),
        (["zz", "yy"], ["cat", "cat"], "2 rows share this fault"),
        (["a"], ["catt"], "row 1, column 'gold': got 'catt', expected one of cat, dog. Did you mean 'cat'"),
        (["a", "b", "a"], ["cat", "cat", "dog"], "row 3, column 'gold': got 'dog' for item 'a', which row 1 says is"),
        (["a", None], ["cat", "cat"], "row 2, column 'item': got an empty cell"),
        (["a"], [""], "row 1, column 'gold': got an empty cell"),
        (["a"], ["nan"], "row 1, column 'gold': got nan"),
    ],
)
def test_what_is_wrong_with_a_true_label_is_said_with_its_row(votes, items, labels, message):
    with pytest.raises((BadValue, NotFinite)) as error:
        gold_from_table(pl.DataFrame({"item": items, "gold": labels}), votes)
    assert message in str(error.value)
