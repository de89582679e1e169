import numpy as np
import pytest

from tacit.crowd.choices import choices_from_codes


@pytest.fixture
def crowd():
    """Return a function that makes votes of a crowd whose items differ in difficulty, and the truth of each item."""

    def make(seed, n_items=400, n_labelers=15, per_item=5, n_classes=3, skill=(7, 3), copies=0.0):
        rng = np.random.default_rng(seed)
        ability, ease = rng.beta(*skill, n_labelers), 1 - rng.beta(1, 2, n_items)
        labeler = np.argsort(rng.random((n_items, n_labelers)), axis=1)[:, :per_item]
        truth = rng.integers(0, n_classes, n_items)
        knows = rng.random(labeler.shape) < ability[labeler] * ease[:, None]
        value = np.where(knows, truth[:, None], rng.integers(0, n_classes, labeler.shape))
        for row in np.flatnonzero((labeler == 0).any(axis=1) & (labeler == 1).any(axis=1)):
            if rng.random() < copies:  # labeler 1 copies labeler 0
                value[row, labeler[row] == 1] = value[row, labeler[row] == 0]
        item = np.repeat(np.arange(n_items), per_item)
        return choices_from_codes(item, labeler.ravel(), value.ravel(), n_labels=n_classes), truth

    return make
