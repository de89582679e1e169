"""What a judgment must be to be kept, beyond what its question asks for."""

from __future__ import annotations

import polars as pl

from tacit.errors import BadJudgment, NotFinite
from tacit.judging import judgments_schema

NEEDED = ("judgment_id", "question_id", "labeler_id", "outcome")
NAMES = (*NEEDED, "follows")


def check_storable(judgments: pl.DataFrame, *, where: str = "judgments") -> None:
    """Refuse judgments that no database keeps as they are, naming the first bad row.

    Args:
        judgments: table with the columns of `judgments_schema`.
        where: what to call the table in a message.

    Raises:
        BadJudgment: other columns, a missing or empty id, a null within a list, or a NUL character, which databases
            cut texts at. NotFinite: the start or end of a span is NaN or infinite.
    """
    if dict(judgments.schema) != judgments_schema():
        got = ", ".join(f"{name} {dtype}" for name, dtype in judgments.schema.items())
        raise BadJudgment(where, got=f"columns {got}", expected="those of tacit.judging.judgments_schema")
    texts = [name for name, dtype in judgments.schema.items() if dtype == pl.String]
    start, end, label = (pl.element().struct.field(name) for name in ("start", "end", "label"))
    faults: list[tuple[str, pl.Expr, str]] = [
        *((name, pl.col(name).is_null(), "a text") for name in NEEDED),
        *((name, pl.col(name) == "", "a text that is not empty") for name in NAMES),
        *((name, pl.col(name).str.contains("\0", literal=True), "no NUL character") for name in texts),
        ("ranking", pl.col("ranking").list.eval(pl.element().is_null()).list.any(), "a rank for every item"),
        (
            "spans",
            pl.col("spans").list.eval(start.is_null() | end.is_null() | label.is_null()).list.any(),
            "spans with start, end and label",
        ),
        ("spans", pl.col("spans").list.eval(label.str.contains("\0", literal=True)).list.any(), "no NUL character"),
    ]
    if not any(judgments.select(fault.any().alias(str(n)) for n, (_, fault, _) in enumerate(faults)).row(0)):
        _refuse_not_finite(judgments, ~(start.is_finite() & end.is_finite()), where)
        return
    for column, fault, expected in faults:
        if (bad := judgments.with_row_index("row", offset=1).filter(fault)).height:
            raise BadJudgment(
                f"{where}, row {bad['row'][0]}, column {column!r}", got=_shown(bad, column), expected=expected
            )


def _refuse_not_finite(judgments: pl.DataFrame, fault: pl.Expr, where: str) -> None:
    bad = judgments.with_row_index("row", offset=1).filter(pl.col("spans").list.eval(fault).list.any())
    if bad.height:
        place = f"{where}, row {bad['row'][0]}, column 'spans'"
        raise NotFinite(place, got=_shown(bad, "spans"), expected="finite numbers")


def _shown(bad: pl.DataFrame, column: str) -> str:
    value = bad[column][0]
    return repr(value.to_list() if isinstance(value, pl.Series) else value)
