"""Whether stated probabilities come true, and how to mend them where they do not."""

from tacit.measure.calibration.bins import Bin as Bin
from tacit.measure.calibration.bins import reliability_diagram as reliability_diagram
from tacit.measure.calibration.calibration_error import expected_calibration_error as expected_calibration_error
from tacit.measure.calibration.calibration_error import plain_calibration_error as plain_calibration_error
from tacit.measure.calibration.checking import top_label as top_label
from tacit.measure.calibration.proper_scores import BrierParts as BrierParts
from tacit.measure.calibration.proper_scores import brier_parts as brier_parts
from tacit.measure.calibration.proper_scores import brier_score as brier_score
from tacit.measure.calibration.proper_scores import log_loss as log_loss
from tacit.measure.calibration.recalibration import Isotonic as Isotonic
from tacit.measure.calibration.recalibration import Platt as Platt
from tacit.measure.calibration.recalibration import Temperature as Temperature
from tacit.measure.calibration.recalibration import fit_isotonic as fit_isotonic
from tacit.measure.calibration.recalibration import fit_platt as fit_platt
from tacit.measure.calibration.recalibration import fit_temperature as fit_temperature
