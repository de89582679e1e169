import numpy as np
import polars as pl
import pytest

from tacit.crowd.choices.history import History, read_history, write_history
from tacit.crowd.choices.methods import DawidSkene
from tacit.crowd.choices.simulated import one_coin
from tacit.errors import BadValue


def test_what_is_written_is_read_again(tmp_path):
    history = History(pl.Series(["u", "v"]), ("a", "b"), np.array([[[3.5, 0.0], [1.0, 2.0]], [[0.0, 1.0], [0.0, 4.0]]]))
    write_history(tmp_path / "history.csv", history)
    again = read_history(tmp_path / "history.csv", ("a", "b"))
    assert again.labelers.to_list() == ["u", "v"]
    assert again.counts.tolist() == history.counts.tolist()


def test_two_histories_add_up_by_name():
    first = History(pl.Series(["u"]), ("a", "b"), np.ones((1, 2, 2)))
    second = History(pl.Series(["v", "u"]), ("a", "b"), np.stack([np.full((2, 2), 5.0), np.full((2, 2), 2.0)]))
    both = first.plus(second)
    assert both.labelers.to_list() == ["u", "v"]
    assert both.counts[:, 0, 0].tolist() == [3, 5]
    with pytest.raises(BadValue, match="the classes a, c"):
        first.plus(History(pl.Series(["u"]), ("a", "c"), np.ones((1, 2, 2))))


def test_a_fits_history_counts_each_vote_once():
    fit = DawidSkene().fit(one_coin(600, 0, n_labelers=10).choices)
    assert fit.history.counts.sum() == pytest.approx(600)
    votes = np.bincount(fit.choices.labeler)
    assert fit.history.counts.sum(axis=(1, 2)) == pytest.approx(votes)
