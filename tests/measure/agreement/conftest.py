import numpy as np
import pytest

from tacit.measure.agreement import Ratings

NO = np.nan
# Krippendorff 2011, section B: four observers, twelve units, missing values. Rows are observers.
FOUR_CODERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
    [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
]


@pytest.fixture
def four_coders() -> Ratings:
    return Ratings.from_matrix(np.array(FOUR_CODERS).T)


@pytest.fixture
def crowd():
    """Return a function that makes labels of random labelers on random items, each right with its own skill."""

    def make(seed, n_items=100, n_labelers=10, per_item=4, n_classes=3, missing=0.0):
        rng = np.random.default_rng(seed)
        skill, truth = rng.beta(7, 3, n_labelers), rng.integers(0, n_classes, n_items)
        labeler = np.argsort(rng.random((n_items, n_labelers)), axis=1)[:, :per_item]
        right = rng.random(labeler.shape) < skill[labeler]
        value = np.where(right, truth[:, None], rng.integers(0, n_classes, labeler.shape)) + 1.0
        kept = rng.random(labeler.shape) >= missing
        item = np.repeat(np.arange(n_items), per_item).reshape(labeler.shape)
        return Ratings(item[kept], labeler[kept], value[kept], n_items, n_labelers)

    return make
