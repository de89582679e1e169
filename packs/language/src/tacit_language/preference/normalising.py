"""Scores in a known unit: mean 0 and variance 1 on what the reference policy writes."""

from __future__ import annotations

import numpy as np
import torch

from tacit.errors import BadValue
from tacit_language.preference.model import PreferenceModel
from tacit_language.preference.sequences import Sequences


def normalise(model: PreferenceModel, samples: Sequences) -> tuple[float, float]:
    """Set gain and offset of `model` so that its scores of `samples` have mean 0 and variance 1; order and sign stay.

    Without this a penalty on the divergence from the reference would mean something else for every reward model.

    Args:
        model: changed in place.
        samples: texts that the reference policy wrote, a few hundred.

    Returns:
        Mean and standard deviation of the scores as they were before.

    Raises:
        BadValue: fewer than two samples, or all of one score.

    Source: Ziegler et al. 2019, section 2.1, arXiv:1909.08593.
    """
    if len(samples) < 2:
        raise BadValue("samples to normalise with", got=len(samples), expected="two or more")
    scores = model.score(samples).astype(np.float64)
    mean, deviation = float(scores.mean()), float(scores.std())
    if deviation == 0:
        raise BadValue("scores of the samples", got="one score for all", expected="scores that differ")
    with torch.no_grad():
        model.offset.sub_(mean).div_(deviation)
        model.gain.div_(deviation)
    return mean, deviation
