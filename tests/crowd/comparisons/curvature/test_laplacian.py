import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.crowd.comparisons.curvature.laplacian import Laplacian
from tacit.crowd.comparisons.curvature.variances import inverse_diagonal
from tacit.errors import BadValue


def of(n, edges, weight, ridge=0.0):
    first, second = np.array(sorted(edges)).T
    return Laplacian(n, first, second, np.asarray(weight, float), ridge=ridge)


def random_graph(seed, n, n_edges, ridge=0.0):
    rng = np.random.default_rng(seed)
    first = np.concatenate([np.arange(n - 1), rng.integers(0, n, n_edges)])
    second = np.concatenate([np.arange(1, n), (first[n - 1 :] + rng.integers(1, n, n_edges)) % n])
    order = np.argsort(first, kind="stable")
    return Laplacian(n, first[order], second[order], rng.uniform(0.1, 2, len(first)), ridge=ridge)


# Worked by hand


def test_a_path_of_three_with_weights_two_and_one():
    matrix = of(3, [(0, 1), (1, 2)], [2, 1])
    assert matrix.to_dense().tolist() == [[2, -2, 0], [-2, 3, -1], [0, -1, 1]]
    assert matrix @ np.array([1.0, 0.0, -1.0]) == pytest.approx([2, -1, -1])


def test_two_items_have_a_quarter_of_the_variance_of_their_difference():
    # Weight w: the difference has variance 1/w and each end a quarter of that.
    assert inverse_diagonal(of(2, [(0, 1)], [5])).values == pytest.approx([1 / 20, 1 / 20])


def test_the_complete_graph_is_a_multiple_of_the_identity_among_mean_0_vectors():
    # K₄ with weight 1: L = 4I − 11ᵀ, so the pseudo-inverse is (I − 11ᵀ/4)/4 with diagonal 3/16.
    matrix = of(4, [(i, j) for i in range(4) for j in range(i + 1, 4)], np.ones(6))
    assert inverse_diagonal(matrix).values == pytest.approx([3 / 16] * 4)
    assert matrix.solve(np.array([1.0, -1.0, 0.0, 0.0])) == pytest.approx([1 / 4, -1 / 4, 0, 0])


def test_an_edge_twice_counts_twice():
    once, twice = of(2, [(0, 1)], [3]), of(2, [(0, 1), (0, 1)], [1, 2])
    assert once.to_dense().tolist() == twice.to_dense().tolist()


# All ways to solve agree


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize(("n", "n_edges"), [(50, 100), (600, 6_000), (1_500, 0)])  # dense; products; a chain's factor
def test_a_solution_solves(n, n_edges, ridge):
    matrix = random_graph(1, n, n_edges, ridge)
    right = np.random.default_rng(2).normal(size=(n, 3))
    right -= right.mean(axis=0)
    solved = matrix.solve(right)
    assert matrix @ solved == pytest.approx(right, abs=1e-8)
    assert solved.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert matrix.solve(right[:, 0]) == pytest.approx(solved[:, 0], abs=1e-9)


@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_the_inverse_is_numpys_pseudo_inverse(ridge):
    matrix = random_graph(3, 40, 80, ridge)
    project = np.eye(40) - 1 / 40
    expected = project @ np.linalg.pinv(matrix.to_dense()) @ project
    assert matrix.inverse() == pytest.approx(expected, abs=1e-10)


# The estimated diagonal


@pytest.mark.parametrize("shape", ["mixed", "two clusters and a bridge"])
def test_the_diagonal_of_many_items_is_as_near_as_it_says(monkeypatch, shape):
    rng, n = np.random.default_rng(4), 1_000
    half = n // 2 if shape != "mixed" else n
    first = rng.integers(0, half, 20_000)
    second = (first + rng.integers(1, half, 20_000)) % half
    if half < n:
        shift = rng.integers(0, 2, 20_000) * half
        first, second = np.append(first + shift, [0, 1]), np.append(second + shift, [n - 1, n - 2])
    order = np.argsort(first, kind="stable")
    matrix = Laplacian(n, first[order], second[order], rng.uniform(0.1, 0.25, len(first)))
    exact = inverse_diagonal(matrix)
    monkeypatch.setattr("tacit.crowd.comparisons.curvature.variances.EXACT_ITEMS", 0)
    found = inverse_diagonal(matrix, seed=1)
    error = np.sqrt(found.values / exact.values) - 1
    assert found.n_probes > 0
    assert found.relative_error <= 0.005
    assert np.sqrt(np.mean(error**2)) < 2 * found.relative_error + 1e-4


@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_the_diagonal_of_a_long_chain_is_exact(monkeypatch, ridge):
    matrix = random_graph(5, 700, 0, ridge)
    exact = inverse_diagonal(matrix)
    monkeypatch.setattr("tacit.crowd.comparisons.curvature.variances.EXACT_ITEMS", 0)
    found = inverse_diagonal(matrix)
    assert (found.n_probes, found.relative_error) == (0, 0)
    assert found.values == pytest.approx(exact.values)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000))
def test_more_comparisons_never_make_a_score_less_sure(seed):
    rng = np.random.default_rng(seed)
    matrix = random_graph(seed, 12, 20)
    more = matrix.weight + rng.uniform(0, 1, len(matrix.weight)) * (rng.random(len(matrix.weight)) < 0.3)
    surer = Laplacian(12, matrix.first, matrix.second, more)
    assert (inverse_diagonal(surer).values <= inverse_diagonal(matrix).values + 1e-12).all()


def test_an_item_without_an_edge_is_refused():
    with pytest.raises(BadValue, match="an item without weight"):
        of(3, [(0, 1)], [1])
