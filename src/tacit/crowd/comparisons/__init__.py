"""Comparisons of items → scores with intervals: Bradley–Terry and its kin, raters, rankings, what to ask next."""

from tacit.crowd.comparisons.asking import NextPair as NextPair
from tacit.crowd.comparisons.asking import ask_next as ask_next
from tacit.crowd.comparisons.elo_ratings import EloRatings as EloRatings
from tacit.crowd.comparisons.elo_ratings import elo as elo
from tacit.crowd.comparisons.fit import ComparisonFit as ComparisonFit
from tacit.crowd.comparisons.fit import ScoreIntervals as ScoreIntervals
from tacit.crowd.comparisons.fit import fit_comparisons as fit_comparisons
from tacit.crowd.comparisons.minorise import fit_by_minorisation as fit_by_minorisation
from tacit.crowd.comparisons.outcomes import TieModel as TieModel
from tacit.crowd.comparisons.paired import PairedComparisons as PairedComparisons
from tacit.crowd.comparisons.paired import Winner as Winner
from tacit.crowd.comparisons.plackett_luce import SharedPlaces as SharedPlaces
from tacit.crowd.comparisons.plackett_luce import fit_rankings as fit_rankings
from tacit.crowd.comparisons.rankings import Rankings as Rankings
from tacit.crowd.comparisons.rankings import rankings_from_places as rankings_from_places
from tacit.crowd.comparisons.reading import ComparisonFile as ComparisonFile
from tacit.crowd.comparisons.reading import read_comparison_file as read_comparison_file
from tacit.crowd.comparisons.resampling import bootstrap_scores as bootstrap_scores
from tacit.crowd.comparisons.with_raters import RatedFit as RatedFit
from tacit.crowd.comparisons.with_raters import fit_with_raters as fit_with_raters
