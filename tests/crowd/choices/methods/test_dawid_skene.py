import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.crowd.choices import Gold, choices_from_codes, read_choices
from tacit.crowd.choices.methods import DawidSkene
from tacit.crowd.choices.methods.em import Evidence, iterate
from tacit.crowd.choices.simulated import one_coin, spammed
from tacit.errors import BadValue, NotIdentified


def em_by_the_equations(item, labeler, label, n_iterations):
    """Dawid and Skene's equations 2.3 to 2.5, written out over arrays (item, labeler, said): slow, and plain to see."""
    n = np.zeros((item.max() + 1, labeler.max() + 1, label.max() + 1))
    np.add.at(n, (item, labeler, label), 1)
    said = n.sum(axis=1)
    p = said / said.sum(axis=1, keepdims=True)
    for _ in range(n_iterations):
        confusion = np.einsum("ik,ijl->jkl", p, n)
        confusion /= confusion.sum(axis=2, keepdims=True)
        share = p.mean(axis=0)
        p = share * np.prod(confusion[None] ** n[:, :, None, :], axis=(1, 3))
        p /= p.sum(axis=1, keepdims=True)
    return p, confusion, share


# Worked by hand


def test_with_known_labels_the_confusions_are_counts_and_the_posterior_is_bayes_rule():
    # Known: a, b are class 0; c, d class 1. u says 0 0 0 1, v says 0 1 1 1; on e, u says 1 and v says 0.
    # u: P(1 | 0) = 0/2, P(1 | 1) = 1/2. v: P(0 | 0) = 1/2, P(0 | 1) = 0/2. A prior worth 2 votes, ½ of each row for
    # the diagonal and ½ spread, adds 1.5 to the diagonal and 0.5 off it. e is of class 0 with probability p, and counts
    # with it: the fixed point of p = A / (A + B) with
    #   A = (2 + p) · (0.5 + p) / (4 + p) · (2.5 + p) / (4 + p), P(u: 1 | 0) P(v: 0 | 0), and B likewise with q = 1 − p:
    #   B = (2 + q) · (2.5 + q) / (4 + q) · (0.5 + q) / (4 + q), which is the same in q; so p = ½.
    votes = choices_from_codes(np.tile(np.arange(5), 2), np.repeat([0, 1], 5), [0, 0, 0, 1, 1, 0, 1, 1, 1, 0])
    fit = DawidSkene(prior_votes=2.0).fit(votes, known=Gold(np.arange(4), np.array([0, 0, 1, 1])))
    assert fit.posterior[4] == pytest.approx([0.5, 0.5])
    u, v = fit.confusion
    assert u[0] == pytest.approx([3.5 / 4.5, 1 / 4.5])  # 2 votes right, 1.5 + 0.5 of the prior, half a vote of e
    assert v[1] == pytest.approx([1 / 4.5, 3.5 / 4.5])


# Published


def test_the_anaesthetists_of_1979_give_the_published_class_shares(real_data):
    votes = read_choices(real_data / "anesthesia" / "anesthesia.csv.gz", repeats="all")
    fit = DawidSkene(prior_votes=0, tolerance=1e-9).fit(votes)
    assert fit.converged
    assert fit.posterior.mean(axis=0).round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert fit.confusion[0, 2].round(2).tolist() == [0, 0.34, 0.66, 0]  # observer 1 on patients of class 3


def test_the_anaesthetists_agree_with_the_equations_written_out(real_data):
    votes = read_choices(real_data / "anesthesia" / "anesthesia.csv.gz", repeats="all")
    fit = DawidSkene(prior_votes=0, tolerance=1e-12, most_iterations=2_000).fit(votes)
    codes = [codes.astype(int) for codes in (votes.item, votes.labeler, votes.label)]
    p, confusion, share = em_by_the_equations(*codes, 500)
    assert fit.posterior == pytest.approx(p, abs=1e-6)
    assert fit.confusion == pytest.approx(confusion, abs=1e-6)
    assert fit.posterior.mean(axis=0) == pytest.approx(share, abs=1e-6)


# Recovers planted truth


def test_confusions_are_recovered_from_many_votes():
    crowd = spammed(100_000, 0, n_labelers=50)
    fit = DawidSkene().fit(crowd.choices)
    order = fit.choices.labelers.cast(int).to_numpy()
    assert np.abs(fit.confusion - crowd.confusion[order]).mean() < 0.02
    assert (fit.label == crowd.truth).mean() > 0.9


