"""What may be wrong with labels: who is in the data, who errs where, which labels are wrong, who drifts, who copies."""

from tacit.crowd.audit.collusion import Collusion as Collusion
from tacit.crowd.audit.collusion import unexpected_agreement as unexpected_agreement
from tacit.crowd.audit.composition import Composition as Composition
from tacit.crowd.audit.composition import compare_composition as compare_composition
from tacit.crowd.audit.drift import Drift as Drift
from tacit.crowd.audit.drift import drifts as drifts
from tacit.crowd.audit.label_errors import LabelErrors as LabelErrors
from tacit.crowd.audit.label_errors import find_label_errors as find_label_errors
from tacit.crowd.audit.multiplicity import benjamini_hochberg as benjamini_hochberg
from tacit.crowd.audit.multiplicity import holm as holm
from tacit.crowd.audit.outcomes import excess as excess
from tacit.crowd.audit.outcomes import wrongness as wrongness
from tacit.crowd.audit.subgroups import biases_by_group as biases_by_group
from tacit.crowd.audit.subgroups import rates_by_group as rates_by_group
