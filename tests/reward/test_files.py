import json

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import save_file

from tacit.errors import BadFile, BadJudgment, UnknownName
from tacit.reward.files import Features, read_comparisons, read_features

VALUES = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
NAMES = ("a", "b", "c")
FEATURES = Features(NAMES, VALUES)


def written(folder, name):
    """Write the same features in one of the layouts that are read."""
    path = folder / name.replace("long.", "features.").replace("lists.", "features.")
    match name:
        case "features.safetensors":
            save_file({"features": VALUES}, path, metadata={"item_ids": json.dumps(NAMES)})
        case "features.npz":
            np.savez(path, features=VALUES, item_id=np.array(NAMES))
        case "lists.parquet":
            pl.DataFrame({"item_id": NAMES, "features": VALUES.tolist()}).write_parquet(path)
        case "long.parquet":
            ids = [name for name in NAMES for _ in range(2)]
            rows = VALUES.reshape(6, 2)
            pl.DataFrame({"item_id": ids, "speed": rows[:, 0], "angle": rows[:, 1]}).write_parquet(path)
    return path


@pytest.mark.parametrize("name", ["features.safetensors", "features.npz", "lists.parquet", "long.parquet"])
def test_every_format_gives_the_same_features(tmp_path, name):
    read = read_features(written(tmp_path, name))
    assert read.item_ids == NAMES
    assert np.array_equal(read.values, VALUES)
    assert read.values.dtype == np.float32


def test_items_without_names_are_numbered_and_items_without_steps_have_one(tmp_path):
    np.savez(tmp_path / "f.npz", features=VALUES[:, 0])
    read = read_features(tmp_path / "f.npz")
    assert (read.item_ids, read.values.shape) == (("0", "1", "2"), (3, 1, 2))


ROWS = {
    "first": ["a", "a", "b", "c", "a", "b"],
    "second": ["b", "c", "c", "a", "b", "a"],
    "answer": ["first", "second", "tie", "both_bad", "0.75", "cant_tell"],
    "rater": ["bob", "ann", "bob", "ann", "bob", "bob"],
}


@pytest.mark.parametrize("name", ["c.csv", "c.jsonl", "c.parquet"])
def test_comparisons_are_read_by_the_rules_of_each_outcome(tmp_path, name):
    table, path = pl.DataFrame(ROWS), tmp_path / name
    {"csv": table.write_csv, "jsonl": table.write_ndjson, "parquet": table.write_parquet}[path.suffix[1:]](path)
    made = read_comparisons(path, FEATURES)
    assert made.first.tolist() == [0, 0, 1, 2, 0]
    assert made.second.tolist() == [1, 2, 2, 0, 1]
    assert made.target.tolist() == [1, 0, 0.5, 0.5, 0.75]
    assert made.both_bad.tolist() == [False, False, False, True, False]
    assert (made.raters, made.rater.tolist()) == (("ann", "bob"), [1, 0, 1, 0, 1])
    assert made.left_out == (("cant_tell", 1),)


def test_a_numeric_answer_is_the_probability_that_the_first_is_better_and_one_rater_needs_no_name(tmp_path):
    path = tmp_path / "c.parquet"
    pl.DataFrame({"first": [0, 1], "second": [1, 2], "answer": [1, 0]}).write_parquet(path)
    made = read_comparisons(path, Features(("0", "1", "2"), VALUES))
    assert (made.target.tolist(), made.raters) == ([1, 0], ("rater",))


# Refuses bad input


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"answer": ["first", "left", "Left"]},
            r"row 2, column 'answer': got 'left', expected one of first, second.* 2 rows",
        ),
        ({"answer": ["first", "1.5", "tie"]}, "row 2, column 'answer': got '1.5'"),
        ({"answer": ["first", "", "tie"]}, "row 2, column 'answer'"),
        ({"answer": ["first", "nan", "tie"]}, "row 2, column 'answer': got 'nan'"),
        ({"second": ["b", "c", "z"]}, "row 3, column 'second': got 'z', expected an item that has features"),
    ],
)
def test_a_bad_row_is_named(tmp_path, change, text):
    path = tmp_path / "c.csv"
    rows = {"first": ["a", "a", "b"], "second": ["b", "c", "c"], "answer": ["first", "second", "tie"]} | change
    pl.DataFrame(rows).write_csv(path)
    with pytest.raises(BadJudgment, match=text):
        read_comparisons(path, FEATURES)


def test_files_that_are_not_what_their_name_says_are_refused(tmp_path):
    for name in ("features.safetensors", "features.npz", "lists.parquet", "long.parquet"):
        path = written(tmp_path, name)
        path.write_bytes(path.read_bytes()[:40])
        with pytest.raises(BadFile, match=path.name):
            read_features(path)
    for name in ("c.csv", "c.jsonl", "c.parquet"):
        (tmp_path / name).write_bytes(b"\x00\x01PAR1")
        with pytest.raises(BadFile, match=name):
            read_comparisons(tmp_path / name, FEATURES)
    with pytest.raises(BadFile, match="no such file"):
        read_features(tmp_path / "none.npz")
    with pytest.raises(UnknownName, match=r"got '\.pkl', expected one of \.safetensors, \.npz, \.parquet"):
        read_features(tmp_path / "f.pkl")


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "f.npz", features=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadFile, match=r"f\.npz"):
        read_features(tmp_path / "f.npz")


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"x": VALUES}, "features"),
        ({"features": np.zeros(3)}, r"got float64 of shape \(3,\)"),
        ({"features": np.array([["a"]])}, "expected numbers"),
        ({"features": VALUES, "item_id": np.array(["a", "a", "b"])}, "got 2 different names for 3 items"),
        ({"features": VALUES, "item_id": np.array(["a", "b"])}, "got 2 different names for 3 items"),
    ],
)
def test_features_without_their_parts_are_refused(tmp_path, arrays, text):
    np.savez(tmp_path / "f.npz", **arrays)
    with pytest.raises(BadFile, match=text):
        read_features(tmp_path / "f.npz")


def test_items_of_different_lengths_are_refused(tmp_path):
    pl.DataFrame({"item_id": ["a", "a", "b"], "x": [1, 2, 3]}).write_parquet(tmp_path / "f.parquet")
    with pytest.raises(BadFile, match="different numbers of rows"):
        read_features(tmp_path / "f.parquet")
    pl.DataFrame({"item_id": ["a", "b"], "features": [[[1.0], [2.0]], [[1.0]]]}).write_parquet(tmp_path / "f.parquet")
    with pytest.raises(BadFile, match=r"f\.parquet"):
        read_features(tmp_path / "f.parquet")
