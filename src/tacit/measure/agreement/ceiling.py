"""What agreement implies: no model can agree with single labels more often than this.

Let p_c be the share of labelers who would give class c to an item. Two labels of it agree with probability
a = Σ_c p_c², and a model that always gives the likeliest class agrees with a label with probability q = max_c p_c.
Over items only the mean of a is seen. Since q is largest for its a where the rest is spread evenly over the other
classes, and that largest q is a concave function of a, the mean of q is at most

    q(a) = (1 + √((K − 1)(K a − 1))) / K,       for two classes (1 + √(2a − 1)) / 2:  a = 0.63 gives 0.755,

which is reached if all items are equally hard, as if each label were flipped with probability e, a = 1 − 2e(1 − e).
It is at least a itself, which is reached if every item is either beyond doubt or a toss-up. So the mean alone leaves a
range; with three labels or more on an item the data say more, and `ceiling_from_ratings` uses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from tacit.errors import BadValue
from tacit.measure.agreement.krippendorff import Alpha
from tacit.measure.estimate import Estimate


@dataclass(frozen=True)
class Ceiling:
    """How often a model can at best agree with single labels.

    Args:
        equally_hard: the bound that no model exceeds, reached if all items are equally hard.
        hard_or_easy: the least that the best model reaches, if items are either beyond doubt or toss-ups.
        flip: probability that a label is another than the likeliest one, were all items equally hard.
        agreement: of two labels of an item, which the above follow from.
        n_classes: how many classes there are.
    """

    equally_hard: Estimate
    hard_or_easy: Estimate
    flip: Estimate
    agreement: Estimate
    n_classes: int


def accuracy_ceiling(agreement: Estimate, n_classes: int = 2) -> Ceiling:
    """Return what an agreement of two labels implies for the accuracy of any model against such labels.

    Args:
        agreement: probability that two labels of one item are the same.
        n_classes: how many classes there are.

    Raises:
        BadValue: fewer than two classes, or an agreement outside [0, 1].

    Source: the argument above is ours; for two classes and equal flips it is the noise model behind the 63 % of Bai et
    al. 2022, section 2.2, arXiv:2204.05862, whose preference models reach 72 to 74 %.

    Example:
        >>> from tacit.measure import proportion
        >>> print(accuracy_ceiling(proportion(630, 1000)).equally_hard)
        0.755 [0.7232, 0.7823]
    """
    if n_classes < 2:
        raise BadValue("accuracy_ceiling", got=f"{n_classes} classes", expected="at least two")
    if not 0 <= agreement.mean <= 1:
        raise BadValue("accuracy_ceiling", got=agreement.mean, expected="an agreement between 0 and 1")
    method = f"{agreement.method}, through the bound"
    mean, low, high = (likeliest_share(a, n_classes) for a in (agreement.mean, agreement.low, agreement.high))
    equally_hard = Estimate(mean, low, high, agreement.n, agreement.level, method)
    flip = Estimate(1 - mean, 1 - high, 1 - low, agreement.n, agreement.level, method)
    mean, low, high = (min(1.0, max(a, 1 / n_classes)) for a in (agreement.mean, agreement.low, agreement.high))
    hard_or_easy = Estimate(mean, low, high, agreement.n, agreement.level, method)
    return Ceiling(equally_hard, hard_or_easy, flip, agreement, n_classes)


def likeliest_share(agreement: float, n_classes: int) -> float:
    """Return the largest share of one class at which two labels agree with probability `agreement`; at chance, 1/K."""
    a = min(1.0, max(agreement, 1 / n_classes))
    return (1 + sqrt(max(0.0, (n_classes - 1) * (n_classes * a - 1)))) / n_classes


def ceiling_from_ratings(alpha: Alpha, n_classes: int | None = None, *, level: float = 0.95) -> Ceiling:
    """Return the ceiling that follows from labels, with its interval over draws of items (and of labelers, if many).

    Args:
        alpha: nominal agreement of the labels, as from `krippendorff_alpha`.
        n_classes: how many classes there are; those that occur, if absent.
        level: coverage of the interval.

    Raises:
        BadValue: the metric is not nominal.
    """
    if alpha.distances.metric != "nominal":
        raise BadValue("ceiling", got=f"the {alpha.distances.metric} metric", expected="the nominal one, for classes")
    agreement = alpha.estimate(of="agreement", level=level)
    occurring = len(np.unique(alpha.ratings.value))
    return accuracy_ceiling(agreement, n_classes or occurring)
