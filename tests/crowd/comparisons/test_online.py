"""What is asked or updated one comparison at a time, and what is drawn again and again: Elo, asking, resampling."""

from math import log, sqrt

import numpy as np
import pytest

from tacit.crowd.comparisons import PairedComparisons, ask_next, bootstrap_scores, elo, fit_comparisons
from tacit.crowd.comparisons.elo_ratings import POINTS_PER_LOG_ODDS
from tacit.crowd.comparisons.resampling import by_group
from tacit.errors import BadValue, NotIdentified


def pairs(*rows, names="abc"):
    left, right, winner = np.array(rows).T
    return PairedComparisons(list(names), left, right, winner)


# Elo, worked by hand


def test_the_first_win_between_equals_moves_half_of_k():
    rated = elo(pairs((0, 1, 0), names="ab"), k_points=32)
    assert rated.points.tolist() == pytest.approx([1516, 1484])
    assert rated.log_loss == pytest.approx(log(2))


def test_a_second_win_moves_less_and_a_draw_moves_the_favourite_down():
    # After one win the points are 1516 and 1484: expectation 1 / (1 + 10^(−32/400)) = 0.5459.
    won = elo(pairs((0, 1, 0), (0, 1, 0), names="ab"))
    assert won.points[0] == pytest.approx(1516 + 32 * (1 - 0.54592), abs=1e-3)
    drew = elo(pairs((0, 1, 0), (0, 1, 2), names="ab"))
    assert drew.points[0] == pytest.approx(1516 - 32 * 0.04592, abs=1e-3)


def test_going_on_from_a_start_is_the_same_as_all_at_once(drawn):
    comparisons, _ = drawn(1, 6, 500)
    whole = elo(comparisons)
    begun = elo(comparisons.take(np.arange(200)))
    assert elo(comparisons.take(np.arange(200, 500)), start=begun.score).score == pytest.approx(whole.score)


def test_ratings_settle_near_the_planted_scores(drawn):
    comparisons, truth = drawn(2, 8, 20_000)
    assert np.corrcoef(elo(comparisons, k_points=8).score, truth)[0, 1] > 0.97
    assert POINTS_PER_LOG_ODDS * log(10) == pytest.approx(400)


@pytest.mark.parametrize("k", [0, -1, float("nan")])
def test_a_step_that_moves_nothing_is_refused(k):
    with pytest.raises(BadValue, match="k_points"):
        elo(pairs((0, 1, 0)), k_points=k)


# What to ask next


def test_the_pair_that_joins_two_loosely_joined_halves_is_asked():
    # a–b and c–d were compared often, b–c twice: of all pairs those across are worth most.
    often = [(0, 1, 0), (0, 1, 1)] * 50 + [(2, 3, 0), (2, 3, 1)] * 50 + [(1, 2, 0), (1, 2, 1)]
    best = ask_next(fit_comparisons(pairs(*often, names="abcd")), 1)[0]
    assert {best.first, best.second} & {"a", "b"}
    assert {best.first, best.second} & {"c", "d"}


def test_the_information_of_two_equal_items_is_half_the_log_of_the_variance_ratio():
    # Four comparisons, two each: the difference has variance 1, one more adds 1/4: ½ ln(1 + 1/4).
    asked = ask_next(fit_comparisons(pairs((0, 1, 0), (0, 1, 1), (0, 1, 0), (0, 1, 1), names="ab")), 1)
    assert asked[0].information_nats == pytest.approx(log(1.25) / 2)
    assert asked[0].p_first == pytest.approx(0.5)


def test_asking_several_takes_those_before_as_answered():
    asked = ask_next(fit_comparisons(pairs((0, 1, 0), (1, 0, 0), (1, 2, 0), (2, 1, 0))), 3)
    assert len({(pair.first, pair.second) for pair in asked}) == 3
    assert asked[0].information_nats >= asked[1].information_nats >= asked[2].information_nats


def test_many_items_are_asked_about_without_looking_at_every_pair(drawn, monkeypatch):
    comparisons, _ = drawn(3, 60, 900, spread=0.7)
    fit = fit_comparisons(comparisons)
    exact = ask_next(fit, 1)[0]
    monkeypatch.setattr("tacit.crowd.comparisons.asking.ALL_PAIRS_ITEMS", 10)
    found = ask_next(fit, 5)
    assert len(found) == 5
    assert found[0].information_nats >= 0.9 * exact.information_nats


def test_asking_for_no_pair_is_refused(drawn):
    with pytest.raises(BadValue, match="pairs to ask"):
        ask_next(fit_comparisons(drawn(3, 5, 100)[0]), 0)


# Resampling


def test_the_bootstrap_agrees_with_the_information_where_both_hold(drawn):
    comparisons, _ = drawn(4, 6, 2_000)
    fit = fit_comparisons(comparisons)
    found = bootstrap_scores(
        len(comparisons), lambda rows: fit_comparisons(comparisons.take(rows)).score, fit.score, seed=0
    )
    assert found.standard_error == pytest.approx(fit.intervals().standard_error, rel=0.2)


def test_comparisons_of_one_ranking_are_drawn_together():
    base = pairs((0, 1, 0), (1, 2, 0), (2, 0, 0), (0, 1, 1), (1, 2, 1), (2, 0, 1))
    each = np.tile(np.arange(6), 20)
    grouped = PairedComparisons(
        base.items, base.left[each], base.right[each], base.winner[each], group=np.repeat(np.arange(60), 2)
    )
    n, take = by_group(grouped)
    assert n == 60
    assert len(take(np.array([3, 3]))) == 4
    # Two copies of everything in each group are no more evidence than one.
    doubled = PairedComparisons(
        base.items,
        np.repeat(grouped.left, 2),
        np.repeat(grouped.right, 2),
        np.repeat(grouped.winner, 2),
        group=np.repeat(grouped.group, 2),
    )
    errors = []
    for one in (grouped, doubled):
        n, take = by_group(one)
        score = fit_comparisons(one).score
        made = bootstrap_scores(n, lambda units, take=take: fit_comparisons(take(units)).score, score, seed=1)
        errors.append(made.standard_error)
    assert errors[1] == pytest.approx(errors[0])
    assert fit_comparisons(doubled).intervals().standard_error == pytest.approx(
        fit_comparisons(grouped).intervals().standard_error / sqrt(2)
    )


def test_resamples_that_fall_apart_are_refused_with_what_to_do():
    thin = pairs((0, 1, 0), (1, 2, 0), (2, 0, 0))
    score = fit_comparisons(thin).score
    with pytest.raises(NotIdentified, match=r"resamples without finite scores.*--shrinkage 1"):
        bootstrap_scores(3, lambda rows: fit_comparisons(thin.take(rows)).score, score, seed=0)
