"""From what labelers answered in a project to preferences over texts, by the same rules as any other reward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.reward import Comparisons, comparisons_from_judgments
from tacit_language.preference.preferences import Preferences, without_equal_texts
from tacit_language.preference.sequences import Sequences


def preferences_from_judgments(
    judgments: pl.DataFrame, questions: pl.DataFrame, texts: Sequences, *, item_ids: Sequence[str]
) -> Preferences:
    """Return what the judgments in force say about which text is better.

    A tie and “both bad” count half to each side, the latter is also recorded; a stated probability is taken as it is; a
    ranking is every pair that it implies, at equal total weight; who could not tell, saw nothing or skipped says
    nothing and is counted. See `tacit.reward.comparisons_from_judgments`.

    Args:
        judgments: columns of `judgments_schema`. questions: columns of `questions_schema`.
        texts: what was judged. item_ids: the item of each text.

    Raises:
        BadJudgment: a judgment on an unknown question, or about an item without a text.
        BadValue: not as many item_ids as texts.
    """
    if len(item_ids) != len(texts):
        raise BadValue("item_ids", got=f"{len(item_ids)} names", expected=f"{len(texts)}, one a text")
    compared = comparisons_from_judgments(
        judgments, questions, np.zeros((len(texts), 1), np.float32), item_ids=item_ids
    )
    given = preferences_of(compared, texts, np.stack([compared.first, compared.second], axis=1))
    return without_equal_texts(given)


def preferences_of(comparisons: Comparisons, texts: Sequences, sides: NDArray[np.intp]) -> Preferences:
    """Return comparisons as preferences over texts.

    Args:
        comparisons: what was answered.
        texts: what the answers are about.
        sides: which text stood on which side, shape (pair, 2).
    """
    n = len(comparisons)
    return Preferences(
        texts=texts,
        item=np.ascontiguousarray(sides),
        size=np.full(n, 2, np.intp),
        placed=np.ones(n, np.intp),
        target=comparisons.target,
        margin=np.zeros(n, np.float32),
        weight=comparisons.weight,
        rater=comparisons.rater,
        raters=comparisons.raters,
        both_bad=comparisons.both_bad,
        left_out=dict(comparisons.left_out),
    )
