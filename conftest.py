"""What every test shares: one thread, no display, and where the optional real data lie."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright
from threadpoolctl import threadpool_limits

# The tests run in parallel, a process a core; and several threads add up in another order than one does. The variables
# are for processes that a test starts. For this one they come too late: a plugin of pytest has imported NumPy.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
threadpool_limits(limits=1)
os.environ["MPLBACKEND"] = "Agg"
os.environ["SDL_VIDEODRIVER"] = "dummy"

# The same examples each time, so that what has passed passes again; TACIT_EXPLORE=1 looks for others.
settings.register_profile(
    "tacit",
    deadline=None,
    database=None,
    derandomize="TACIT_EXPLORE" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tacit")


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator with the same seed in every test."""
    return np.random.default_rng(20_170_612)


@pytest.fixture(scope="session")
def real_data(pytestconfig: pytest.Config) -> Path:
    """Return the folder of real data that the environment variable TACIT_DATA names, else ../shared/data."""
    folder = Path(os.environ.get("TACIT_DATA", pytestconfig.rootpath.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data are not here: no folder {folder}; set TACIT_DATA to where they are")
    return folder


PATIENCE_MS = 60_000
"""How long a page is waited for: a machine that does much else at once is slow, and not wrong."""
OFFLINE = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium; one for all tests of a process, since Playwright runs once in each."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        message = "no Chromium: install Debian's packages chromium and fonts-dejavu-core to test the page in a browser"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *OFFLINE])
        yield launched
        launched.close()
