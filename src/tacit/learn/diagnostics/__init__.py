"""What a user can see of an optimum going wrong, without knowing what is truly wanted: for agents and texts alike."""

from tacit.learn.diagnostics.alarms import collapse as collapse
from tacit.learn.diagnostics.alarms import kl_blow_up as kl_blow_up
from tacit.learn.diagnostics.over_optimisation import Transfer as Transfer
from tacit.learn.diagnostics.over_optimisation import over_optimisation as over_optimisation
from tacit.learn.diagnostics.watch import Watch as Watch
from tacit.learn.diagnostics.watch import Watched as Watched
