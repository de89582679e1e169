"""The word-error family: alignments, counts, rates with intervals, and where the errors are."""

from tacit.measure.transcripts.utterances import Utterances as Utterances
from tacit.measure.word_errors.alignment import Alignment as Alignment
from tacit.measure.word_errors.alignment import Step as Step
from tacit.measure.word_errors.alignment import align as align
from tacit.measure.word_errors.alignment import drawn as drawn
from tacit.measure.word_errors.breakdown import Confusions as Confusions
from tacit.measure.word_errors.breakdown import confusions as confusions
from tacit.measure.word_errors.breakdown import speaker_table as speaker_table
from tacit.measure.word_errors.breakdown import vocabulary as vocabulary
from tacit.measure.word_errors.costs import SCLITE as SCLITE
from tacit.measure.word_errors.costs import UNIT as UNIT
from tacit.measure.word_errors.costs import Costs as Costs
from tacit.measure.word_errors.counts import Counts as Counts
from tacit.measure.word_errors.counts import count_errors as count_errors
from tacit.measure.word_errors.normalized_distance import normalized_edit_distances as normalized_edit_distances
from tacit.measure.word_errors.perplexity import PowerLaw as PowerLaw
from tacit.measure.word_errors.perplexity import fit_perplexity_law as fit_perplexity_law
from tacit.measure.word_errors.rates import Rates as Rates
from tacit.measure.word_errors.rates import word_error_rates as word_error_rates
from tacit.measure.word_errors.resampling import ratio_of_sums as ratio_of_sums
from tacit.measure.word_errors.scoring import Scoring as Scoring
from tacit.measure.word_errors.scoring import WordErrors as WordErrors
from tacit.measure.word_errors.scoring import word_errors as word_errors
from tacit.measure.word_errors.tokens import Normalization as Normalization
