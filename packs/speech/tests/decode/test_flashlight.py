"""The back end is optional and not part of the development set-up; benchmarks/decoding.py runs it where it is."""

import sys

import numpy as np
import pytest

from tacit.errors import BadValue, MissingExtra
from tacit_speech import Alphabet, Posteriors
from tacit_speech.decode.flashlight import flashlight_search
from tacit_speech.decode.ngram import Unit, build

ALPHABET = Alphabet(tuple("ab "))
SILENCE = Posteriors(np.log(np.full((3, 4), 0.25, np.float32)), ALPHABET, 0.02)


def test_its_absence_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "flashlight", None)  # as if it were not there, where it is
    with pytest.raises(MissingExtra, match=r"Run: pip install 'tacit-speech\[flashlight\]'"):
        flashlight_search([SILENCE], build(["ab a"], 2)[0], alpha=1, beta=1)


def test_what_it_cannot_do_is_refused_before_it_is_looked_for():
    with pytest.raises(BadValue, match="got one over characters, expected one over words"):
        flashlight_search([SILENCE], build(["ab"], 2, unit=Unit.CHARACTER)[0], alpha=1, beta=1)
    assert flashlight_search([], build(["ab a"], 2)[0], alpha=1, beta=1) == []
