"""Comparisons of items → scores with intervals: Bradley–Terry and its kin, raters, rankings, what to ask next."""

from tacit.crowd.comparisons.fit import ComparisonFit as ComparisonFit
from tacit.crowd.comparisons.fit import ScoreIntervals as ScoreIntervals
from tacit.crowd.comparisons.fit import fit_comparisons as fit_comparisons
from tacit.crowd.comparisons.outcomes import TieModel as TieModel
from tacit.crowd.comparisons.paired import PairedComparisons as PairedComparisons
from tacit.crowd.comparisons.paired import Winner as Winner
