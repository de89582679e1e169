"""How far labelers agree, with intervals; what that implies for any model; and what more labels would tell."""

from tacit.measure.agreement.bootstrapped import bootstrap_alpha as bootstrap_alpha
from tacit.measure.agreement.ceiling import Ceiling as Ceiling
from tacit.measure.agreement.ceiling import accuracy_ceiling as accuracy_ceiling
from tacit.measure.agreement.ceiling import ceiling_from_ratings as ceiling_from_ratings
from tacit.measure.agreement.clustered import Variance as Variance
from tacit.measure.agreement.icc import intraclass_correlation as intraclass_correlation
from tacit.measure.agreement.icc import spearman_brown as spearman_brown
from tacit.measure.agreement.kappa import agreement_of_items as agreement_of_items
from tacit.measure.agreement.kappa import cohen_kappa as cohen_kappa
from tacit.measure.agreement.kappa import fleiss_kappa as fleiss_kappa
from tacit.measure.agreement.kappa import scott_pi as scott_pi
from tacit.measure.agreement.kendall import Concordance as Concordance
from tacit.measure.agreement.kendall import kendall_tau_b as kendall_tau_b
from tacit.measure.agreement.kendall import kendall_w as kendall_w
from tacit.measure.agreement.krippendorff import Alpha as Alpha
from tacit.measure.agreement.krippendorff import coincidences as coincidences
from tacit.measure.agreement.krippendorff import krippendorff_alpha as krippendorff_alpha
from tacit.measure.agreement.planning import Plan as Plan
from tacit.measure.agreement.planning import judges_for_reliability as judges_for_reliability
from tacit.measure.agreement.planning import labels_for_accuracy as labels_for_accuracy
from tacit.measure.agreement.planning import majority_accuracy as majority_accuracy
from tacit.measure.agreement.planning import plan_for_alpha as plan_for_alpha
from tacit.measure.agreement.ratings import Ratings as Ratings
