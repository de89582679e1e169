"""What is known of labelers before a fit, and the file that carries it from one batch of labels to the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.choices.names import Numbered
from tacit.errors import BadFile, BadValue
from tacit.store.exchange.columns import ROW
from tacit.store.exchange.whole import read_whole
from tacit.store.run_folder import write_text

COLUMNS = ("labeler", "true", "said", "votes")


@dataclass(frozen=True)
class History:
    """How often each labeler said what about items of each class.

    Args:
        labelers: their names, one a row of `counts`.
        labels: the classes, in the order of `counts`.
        counts: votes, perhaps fractional, shape (labeler, true label, said label).
    """

    labelers: pl.Series
    labels: tuple[str, ...]
    counts: NDArray[np.floating[Any]]

    def plus(self, other: History) -> History:
        """Return what both know together.

        Raises:
            BadValue: they are about other classes.
        """
        if other.labels != self.labels:
            raise BadValue("history", got=f"the classes {', '.join(other.labels)}", expected=", ".join(self.labels))
        names = pl.concat([self.labelers, other.labelers]).unique(maintain_order=True)
        counts = np.zeros((len(names), *self.counts.shape[1:]))
        for one in (self, other):
            counts[one.labelers.cast(pl.Enum(names)).to_physical().to_numpy()] += one.counts
        return History(names, self.labels, counts)


def write_history(path: Path, history: History) -> None:
    """Write a history as CSV: labeler, true, said, votes; what never happened is left out.

    Raises:
        CannotWrite: the disk is full or read-only.
    """
    labeler, true, said = np.nonzero(history.counts > 1e-6)
    labels = pl.Series(history.labels, dtype=pl.String)
    table = pl.DataFrame(
        {
            "labeler": history.labelers[labeler],
            "true": labels[true],
            "said": labels[said],
            "votes": history.counts[labeler, true, said].astype(np.float64),
        }
    )
    write_text(path, table.write_csv())


def read_history(path: Path, labels: tuple[str, ...]) -> History:
    """Return the history in a file that `write_history` wrote.

    Args:
        path: the file.
        labels: the classes of the votes that it is to serve.

    Raises:
        BadFile: a column is absent. BadValue: a class that is not among `labels`, or votes that are no number from 0;
            names the row.
    """
    table = read_whole(path)
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise BadFile(path.name, got=f"no column {missing[0]!r}", expected=f"the columns {', '.join(COLUMNS)}")
    rows = Numbered(path.name, table[ROW])
    for column in ("true", "said"):
        rows.refuse_unknown(table[column].cast(pl.String).fill_null(""), labels)
    votes = table["votes"].cast(pl.Float64, strict=False)
    if (bad := (votes.is_null() | ~votes.is_finite() | (votes < 0))).any():
        at = int(bad.arg_true()[0])
        place = f"{path.name}, row {rows.row(at)}, column 'votes'"
        raise BadValue(place, got=repr(table["votes"][at]), expected="a number from 0")
    labeler, names = rows.coded(table["labeler"])
    known = pl.Enum(pl.Series(labels, dtype=pl.String))
    true, said = (table[c].cast(pl.String).cast(known).to_physical().to_numpy() for c in ("true", "said"))
    counts = np.zeros((len(names), len(labels), len(labels)))
    np.add.at(counts, (labeler, true, said), votes.to_numpy())
    return History(names, labels, counts)
