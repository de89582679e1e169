"""The rows and files of a batch made into items and questions, one at a time, each good or with its fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan
from typing import Any

from tacit.errors import BadValue, InputError, MissingExtra
from tacit.judging import DATA_SHEETS, Item, Outcome, Question, QuestionKind
from tacit.web.bringing.expected import parse_expected
from tacit.web.bringing.faults import Fault
from tacit.web.bringing.files.sniffing import Form
from tacit.web.bringing.files.tables import Row, read_rows
from tacit.web.bringing.items import BroughtFile, ItemMaker
from tacit.web.bringing.limits import BringingLimits
from tacit.web.bringing.meanings import Layout, layout_of
from tacit.web.bringing.media.workshop import Workshop

TABLES = (Form.CSV, Form.JSONL, Form.PARQUET)
TRUE_WORDS = {"1", "true", "yes", "y", "sensitive"}


@dataclass(frozen=True)
class Plan:
    """What a project asks about each item.

    Args:
        kind: of its questions. text: the words put to the judge. settings: what the kind's data sheet takes.
        item_column: the column that holds the item, where the lead has said so; empty to go by the headers.
        rounds: how many others each item meets, twice this many, when items come one by one and are compared.
        ranked_together: how many items a ranking shows, when they come one by one.
        seed: of who meets whom.
    """

    kind: QuestionKind
    text: str
    settings: dict[str, Any] = field(default_factory=dict)
    item_column: str = ""
    rounds: int = 2
    ranked_together: int = 4
    seed: int = 0

    @property
    def items_meet(self) -> bool:
        """Whether a question of this kind needs more than one item."""
        return DATA_SHEETS[self.kind].n_items[0] > 1


@dataclass(frozen=True)
class Brought:
    """A good row.

    Args:
        file: where it stood. row: as a spreadsheet counts; None for a file that is an item itself.
        items: those that it holds.
        question: about them; None for an item that has yet to meet others.
        expected: outcome and answer that a gold question expects, None for an ordinary one.
        urgency: larger is asked about earlier. sensitive: blurred until the judge wants to see it.
        stratum: what a quota counts, empty for none. has_formula: a cell would be a formula in a spreadsheet.
        is_converted: browsers do not play one of its items as it is, so that it will be converted.
    """

    file: str
    row: int | None
    items: tuple[Item, ...]
    question: Question | None
    expected: tuple[Outcome, Any] | None = None
    urgency: float = 0.0
    sensitive: bool = False
    stratum: str = ""
    has_formula: bool = False
    is_converted: bool = False


@dataclass(frozen=True)
class Table:
    """A table that has been met.

    Args:
        name: its file. columns: as it has them. layout: what they mean; None where that could not be told.
    """

    name: str
    columns: tuple[str, ...]
    layout: Layout | None


def bring(
    files: Sequence[BroughtFile], plan: Plan, limits: BringingLimits
) -> Iterator[Brought | Fault | Table | tuple[str, ...]]:
    """Give everything that a batch holds: good rows, faults, the tables met, and last the files that no row names.

    Tables come first, since their cells may name the other files; a file that is named is not an item of its own.
    """
    with Workshop(pixels=limits.pixels, largest_bytes=limits.file_bytes) as workshop:
        yield from _bring(files, plan, limits, ItemMaker(_by_name(files), limits, workshop))


def _bring(
    files: Sequence[BroughtFile], plan: Plan, limits: BringingLimits, maker: ItemMaker
) -> Iterator[Brought | Fault | Table | tuple[str, ...]]:
    n_rows = 0
    for file in files:
        if file.sniffed.form is Form.REFUSED:
            yield Fault(file.name, None, "", file.sniffed.got, "a table, or a file that can be shown", file.sniffed.do)
        elif file.sniffed.form in TABLES:
            for met in _table(file, plan, maker, limits):
                n_rows += isinstance(met, Brought | Fault)
                if n_rows > limits.rows:
                    yield Fault(file.name, limits.rows, "", "more rows", f"at most {limits.rows:,}", stops=True)
                    return
                yield met
    singles = [file for file in files if file.sniffed.form in (Form.MEDIA, Form.TEXT)]
    if maker.used:
        yield tuple(file.name for file in singles if file.name not in maker.used)
        return
    for file in singles:
        yield _single(file, plan, maker)
    yield ()


def _by_name(files: Sequence[BroughtFile]) -> dict[str, BroughtFile]:
    """Return files by their whole name, by what follows the first folder, and by their last part where that is one."""
    named: dict[str, BroughtFile] = {}
    shared: set[str] = set()
    for file in files:
        parts = file.name.replace("\\", "/").split("/")
        for start in range(1, len(parts)):
            tail = "/".join(parts[start:])
            if tail in named:
                shared.add(tail)
            named[tail] = file
    return {tail: file for tail, file in named.items() if tail not in shared} | {file.name: file for file in files}


def _single(file: BroughtFile, plan: Plan, maker: ItemMaker) -> Brought | Fault:
    try:
        item = maker.of_file(file)
    except MissingExtra:
        raise
    except InputError as error:
        return Fault.of(error, file=file.name)
    question = None if plan.items_meet else Question(plan.kind, (item.item_id,), plan.text, plan.settings)
    return Brought(file.name, None, (item,), question, is_converted=not maker.is_played(item))


def _table(
    file: BroughtFile, plan: Plan, maker: ItemMaker, limits: BringingLimits
) -> Iterator[Brought | Fault | Table]:
    layout: Layout | None = None
    columns: tuple[str, ...] = ()
    for row in read_rows(file.path, file.name, file.sniffed.form, limits):
        if isinstance(row, Fault):
            yield row
            continue
        if layout is None or not set(row.columns) <= set(columns):  # JSON lines may bring new columns at any time
            columns = tuple(dict.fromkeys((*columns, *row.columns)))
            try:
                layout = layout_of(columns, plan.kind, item=plan.item_column, where=file.name)
            except InputError as error:
                yield Table(file.name, columns, None)
                fault = Fault.of(error, file=file.name)
                yield Fault(file.name, None, "", fault.got, fault.expected, fault.do, stops=True)
                return
            yield Table(file.name, columns, layout)
        yield _row(file.name, row, layout, plan, maker)


def _row(name: str, row: Row, layout: Layout, plan: Plan, maker: ItemMaker) -> Brought | Fault:
    column = ""
    try:
        cells: list[tuple[str, Any]] = [(c, row.cells.get(c)) for c in layout.items]
        if layout.listed:
            listed = row.cells.get(layout.listed)
            if not isinstance(listed, list):
                return Fault(name, row.number, layout.listed, "no list", "a list of items")
            cells = [(layout.listed, cell) for cell in listed]
        items = []
        for column, cell in cells:
            if cell is None:
                if plan.kind is QuestionKind.RANKING and len(cells) > 2:
                    continue
                return Fault(name, row.number, column, "an empty cell", "an item")
            items.append(maker.of_cell(cell, where=f"{name}, row {row.number}, column {column!r}"))
        column = ""
        made = _made(name, row, layout, plan, tuple(items))
        return made if all(map(maker.is_played, items)) else replace(made, is_converted=True)
    except MissingExtra:
        raise
    except InputError as error:
        return Fault.of(error, file=name, row=row.number, column=column)


def _made(name: str, row: Row, layout: Layout, plan: Plan, items: tuple[Item, ...]) -> Brought:
    beside = {meaning: row.cells.get(column) for meaning, column in layout.beside.items()}
    alone = plan.items_meet and not layout.whole_questions
    prompt = str(beside.get("prompt") or "").strip()
    text = f"{plan.text}\n\n{prompt}".strip() if prompt else plan.text
    question = None if alone else Question(plan.kind, tuple(i.item_id for i in items), text, plan.settings)
    expected = beside.get("expected")
    where = f"{name}, row {row.number}, column {layout.beside.get('expected', '')!r}"
    return Brought(
        name,
        row.number,
        items,
        question,
        None if expected is None or alone else parse_expected(expected, plan.kind, plan.settings, where=where),
        urgency=_number(beside.get("priority"), f"{name}, row {row.number}, column {layout.beside.get('priority')!r}"),
        sensitive=str(beside.get("sensitive") or "").strip().lower() in TRUE_WORDS,
        stratum=str(beside.get("stratum") or ""),
        has_formula=any(isinstance(cell, str) and cell[:1] in "=+-@" for cell in row.cells.values()),
    )


def _number(cell: object, where: str) -> float:
    try:
        number = float(str(cell)) if cell is not None else 0.0
    except ValueError:
        number = nan
    if not isfinite(number):
        raise BadValue(where, got=repr(cell), expected="a number; the larger, the earlier it is asked about")
    return number