def test_a_prior_beats_maximum_likelihood_where_votes_are_few():
    gain = []
    for seed in range(5):
        crowd = spammed(5_000, seed, n_labelers=500)
        with_prior, without = (DawidSkene(prior_votes=n).fit(crowd.choices).label == crowd.truth for n in (2, 0))
        gain.append(with_prior.mean() - without.mean())
    assert min(gain) > 0.02


# Invariants


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 2.0, 10.0]))
def test_the_trace_never_falls(seed, prior_votes):
    crowd = one_coin(300, seed, n_labelers=12)
    fit = DawidSkene(prior_votes=prior_votes, tolerance=1e-8, most_iterations=60).fit(crowd.choices)
    assert np.diff(fit.trace).min() >= -1e-7 * abs(fit.trace[-1])


def test_single_precision_gives_the_same_labels(monkeypatch):
    crowd = spammed(20_000, 1)
    exact = DawidSkene().fit(crowd.choices)
    monkeypatch.setattr("tacit.crowd.choices.votes.SINGLE_FROM", 1)
    single = DawidSkene().fit(crowd.choices)
    assert single.posterior.dtype == np.float32
    assert (single.label == exact.label).mean() > 0.999


def test_votes_in_any_order_make_the_same_matrix_as_sorted_ones():
    crowd = spammed(2_000, 2)
    order = np.random.default_rng(0).permutation(2_000)
    sorted_fit = DawidSkene().fit(crowd.choices)
    shuffled = choices_from_codes(crowd.item[order], crowd.labeler[order], crowd.label[order])
    assert DawidSkene().fit(shuffled).posterior == pytest.approx(sorted_fit.posterior, abs=1e-9)


def test_a_weight_of_two_is_two_votes():
    crowd = one_coin(60, 0, n_labelers=6)
    twice = choices_from_codes(*(np.concatenate([a, a]) for a in (crowd.item, crowd.labeler, crowd.label)))
    heavy = choices_from_codes(crowd.item, crowd.labeler, crowd.label, weight=np.full(60, 2.0))
    assert DawidSkene().fit(heavy).posterior == pytest.approx(DawidSkene().fit(twice).posterior, abs=1e-6)


# Convergence is honest


def test_a_fit_that_was_cut_short_has_not_converged():
    crowd = spammed(5_000, 0)
    fit = DawidSkene(most_iterations=3).fit(crowd.choices)
    assert (fit.iterations, fit.converged) == (3, False)


def test_a_trace_that_falls_is_no_convergence():
    falling = iter([0.0, -1e-4, -2e-4, -3e-4])
    rested = iterate(
        lambda p: Evidence(np.zeros_like(p), next(falling)), np.full((2, 2), 0.5), tolerance=1e-3, most_iterations=4
    )
    assert len(rested.trace) == 2
    assert not rested.converged


def test_beginning_from_the_last_fit_takes_fewer_iterations():
    crowd = spammed(20_000, 3)
    votes = crowd.choices
    before = DawidSkene().fit(votes.keep(np.arange(len(votes)) < 19_000))
    cold, warm = DawidSkene().fit(votes), DawidSkene().fit(votes, start=before)
    assert warm.iterations < cold.iterations
    assert (warm.label == cold.label).mean() > 0.97


# Refuses bad input


def test_one_labeler_alone_is_refused_unless_something_else_tells_right_from_wrong():
    votes = choices_from_codes([0, 1, 2], [0, 0, 0], [0, 1, 0])
    with pytest.raises(NotIdentified, match="got one labeler, '0', expected two or more"):
        DawidSkene().fit(votes)
    assert DawidSkene().fit(votes, known=Gold(np.array([0]), np.array([0]))).converged


def test_confusions_that_would_not_fit_in_memory_are_refused_with_what_serves_instead():
    many = choices_from_codes(np.arange(1_000), np.arange(1_000), np.arange(1_000), n_labels=1_000)
    with pytest.raises(BadValue, match=r"1,000 labelers and 1,000 classes.*--method one_coin"):
        DawidSkene().fit(many)


def test_an_earlier_fit_of_other_classes_is_refused():
    other = DawidSkene().fit(choices_from_codes([0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 2, 2]))
    with pytest.raises(BadValue, match="earlier fit: got the classes 0, 1, 2, expected 0, 1"):
        DawidSkene().fit(choices_from_codes([0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1]), start=other)
