"""Preference models: scores of texts learned from what people prefer, and from how far each of them can be believed."""

from tacit_language.preference.fit import fit_preferences as fit_preferences
from tacit_language.preference.fitted import HeldOutPairs as HeldOutPairs
from tacit_language.preference.fitted import PreferenceFit as PreferenceFit
from tacit_language.preference.imitation import imitation_scores as imitation_scores
from tacit_language.preference.judged import preferences_from_judgments as preferences_from_judgments
from tacit_language.preference.losses import binary_loss as binary_loss
from tacit_language.preference.losses import imitation_loss as imitation_loss
from tacit_language.preference.losses import pair_loss as pair_loss
from tacit_language.preference.losses import ranking_loss as ranking_loss
from tacit_language.preference.model import PreferenceModel as PreferenceModel
from tacit_language.preference.normalising import normalise as normalise
from tacit_language.preference.preferences import Preferences as Preferences
from tacit_language.preference.preferences import pairs as pairs
from tacit_language.preference.preferences import rankings as rankings
from tacit_language.preference.saving import load_preferences as load_preferences
from tacit_language.preference.saving import save_preferences as save_preferences
from tacit_language.preference.sequences import Branches as Branches
from tacit_language.preference.sequences import Sequences as Sequences
from tacit_language.preference.sequences import branches as branches
from tacit_language.preference.sequences import sequences as sequences
from tacit_language.preference.settings import PreferenceSettings as PreferenceSettings
