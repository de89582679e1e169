"""Estimates with intervals: how good anything is, and how sure we are of it."""

from tacit.measure.controlled import controlled_win_rate as controlled_win_rate
from tacit.measure.estimate import Estimate as Estimate
from tacit.measure.estimate import bootstrap as bootstrap
from tacit.measure.estimate import mean_estimate as mean_estimate
from tacit.measure.estimate import paired_ratio as paired_ratio
from tacit.measure.estimate import proportion as proportion
