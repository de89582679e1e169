import numpy as np
import pytest

from tacit.learn.automated import Pool


@pytest.fixture
def blobs():
    """Return a function that makes a pool of items in three clouds, and the class of each."""

    def make(seed, n=1_200, apart=2.0):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 3, n)
        rows = rng.normal(size=(n, 5)) + apart * np.eye(3, 5)[truth]
        return Pool(tuple(map(str, range(n))), rows, "clouds"), truth

    return make
